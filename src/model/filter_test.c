/* SPDX-License-Identifier: MIT
 * The filter language: every word against a host of eleven sockets, the errors with their carets, what holds of any filter. */
#include "base/tap.h"
#include "base/text.h"
#include "model/filter.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>

/* --- the host --------------------------------------------------------------------------------------------- */

#define HOME 4026531840U
#define AWAY 4026532000U

/* The sockets, by the letters that the tests call them by. */
enum { L, M, Q, N, E, W, T, F, S, B, K, SOCKS };
static const char letters[] = "LMQNEWTFSBK";

static struct evidence host;

static struct endpoint end(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	addr_parse(addr, &e.addr);
	return e;
}

static void add(enum tcp_state state, struct endpoint local, struct endpoint remote, struct sock rest)
{
	rest.key = (struct sock_key){ HOME, host.n + 1 };
	rest.state = state;
	rest.local = local;
	rest.remote = remote;
	evidence_add(&host, &rest);
	*evidence_add_info(&host) = (struct sock_info){ .known = !rest.is_mini, .cwnd = 10 };
}

static void hold(int sock, pid_t pid, pid_t tid, const char *comm, int fd)
{
	struct holder h = { .pid = pid, .tid = tid };

	strncpy(h.comm, comm, sizeof h.comm - 1);
	host.socks[sock].held = true;
	host.socks[sock].inode = 100 + (uint32_t)sock;
	evidence_add_owner(&host, &host.socks[sock], evidence_add_holder(&host, &h), fd);
}

static void make_sockets(void)
{
	struct endpoint v4 = end("10.0.0.1", 80), any4 = end("0.0.0.0", 0), any6 = end("::", 0);

	add(TCP_LISTEN, end("0.0.0.0", 80), any4, (struct sock){ .rq = 3, .wq = 128, .half_open = 1, .drops = 7, .cgroup = 5 });
	add(TCP_LISTEN, end("::", 443), any6, (struct sock){ .wq = 511, .cgroup = 5 });
	add(TCP_NEW_SYN_RECV, v4, end("10.0.0.9", 5001),
	    (struct sock){ .is_mini = true, .no_owner = NO_OWNER_SYN_QUEUE, .listener = L + 1, .timer = TIMER_ON, .retrans = 2 });
	add(TCP_ESTABLISHED, v4, end("10.0.0.9", 5002),
	    (struct sock){
		    .rq = 100, .no_owner = NO_OWNER_NOT_ACCEPTED, .listener = L + 1, .age = span_s(30), .age_is = AGE_EXACT });
	add(TCP_ESTABLISHED, v4, end("10.0.0.9", 5003),
	    (struct sock){
		    .wq = 70000, .timer = TIMER_ON, .retrans = 1, .age = span_s(120), .age_is = AGE_AT_LEAST, .cgroup = 5 });
	add(TCP_CLOSE_WAIT, v4, end("192.168.7.7", 6000),
	    (struct sock){ .rq = 1, .uid = 1000, .age = span_s(90), .age_is = AGE_EXACT, .cgroup = 6 });
	add(TCP_TIME_WAIT, v4, end("10.0.0.9", 5005),
	    (struct sock){ .is_mini = true,
			   .no_owner = NO_OWNER_TIME_WAIT,
			   .timer = TIMER_TIMEWAIT,
			   .age = span_s(20),
			   .age_is = AGE_AT_LEAST });
	add(TCP_FIN_WAIT2, end("fd00::1", 443), end("fd00::9", 7000),
	    (struct sock){ .is_mini = true, .no_owner = NO_OWNER_ORPHAN });
	add(TCP_SYN_SENT, end("::ffff:10.0.0.1", 40000), end("::ffff:93.184.216.34", 8080), (struct sock){ .uid = 33, .wq = 1 });
	add(TCP_BOUND, end("0.0.0.0", 9999), any4, (struct sock){ .uid = 1000 });
	add(TCP_ESTABLISHED, end("10.0.0.1", 700), end("10.0.0.2", 2049),
	    (struct sock){ .held = true, .no_owner = NO_OWNER_KERNEL });
}

static void make_host(void)
{
	make_sockets();
	host.socks[K].key.netns = AWAY;
	host.infos[E] = (struct sock_info){ .known = true, .rtt_us = 150000, .cwnd = 4, .mss = 1448, .total_retrans = 12 };
	host.infos[N] = (struct sock_info){ .known = true, .rtt_us = 5000, .cwnd = 10, .mss = 536 };
	hold(L, 10, 10, "nginx", 6);
	hold(L, 11, 11, "nginx-worker", 6);
	hold(M, 10, 10, "nginx", 7);
	hold(E, 11, 11, "nginx-worker", 9);
	hold(W, 20, 21, "leaky", 5);
	hold(B, 20, 20, "leaky", 8);
	hold(S, 30, 30, "tmux: server", 3);
}

/* --- asking ----------------------------------------------------------------------------------------------- */

static bool find_netns(void *ctx, const char *name, uint64_t *inode)
{
	(void)ctx;
	*inode = AWAY;
	return streq(name, "blue") || streq(name, "/run/netns/blue") || streq(name, "77");
}

static bool find_cgroup(void *ctx, const char *path, uint64_t *id)
{
	(void)ctx;
	*id = 6;
	return streq(path, "/leaky.scope");
}

static const struct filter_names names = { NULL, find_netns, find_cgroup };

/* The letters of the sockets that match; "? the error" if it is no filter. Valid until the next call. */
static const char *found(const char *text)
{
	static char out[sizeof(struct err) + 4];
	struct err e;
	struct filter *f = filter_parse(text, &names, &e);
	size_t n = 0;

	if (!f) {
		snprintf(out, sizeof out, "? %s", e.text);
		return out;
	}
	for (size_t i = 0; i < host.n; i++)
		if (filter_match(f, &host, i))
			out[n++] = letters[i];
	out[n] = 0;
	filter_free(f);
	return out;
}

struct row {
	const char *text, *finds;
};

static void all_find(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		same_text(found(rows[i].text), rows[i].finds, *rows[i].text ? rows[i].text : "nothing");
}

#define FIND(rows) all_find(rows, ARRAY_SIZE(rows))

/* --- words ------------------------------------------------------------------------------------------------ */

static void states(void)
{
	static const struct row rows[] = {
		{ "state close-wait", "W" }, { "state CLOSE_WAIT", "W" }, { "STATE Close-Wait", "W" },
		{ "state estab", "NEK" }, { "state close-wait,fin-wait-2", "WF" },
		{ "state close-wait , fin-wait-2", "WF" }, { "state close-wait state fin-wait-2", "WF" },
		{ "state=close-wait", "W" }, { "state:close-wait", "W" }, { "state eq close-wait", "W" },
		{ "state != close-wait", "LMQNETFSBK" }, { "exclude listen", "QNEWTFSBK" },
		{ "excl listen,bound", "QNEWTFSK" }, { "exclude != listen", "LM" },
		{ "state connected exclude time-wait", "QNEWFSK" },
		{ "exclude time-wait state connected", "QNEWFSK" }, { "state all", "LMQNEWTFSBK" },
		{ "state connected", "QNEWTFSK" }, { "state synchronized", "QNEWTFK" }, { "state bucket", "QT" },
		{ "state big", "LMNEWFSBK" }, { "state syn-recv", "Q" }, { "state syn-rcv", "Q" },
		{ "state new-syn-recv", "Q" }, { "state unconnected", "B" }, { "close-wait", "W" },
		{ "close-wait fin-wait-2", "WF" }, { "close-wait,fin-wait-2 time-wait", "WTF" },
		{ "listening", "LM" }, { "listen exclude listen", "" }, { "close-wait and fin-wait-2", "" },
		{ "sport 80 state close-wait", "W" }, { "sport 80 close-wait state time-wait dport gt 1", "WT" },
		{ "not close-wait fin-wait-2", "LMQNETSBK" },
	};

	FIND(rows);
}

static void ports(void)
{
	static const struct row rows[] = {
		{ "sport 80", "LQNEWT" }, { "sport :80", "LQNEWT" }, { "sport = :80", "LQNEWT" },
		{ "sport == 80", "LQNEWT" }, { "sport eq 80", "LQNEWT" }, { "sport eq :80", "LQNEWT" },
		{ "sport=:80", "LQNEWT" }, { "sport=80", "LQNEWT" }, { "sport:443", "MF" },
		{ "sport 80,443", "LMQNEWTF" }, { "sport 80, 443", "LMQNEWTF" }, { "sport != 80", "MFSBK" },
		{ "sport!=80", "MFSBK" }, { "sport ne 80,443", "SBK" }, { "sport neq 80", "MFSBK" },
		{ "sport 400-1000", "MFK" }, { "sport :400-1000", "MFK" }, { "sport != 400-1000", "LQNEWTSB" },
		{ "sport gt 700", "SB" }, { "sport>700", "SB" }, { "sport ge 700", "SBK" },
		{ "sport geq 700", "SBK" }, { "sport>=700", "SBK" }, { "sport lt 443", "LQNEWT" },
		{ "sport < :443", "LQNEWT" }, { "sport le 443", "LMQNEWTF" }, { "sport leq 443", "LMQNEWTF" },
		{ "sport<=443", "LMQNEWTF" }, { "sport gt 65535", "" }, { "sport lt 1", "" },
		{ "sport *", "LMQNEWTFSBK" }, { "dport 5001", "Q" }, { "dport lt 6000", "QNETK" },
		{ "dport 0", "LMB" }, { "port 80", "LQNEWT" }, { "port 8080", "S" }, { "port 8080,2049,443", "MFSK" },
		{ "port != 80", "MFSBK" },
	};

	FIND(rows);
	if (getservbyname("http", "tcp"))
		same_text(found("sport = :http or sport https"), "LMQNEWTF", "services have names");
	else
		ok(true, "services have names # SKIP /etc/services does not tell http (Debian: netbase)");
}

static void addresses(void)
{
	static const struct row rows[] = {
		{ "src 10.0.0.1", "QNEWTSK" }, { "src = 10.0.0.1", "QNEWTSK" }, { "src=10.0.0.1", "QNEWTSK" },
		{ "src != 10.0.0.1", "LMFB" }, { "src ::ffff:10.0.0.1", "QNEWTSK" },
		{ "src ::ffff:10.0.0.0/104", "QNEWTSK" }, { "src 10.0.0.0/8", "QNEWTSK" },
		{ "src 10.0.0.0/31 src 10.0.0.2/30", "QNEWTSK" }, { "dst 10.0.0.0/30", "K" },
		{ "dst 10.0.0.8/31", "QNET" }, { "dst 128.0.0.0/1", "W" }, { "src 0.0.0.0", "LB" },
		{ "src 0.0.0.0/0", "LQNEWTSBK" }, { "src ::/0", "MFS" }, { "src *", "LMQNEWTFSBK" },
		{ "src any", "LMQNEWTFSBK" }, { "src *:443", "MF" }, { "src :443", "MF" }, { "src [::]:443", "M" },
		{ "src fd00::1", "F" }, { "src [fd00::1]", "F" }, { "src [fd00::]/16", "F" },
		{ "src [fd00::]/16:443", "F" }, { "src [fd00::/16]:443", "F" }, { "src [fd00::1]:444", "" },
		{ "dst 10.0.0.9", "QNET" }, { "dst 10.0.0.9:5003", "E" }, { "dst 10.0.0.9:5002-5003", "NE" },
		{ "dst 10.0.0.8/29:5003", "E" }, { "dst 93.184.216.34", "S" },
		{ "dst 10.0.0.9,192.168.0.0/16", "QNEWT" }, { "dst != 10.0.0.9,192.168.0.0/16", "LMFSBK" },
		{ "addr 10.0.0.2", "K" }, { "addr 10.0.0.1:2049", "" }, { "addr 10.0.0.9", "QNET" },
		{ "family inet", "LQNEWTBK" }, { "family inet6", "MFS" }, { "family = 6", "MFS" },
		{ "v4 listen", "L" }, { "V6 listen", "M" },
	};

	FIND(rows);
}

static void owners(void)
{
	static const struct row rows[] = {
		{ "pid 10", "LM" }, { "pid 10,20", "LMWB" }, { "pid 21", "W" }, { "pid != 10", "QNEWTFSBK" },
		{ "comm nginx", "LM" }, { "comm NGINX", "" }, { "comm:nginx", "LM" }, { "comm nginx*", "LME" },
		{ "comm ngin?", "LM" }, { "comm n[a-g]inx", "LM" }, { "comm 'nginx*'", "" },
		{ "comm \"tmux: server\"", "S" }, { "comm = 'tmux: server'", "S" }, { "comm tmux*", "S" },
		{ "comm nginx-worker-with-a-long-name", "" }, { "comm leaky,nginx", "LMWB" },
		{ "comm != leaky", "LMQNETFSK" }, { "fd 6", "L" }, { "fd 8 pid 20", "B" }, { "owner none", "QNTFK" },
		{ "owner any", "LMEWSB" }, { "owner != any", "QNTFK" }, { "owner not-accepted", "N" },
		{ "owner NOT_ACCEPTED", "N" }, { "owner syn-queue,time-wait", "QT" }, { "owner orphan", "F" },
		{ "owner kernel", "K" }, { "owner leaky", "WB" }, { "owner 'none'", "" }, { "uid 1000", "WB" },
		{ "user 1000", "WB" }, { "uid ge 33", "WSB" }, { "uid 0", "LMEK" }, { "uid root", "LMEK" },
		{ "uid != 0", "WSB" }, { "inode 100", "L" }, { "inode gt 0", "LMEWSB" }, { "netns 4026532000", "K" },
		{ "netns blue", "K" }, { "netns /run/netns/blue", "K" }, { "netns 77", "K" },
		{ "netns != blue", "LMQNEWTFSB" }, { "cgroup 5", "LME" }, { "cgroup /leaky.scope", "W" },
		{ "cgroup 0", "" },
	};

	FIND(rows);
}

static void long_names(void)
{
	memcpy(host.holders[0].comm, "a-name-of-fifte", 16);
	same_text(found("comm a-name-of-fifteen-bytes"), "L", "of a longer name, what the kernel keeps is compared");
	same_text(found("comm a-name-of-fifteen-bytes*"), "", "of a pattern, all");
	memcpy(host.holders[0].comm, "(sd-pam)", 9);
	same_text(found("comm '(sd-pam)'"), "L", "a name with brackets is quoted");
	memcpy(host.holders[0].comm, "nginx", 6);
}

static void waiting(void)
{
	static const struct row rows[] = {
		{ "listener 80", "LQN" }, { "listener :80", "LQN" }, { "listener 443", "M" },
		{ "listener 80,443", "LMQN" }, { "listener 700", "" }, { "listener != 80", "MEWTFSBK" },
	};

	FIND(rows);
	host.socks[Q].listener = host.socks[N].listener = 0;
	same_text(found("listener 80"), "LQN", "without knowing for whom they wait, the port tells");
	host.socks[Q].listener = host.socks[N].listener = L + 1;
}

static void times(void)
{
	static const struct row rows[] = {
		{ "older 60s", "EW" }, { "older 60", "EW" }, { "older 1m", "EW" }, { "older 1min", "EW" },
		{ "older 90s", "EW" }, { "older 90.5s", "E" }, { "older 20s", "NEWT" }, { "older 500ms", "NEWT" },
		{ "older 0", "NEWT" }, { "older 1.5m", "EW" }, { "older 1h", "" }, { "older 3d", "" },
		{ "older 100000", "" }, { "younger 60s", "N" }, { "younger 100s", "NW" }, { "younger 30s", "" },
		{ "younger 30001ms", "N" }, { "not younger 60s", "LMQEWTFSBK" }, { "close-wait older 60s", "W" },
		{ "timer on", "QE" }, { "timer timewait", "T" }, { "timer TIMEWAIT,on", "QET" },
		{ "timer != off", "QET" }, { "mini", "QTF" }, { "not mini", "LMNEWSBK" },
	};

	FIND(rows);
}

static void numbers(void)
{
	static const struct row rows[] = {
		{ "recvq gt 0", "LNW" }, { "recvq>0", "LNW" }, { "recv-q > 0", "LNW" }, { "Recv-Q 100", "N" },
		{ "rq 1,100", "NW" }, { "rq != 0,1", "LN" }, { "sendq ge 70k", "E" },
		{ "send-q lt 1m sq gt 0.5k", "ME" }, { "sendq le 128 sendq ge 1", "LS" }, { "halfopen 1", "L" },
		{ "half-open 0", "M" }, { "halfopen != 0", "L" }, { "halfopen lt 5", "LM" }, { "drops gt 0", "L" },
		{ "retrans ge 1", "QE" }, { "total-retrans gt 10", "E" }, { "retransmits 0", "NWSBK" },
		{ "rtt gt 100ms", "E" }, { "rtt>100ms", "E" }, { "rtt lt 1s", "NE" }, { "rtt 5ms", "N" },
		{ "rtt ne 5ms", "E" }, { "rtt ge 0", "NE" }, { "not rtt lt 1s", "LMQWTFSBK" }, { "cwnd lt 10", "E" },
		{ "mss 1448", "E" }, { "mss lt 1000 mss gt 0", "N" },
	};
	struct sock_info *infos = host.infos;

	FIND(rows);
	host.infos = NULL;
	same_text(found("cwnd ge 0"), "", "without infos nothing of them matches");
	host.infos = infos;
}

/* --- how terms are joined --------------------------------------------------------------------------------- */

static void joints(void)
{
	static const struct row rows[] = {
		{ "", "LMQNEWTFSBK" }, { " \t ", "LMQNEWTFSBK" }, { "sport 80 dport 5001", "Q" },
		{ "sport 80 and dport 5001", "Q" }, { "sport 80 && dport 5001", "Q" },
		{ "sport 80 & dport 5001", "Q" }, { "sport=80&dport=5001", "Q" }, { "listen or bound", "LMB" },
		{ "listen OR bound", "LMB" }, { "listen||bound", "LMB" }, { "listen | bound", "LMB" },
		{ "listen or sport 80 time-wait", "LMT" }, { "sport 80 time-wait or listen", "LMT" },
		{ "sport 80 and time-wait or listen and v6", "MT" }, { "[ listen or bound ] v4", "LB" },
		{ "[listen or bound] v4", "LB" }, { "( listen or bound ) v4", "LB" },
		{ "v4 (listen or bound)", "LB" }, { "v4[listen or bound]", "LB" }, { "[src [::]:443]", "M" },
		{ "[[src [fd00::1]] or [src [::]]]", "MF" }, { "not listen", "QNEWTFSBK" },
		{ "! listen", "QNEWTFSBK" }, { "!listen", "QNEWTFSBK" }, { "NOT [ listen or bound ]", "QNEWTFSK" },
		{ "not not listen", "LM" }, { "!!listen", "LM" }, { "not listen v4", "QNEWTBK" },
		{ "sport 443 !listen", "F" },
	};

	FIND(rows);
}

static void table(void)
{
	size_t n;
	const struct filter_word *words = filter_words(&n);
	struct buf manual = { 0 };

	filter_manual(&manual);
	for (size_t i = 0; i < n; i++) {
		const char *result = found(words[i].example);
		char line[80];

		ok(*result != '?' || streq(words[i].name, "uid") || streq(words[i].name, "cgroup"), "%s: the example is a filter",
		   words[i].example);
		ok(words[i].help[strlen(words[i].help) - 1] != '.', "%s: its sentence has no full stop", words[i].name);
		snprintf(line, sizeof line, "\n.It Cm %s", words[i].name);
		ok(strstr(buf_text(&manual), line), "%s is in the manual", words[i].name);
	}
	ok(strstr(buf_text(&manual), ".It Cm recvq Ar [OP] N\n") &&
		   strstr(buf_text(&manual), ".Cm recv-q , rq .\n.Dl recvq gt 0\n"),
	   "with its argument, other spellings and example");
	buf_free(&manual);
}

/* --- what must be collected and dumped -------------------------------------------------------------------- */

static struct filter *parsed(const char *text)
{
	struct err e;
	struct filter *f = filter_parse(text, &names, &e);

	if (f)
		return f;
	printf("Bail out! '%s' is no filter: %s\n", text, e.text);
	exit(1);
}

static void wants(void)
{
	static const struct {
		const char *text;
		unsigned wants;
	} rows[] = {
		{ "", 0 },
		{ "state listen sport 80 recvq gt 0 mini v4", 0 },
		{ "pid 1", FILTER_WANTS_OWNERS },
		{ "comm a or fd 1", FILTER_WANTS_OWNERS },
		{ "owner none", FILTER_WANTS_OWNERS },
		{ "owner nginx", FILTER_WANTS_OWNERS },
		{ "listener 80", FILTER_WANTS_OWNERS },
		{ "halfopen 1", FILTER_WANTS_OWNERS },
		{ "rtt gt 1ms", FILTER_WANTS_INFO },
		{ "not [ older 5s or cwnd 1 ]", FILTER_WANTS_AGE | FILTER_WANTS_INFO },
		{ "cgroup 5 drops 1", FILTER_WANTS_CGROUP | FILTER_WANTS_DROPS },
		{ "netns blue", FILTER_WANTS_NETNS },
		{ "uid 5 inode 1 timer on", FILTER_WANTS_UID | FILTER_WANTS_INODE | FILTER_WANTS_TIMER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct filter *f = parsed(rows[i].text);

		ok(filter_wants(f) == rows[i].wants, "'%s' wants that and no more", rows[i].text);
		filter_free(f);
	}
}

#define SET(state) (1U << TCP_##state)
#define ALL	   ((1U << TCP_STATES) - 1)

static void states_needed(void)
{
	static const struct {
		const char *text;
		unsigned states;
	} rows[] = {
		{ "", ALL },
		{ "sport 80", ALL },
		{ "close-wait", SET(CLOSE_WAIT) },
		{ "state syn-recv", SET(SYN_RECV) | SET(NEW_SYN_RECV) },
		{ "not exclude listen", SET(LISTEN) },
		{ "close-wait sport 80", SET(CLOSE_WAIT) },
		{ "close-wait or sport 80", ALL },
		{ "close-wait sport 80 or listen", SET(CLOSE_WAIT) | SET(LISTEN) },
		{ "not [ exclude listen or sport 80 ]", SET(LISTEN) },
		{ "close-wait and listen", 0 },
		{ "close-wait and listen or last-ack", SET(LAST_ACK) },
		{ "last-ack [ sport 80 and sport 81 ]", 0 },
		{ "sport gt 65535", 0 },
		{ "listen halfopen gt 0", SET(LISTEN) | SET(NEW_SYN_RECV) },
		{ "established listener 80", SET(ESTABLISHED) | SET(LISTEN) },
		{ "established owner not-accepted", SET(ESTABLISHED) },
		{ "bound", SET(BOUND) | SET(TIME_WAIT) | SET(FIN_WAIT2) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct filter *f = parsed(rows[i].text);

		ok(filter_states(f) == rows[i].states, "'%s' needs those states", rows[i].text);
		filter_free(f);
	}
}

static void ports_needed(void)
{
	static const struct {
		const char *text, *ranges;
	} rows[] = {
		{ "", "0-65535 0-65535" },
		{ "close-wait", "0-65535 0-65535" },
		{ "sport 80", "80-80 0-65535" },
		{ "sport 80,443", "80-443 0-65535" },
		{ "dport 8000-8100", "0-65535 8000-8100" },
		{ "src 10.0.0.1:80", "80-80 0-65535" },
		{ "not src 10.0.0.1:80", "0-65535 0-65535" },
		{ "src != :80", "0-65535 0-65535" },
		{ "port 80", "0-65535 0-65535" },
		{ "sport lt 1024 sport gt 79", "80-1023 0-65535" },
		{ "not sport ge 1024", "0-1023 0-65535" },
		{ "not sport 0-1023", "1024-65535 0-65535" },
		{ "not sport 80", "0-65535 0-65535" },
		{ "sport 80 or dport 80", "0-65535 0-65535" },
		{ "sport 80 or sport 90 dport 5", "80-90 0-65535" },
		{ "sport 80 dport 443 or sport 81 dport 444", "80-81 443-444" },
		{ "sport 80 and sport 81 or sport 5", "5-5 0-65535" },
		{ "sport 80 and sport 81", "1-0 1-0" },
		{ "not sport *", "1-0 1-0" },
		{ "dport 80 halfopen gt 0", "0-65535 0-65535" },
		{ "sport 80 dport 5 listener 80", "80-80 0-65535" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct filter *f = parsed(rows[i].text);
		struct port_range l, r;
		char is[64];
		bool narrow = filter_ports(f, &l, &r);

		snprintf(is, sizeof is, "%u-%u %u-%u", l.from, l.to, r.from, r.to);
		same_text(is, rows[i].ranges, rows[i].text);
		ok(narrow != streq(is, "0-65535 0-65535"), "and the answer says whether ports are left out");
		filter_free(f);
	}
}

/* --- errors ----------------------------------------------------------------------------------------------- */

/* The error of a text that is no filter. Valid until the next call. */
static const char *error_of(const char *text)
{
	static struct err e;
	struct filter *f = filter_parse(text, NULL, &e);

	filter_free(f);
	return f ? "no error" : e.text;
}

static void whole_errors(void)
{
	same_text(error_of("stat close-wait"),
		  "there is no filter word 'stat'; did you mean 'state'?\n    stat close-wait\n    ^",
		  "the sentence, the text, the caret");
	same_text(error_of("comm \xed\x95\x9c\xea\xb8\x80 spotr 80"),
		  "there is no filter word 'spotr'; did you mean 'sport'?\n    comm \xed\x95\x9c\xea\xb8\x80 spotr 80\n"
		  "              ^",
		  "the caret counts columns, not bytes");
	same_text(error_of("comm '\x1b[2J' spotr 80"),
		  "there is no filter word 'spotr'; did you mean 'sport'?\n    comm '\\x1b[2J' spotr 80\n                   ^",
		  "what is escaped is counted as it is shown");
	same_text(error_of("comm \xff\xfe spotr"),
		  "there is no filter word 'spotr'; did you mean 'sport'?\n    comm \\xff\\xfe spotr\n                  ^",
		  "bytes that are no UTF-8 too");
	same_text(error_of("sport 80 or\tdpott 5"),
		  "there is no filter word 'dpott'; did you mean 'dport'?\n    sport 80 or\\tdpott 5\n                 ^",
		  "a tab is \\t");
}

static void error_rows(void)
{
	static const struct {
		const char *text;
		size_t column;
		const char *says;
	} rows[] = {
		{ "sport 80 clsoe-wait", 9, "there is no filter word 'clsoe-wait'; did you mean 'close-wait'?" },
		{ "recv_qq gt 0", 0, "did you mean 'recvq'?" },
		{ "nginx", 0, "there is no filter word 'nginx'; for a process of that name write 'comm nginx'" },
		{ "listen 80", 7, "'80' alone is no term of a filter; for a port write 'port 80'" },
		{ "listen :80", 7, "a port or an address needs a word before it" },
		{ "10.0.0.1", 0, "for an address write 'addr 10.0.0.1'" },
		{ "10.0.0.0/8", 0, "for an address write 'addr 10.0.0.0/8'" },
		{ "state clsoe-wait", 6, "there is no state 'clsoe-wait'; did you mean 'close-wait'?" },
		{ "state listen,zzzzzz", 13, "there is no state 'zzzzzz'; states are listen, " },
		{ "state", 5, "'state' needs a value: a state (close-wait)" },
		{ "state gt listen", 6, "'state' has no order, so 'gt' says nothing" },
		{ "listen,", 7, "'state' needs a value: a state" },
		{ "sport", 5, "'sport' needs a value: a port up to 65535" },
		{ "sport gt", 8, "'sport' needs a value: a port" },
		{ "sport 80,", 9, "'sport' needs a value: a port" },
		{ "sport = 65536", 8, "'65536' behind 'sport' is not a port up to 65535" },
		{ "sport 8x", 6, "'8x' behind 'sport' is not a port" },
		{ "sport 80,8x", 9, "'8x' behind 'sport'" },
		{ "sport 9000-8000", 6, "'9000-8000' behind 'sport' is not" },
		{ "sport gt 80-90", 9, "an order compares with one port" },
		{ "sport gt 80,90", 11, "a list means any of its values, and 'sport' compares with one here" },
		{ "src 10.0.0.256", 4, "'10.0.0.256' behind 'src' is not an address" },
		{ "src 10.0.0.0/33", 4, "is not an address" },
		{ "src [::1", 4, "is not an address" },
		{ "src [::1]80", 4, "is not an address" },
		{ "src ::1/129", 4, "is not an address" },
		{ "src 10.0.0.1:", 4, "is not an address" },
		{ "src */8", 4, "is not an address" },
		{ "src < 10.0.0.1", 4, "'src' has no order, so '<' says nothing" },
		{ "pid nginx", 4, "'nginx' behind 'pid' is not the number of a process" },
		{ "pid 5k", 4, "is not the number of a process" },
		{ "recvq gt -1", 9, "'-1' behind 'recvq' is not a number" },
		{ "recvq gt 99999999999999999999", 9, "is not a number" },
		{ "recvq gt 99999999999999999m", 9, "is not a number" },
		{ "recvq gt 1.5", 9, "is not a number" },
		{ "recvq gt 5x", 9, "is not a number" },
		{ "rtt gt 100", 7, "'100' behind 'rtt' is not a time with its unit (500us, 100ms" },
		{ "older gt 60s", 6, "'older' takes no operator; write 'older'" },
		{ "older 5s,6s", 8, "a list means any of its values, and 'older' compares with one here" },
		{ "older soon", 6, "is not a time with its unit" },
		{ "uid no-such-user-here", 4, "there is no user 'no-such-user-here' on this machine" },
		{ "netns blue", 6, "no network namespace can be looked up by the name 'blue' here" },
		{ "cgroup /x", 7, "no control group can be looked up by the name '/x' here" },
		{ "timer tick", 6, "is not off, on, keepalive" },
		{ "family ip", 7, "is not inet or inet6" },
		{ "comm", 4, "'comm' needs a value: the name of a process" },
		{ "comm (sd-pam)", 5, "one with blanks or brackets is quoted" },
		{ "comm 'abc", 5, "a quoted value has no closing '" },
		{ "comm *aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 5, "a pattern for a name has at most 31 bytes" },
		{ "listen and", 10, "the filter ends where a term is expected" },
		{ "not", 3, "the filter ends where a term is expected" },
		{ "or listen", 0, "'or' joins two terms, and the one before it is missing" },
		{ "listen or or bound", 10, "'or' joins two terms" },
		{ "gt 80", 0, "'gt' compares, and the word before it is missing; try 'sport gt 80'" },
		{ "!= 80", 0, "'!=' compares, and the word before it is missing" },
		{ "listen ,", 8, "'state' needs a value: a state" },
		{ "\"listen\"", 0, "a term is expected here" },
		{ "[ listen", 0, "this '[' is never closed; a ']' belongs behind" },
		{ "[ listen )", 9, "this ')' closes nothing: the group before it was opened with '['" },
		{ "listen ]", 7, "this ']' closes nothing: no group is open" },
		{ "[ ]", 2, "a term is expected here" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *is = error_of(rows[i].text), *last = strrchr(is, '\n');

		if (!ok(strstr(is, rows[i].says), "'%s': %s", rows[i].text, rows[i].says))
			printf("# is: %s\n", is);
		if (!ok(last && strlen(last) == rows[i].column + 6 && streq(last + rows[i].column + 5, "^"),
			"and the caret is under column %zu", rows[i].column))
			printf("# is: %s\n", is);
	}
	ok(strstr(found("netns green"), "there is no network namespace 'green'"), "a name that is none is said to be none");
}

/* --- limits ----------------------------------------------------------------------------------------------- */

static void repeated(struct buf *b, const char *before, const char *each, size_t times, const char *behind)
{
	buf_clear(b);
	buf_puts(b, before);
	buf_repeat(b, each, times);
	buf_puts(b, behind);
}

/* Two lines below the sentence, of 4 + 72 columns at most, the caret the last character. */
static bool well_formed(const char *error)
{
	const char *text = strchr(error, '\n'), *caret = text ? strchr(text + 1, '\n') : NULL;
	char line[sizeof(struct err)];

	if (!text || !caret)
		return false;
	snprintf(line, sizeof line, "%.*s", (int)(caret - text - 1), text + 1);
	return text > error && text_width(line) <= 76 && text_width(caret + 1) <= text_width(line) + 1 &&
	       caret[strlen(caret) - 1] == '^' && strspn(caret + 1, " ") == strlen(caret) - 2;
}

static void limits(void)
{
	struct buf b = { 0 };

	repeated(&b, "", "[", FILTER_DEPTH, "listen");
	buf_repeat(&b, "]", FILTER_DEPTH);
	same_text(found(buf_text(&b)), "LM", "brackets nest 32 deep");
	repeated(&b, "", "[", FILTER_DEPTH + 1, "listen");
	ok(strstr(error_of(buf_text(&b)), "brackets stand in one another more than 32 deep") &&
		   well_formed(error_of(buf_text(&b))),
	   "and no deeper");
	repeated(&b, "", "not ", 10001, "listen");
	same_text(found(buf_text(&b)), "QNEWTFSBK", "ten thousand 'not' need no depth");
	repeated(&b, "sport 80", ",80", FILTER_LIST - 1, "");
	same_text(found(buf_text(&b)), "LQNEWT", "a list has up to 100 values");
	repeated(&b, "sport 80", ",80", FILTER_LIST, "");
	ok(strstr(error_of(buf_text(&b)), "a list has at most 100 values"), "and no more");
	repeated(&b, "mini", " or mini", FILTER_TERMS - 2, "");
	same_text(found(buf_text(&b)), "QTF", "nearly a thousand terms are joined");
	repeated(&b, "mini", " or mini", FILTER_TERMS, "");
	ok(strstr(error_of(buf_text(&b)), "a filter has at most 1000 terms") && well_formed(error_of(buf_text(&b))),
	   "and no more");
	repeated(&b, "cgroup ", "x", FILTER_VALUE + 1, "");
	ok(strstr(error_of(buf_text(&b)), "a value is longer than 1023 bytes"), "a value has an end");
	buf_free(&b);
}

static void long_texts(void)
{
	struct buf b = { 0 };
	const char *is;

	repeated(&b, "", "sport 80 or ", 20, "dpott 80");
	buf_repeat(&b, " or sport 80", 20);
	is = error_of(buf_text(&b));
	ok(well_formed(is) && strstr(is, "\n    …") && strstr(is, " or dpott 80 or ") && strstr(is, "…\n"),
	   "a long text is cut around the place");
	repeated(&b, "dpott 80", " or sport 80", 20, "");
	is = error_of(buf_text(&b));
	ok(well_formed(is) && strstr(is, "\n    dpott") && strstr(is, "…\n    ^"), "at the front nothing is cut off before it");
	repeated(&b, "", "sport 80 or ", 20, "dpott");
	is = error_of(buf_text(&b));
	ok(well_formed(is) && strstr(is, "dpott\n"), "at the end nothing behind it");
	repeated(&b, "", "\xcc\x81", 5000, "");
	ok(well_formed(error_of(buf_text(&b))), "characters without width do not fill the error");
	repeated(&b, "", "\x1b", 5000, "");
	ok(well_formed(error_of(buf_text(&b))), "nor do control characters");
	repeated(&b, "comm \"", "\xf0\x9f\x98\x80", 200, "\" zzzzzzzzzzzzz");
	ok(well_formed(error_of(buf_text(&b))), "nor wide ones");
	repeated(&b, "state ", "\xf0\x9f\x98\x80", 200, "");
	ok(well_formed(error_of(buf_text(&b))), "nor do they as a value");
	buf_free(&b);
}

/* --- what holds of any filter ----------------------------------------------------------------------------- */

static unsigned random_below(unsigned n)
{
	static uint64_t seed = 42;

	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

#define ONE_OF(list) list[random_below(ARRAY_SIZE(list))]

static void random_term(struct buf *b)
{
	static const char *const whole[] = {
		"mini", "v4", "v6", "listen", "close-wait,bound", "state connected exclude time-wait", "owner none",
		"owner any", "owner kernel", "comm a*", "comm b", "pid 1", "fd 3", "older 5s", "younger 9s",
		"listener 3", "timer on", "src 10.0.0.1", "dst 10.0.0.0/31:3", "addr ::/1", "src [::1]:2", "src :4",
		"src != :2", "halfopen gt 1", "rtt gt 3us", "uid != 0", "netns blue", "cgroup 3"
	};
	static const char *const words[] = { "sport", "dport", "port", "sport", "dport" };
	static const char *const ops[] = { "=", "!=", "lt", "le", ">", "ge" };
	static const char *const ends[] = { "0", "1", "2", "5", "65534", "65535" };

	if (random_below(2))
		buf_puts(b, ONE_OF(whole));
	else if (random_below(3))
		buf_addf(b, "%s %s %s", ONE_OF(words), ONE_OF(ops), ONE_OF(ends));
	else
		buf_addf(b, "%s %u-%u", ONE_OF(words), random_below(3), 3 + random_below(65533));
}

static void random_filter(struct buf *b, unsigned depth)
{
	static const char *const joints[] = { " ", " and ", " or ", " | " };

	if (random_below(5) == 0)
		buf_puts(b, "not ");
	if (depth == 0 || random_below(3) == 0) {
		random_term(b);
		return;
	}
	buf_puts(b, "[ ");
	random_filter(b, depth - 1);
	for (unsigned n = random_below(3); n-- > 0;) {
		buf_puts(b, ONE_OF(joints));
		random_filter(b, depth - 1);
	}
	buf_puts(b, " ]");
}

static struct endpoint random_end(void)
{
	static const char *const addrs[] = { "10.0.0.1", "10.0.0.2", "::1", "::ffff:10.0.0.1", "0.0.0.0" };
	static const uint16_t numbers[] = { 0, 1, 2, 3, 4, 65534, 65535 };

	return end(ONE_OF(addrs), ONE_OF(numbers));
}

static void random_host(struct evidence *ev)
{
	struct holder a = { 1, 1, "abc" }, b = { 2, 2, "b" };

	evidence_add_holder(ev, &a);
	evidence_add_holder(ev, &b);
	for (unsigned i = 0; i < 400; i++) {
		struct sock s = { .key = { random_below(2) ? AWAY : HOME, i },
				  .state = (enum tcp_state)random_below(TCP_STATES),
				  .local = random_end(),
				  .remote = random_end(),
				  .half_open = random_below(3),
				  .age = span_s(random_below(12)),
				  .uid = random_below(2),
				  .age_is = (uint8_t)random_below(3),
				  .is_mini = random_below(2),
				  .timer = (enum sock_timer)random_below(TIMERS),
				  .held = random_below(2),
				  .no_owner = (uint8_t)random_below(NO_OWNER_REASONS),
				  .cgroup = random_below(4),
				  .listener = random_below(i + 1) };
		struct sock *added = evidence_add(ev, &s);

		*evidence_add_info(ev) = (struct sock_info){ .known = random_below(2), .rtt_us = random_below(6) };
		if (random_below(2))
			evidence_add_owner(ev, added, random_below(2), (int)random_below(5));
	}
}

static bool within(const struct port_range *r, uint16_t port)
{
	return port >= r->from && port <= r->to;
}

/* A socket that matches is of the states and ports that are dumped. How many match; -1: one is not. */
static int narrowed(const struct filter *f, const struct evidence *ev)
{
	state_set set = filter_states(f);
	struct port_range l, r;
	int n = 0;

	filter_ports(f, &l, &r);
	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *s = &ev->socks[i];

		if (!filter_match(f, ev, i))
			continue;
		n++;
		if (!state_set_has(set, s->state) || !within(&l, s->local.port) || !within(&r, s->remote.port))
			return -1;
	}
	return n;
}

/* Of three filters x, y, z: "fmt" with them in it, and what it should say. */
struct law {
	const char *fmt, *name;
	bool (*says)(bool x, bool y, bool z);
};

static bool same(bool x, bool y, bool z)
{
	return (void)y, (void)z, x;
}
static bool opposite(bool x, bool y, bool z)
{
	return (void)y, (void)z, !x;
}
static bool tighter(bool x, bool y, bool z)
{
	return x || (y && z);
}
static bool tighter_before(bool x, bool y, bool z)
{
	return (x && y) || z;
}
static bool not_is_tightest(bool x, bool y, bool z)
{
	return !x && (y || z);
}
static bool any_of_three(bool x, bool y, bool z)
{
	return x || y || z;
}

static const struct law laws[] = {
	{ "not not [%s]", "twice 'not' changes nothing", same },
	{ "not [not [%s]]", "nor does it around a group", same },
	{ "not [%s]", "'not' turns it round", opposite },
	{ "[%s] or [%s] and [%s]", "'and' binds tighter than 'or'", tighter },
	{ "[%s] || [%s] [%s]", "and so does nothing between two", tighter },
	{ "[%s] & [%s] | [%s]", "on the other side too", tighter_before },
	{ "not [%s] [[%s] or [%s]]", "'not' binds tightest", not_is_tightest },
	{ "not [not [%s] not [%s] not [%s]]", "de Morgan", any_of_three },
};

static bool law_holds(const struct law *law, const struct evidence *ev, struct buf texts[3])
{
	struct filter *one[3], *joined;
	struct buf text = { 0 };
	bool good = true;

	buf_addf(&text, law->fmt, buf_text(&texts[0]), buf_text(&texts[1]), buf_text(&texts[2]));
	joined = parsed(buf_text(&text));
	for (int i = 0; i < 3; i++)
		one[i] = parsed(buf_text(&texts[i]));
	for (size_t i = 0; i < ev->n && good; i++)
		good = filter_match(joined, ev, i) ==
		       law->says(filter_match(one[0], ev, i), filter_match(one[1], ev, i), filter_match(one[2], ev, i));
	good = good && narrowed(joined, ev) >= 0;
	if (!good)
		printf("# breaks it: %s\n", buf_text(&text));
	for (int i = 0; i < 3; i++)
		filter_free(one[i]);
	filter_free(joined);
	buf_free(&text);
	return good;
}

static void properties(void)
{
	struct evidence ev = { 0 };
	struct buf texts[3] = { 0 };
	unsigned bad = 0, found_some = 0, broken[ARRAY_SIZE(laws)] = { 0 };

	random_host(&ev);
	for (int round = 0; round < 600; round++) {
		for (int i = 0; i < 3; i++) {
			struct filter *f;
			int n;

			buf_clear(&texts[i]);
			random_filter(&texts[i], 3);
			f = parsed(buf_text(&texts[i]));
			n = narrowed(f, &ev);
			filter_free(f);
			bad += n < 0;
			found_some += n > 0;
		}
		for (size_t i = 0; i < ARRAY_SIZE(laws); i++)
			broken[i] += !law_holds(&laws[i], &ev, texts);
	}
	ok(bad == 0, "what matches is within the states and ports that are dumped, of 1800 random filters");
	ok(found_some > 900, "of which most find something (%u)", found_some);
	for (size_t i = 0; i < ARRAY_SIZE(laws); i++)
		ok(broken[i] == 0, "%s, of 600", laws[i].name);
	for (int i = 0; i < 3; i++)
		buf_free(&texts[i]);
	evidence_free(&ev);
}

/* --- hostile text ------------------------------------------------------------------------------------------ */

static void random_text(char *out, size_t n)
{
	static const char *const pieces[] = {
		"state", "sport", "src", "[", "]", "(", ")", "!", "!=", "=", ":", ",", "'", "\"", "80", "-", "/8",
		"::1", "10.0.0.1", "\xff", "\xed\x95\x9c", "\x1b", "and", "or", "not", " ", " ", "gt", "5s", "comm",
		"*", "rtt", "older", "listen", "&", "|", "owner", "\\", "999999999999999999999", ".", "k", "uid",
		"%s%n"
	};
	size_t used = 0;

	for (unsigned i = random_below(24); i-- > 0;) {
		const char *piece = ONE_OF(pieces);

		if (used + strlen(piece) >= n)
			break;
		memcpy(out + used, piece, strlen(piece));
		used += strlen(piece);
	}
	out[used] = 0;
}

static void hostile(void)
{
	unsigned wrong = 0, parsed_ones = 0;
	char text[512];

	for (int i = 0; i < 50000; i++) {
		struct err e;
		struct filter *f;

		random_text(text, sizeof text);
		f = filter_parse(text, i & 1 ? &names : NULL, &e);
		if (!f && !well_formed(e.text) && !wrong++)
			printf("# %s\n", e.text);
		parsed_ones += f != NULL;
		wrong += f && narrowed(f, &host) < 0;
		filter_free(f);
	}
	ok(wrong == 0, "50000 heaps of pieces are filters or errors with a caret");
	ok(parsed_ones > 500, "and not all of them errors (%u)", parsed_ones);
	filter_free(NULL);
}

int main(void)
{
	make_host();
	states();
	ports();
	addresses();
	owners();
	long_names();
	waiting();
	times();
	numbers();
	joints();
	table();
	wants();
	states_needed();
	ports_needed();
	whole_errors();
	error_rows();
	limits();
	long_texts();
	properties();
	hostile();
	evidence_free(&host);
	return tap_done();
}
