/* SPDX-License-Identifier: MIT
 * The filter language: every word against a host of eleven sockets, and what must be collected for it. */
#include "model/filter_test.h"

#include <netdb.h>

/* --- words ------------------------------------------------------------------------------------------------ */

static const struct row by_state[] = {
	{ "state close-wait", "W" },
	{ "state CLOSE_WAIT", "W" },
	{ "STATE Close-Wait", "W" },
	{ "state estab", "NEK" },
	{ "state close-wait,fin-wait-2", "WF" },
	{ "state close-wait , fin-wait-2", "WF" },
	{ "state close-wait state fin-wait-2", "WF" },
	{ "state=close-wait", "W" },
	{ "state:close-wait", "W" },
	{ "state eq close-wait", "W" },
	{ "state != close-wait", "LMQNETFSBK" },
	{ "exclude listen", "QNEWTFSBK" },
	{ "excl listen,bound", "QNEWTFSK" },
	{ "exclude != listen", "LM" },
	{ "state connected exclude time-wait", "QNEWFSK" },
	{ "exclude time-wait state connected", "QNEWFSK" },
	{ "state all", "LMQNEWTFSBK" },
	{ "state connected", "QNEWTFSK" },
	{ "state synchronized", "QNEWTFK" },
	{ "state bucket", "QT" },
	{ "state big", "LMNEWFSBK" },
	{ "state syn-recv", "Q" },
	{ "state syn-rcv", "Q" },
	{ "state new-syn-recv", "Q" },
	{ "state unconnected", "B" },
	{ "close-wait", "W" },
	{ "close-wait fin-wait-2", "WF" },
	{ "close-wait,fin-wait-2 time-wait", "WTF" },
	{ "listening", "LM" },
	{ "listen exclude listen", "" },
	{ "close-wait and fin-wait-2", "" },
	{ "sport 80 state close-wait", "W" },
	{ "sport 80 close-wait state time-wait dport gt 1", "WT" },
	{ "not close-wait fin-wait-2", "LMQNETSBK" },
};

static void states(void)
{
	FIND(by_state);
}

static const struct row by_port[] = {
	{ "sport 80", "LQNEWT" },
	{ "sport :80", "LQNEWT" },
	{ "sport = :80", "LQNEWT" },
	{ "sport == 80", "LQNEWT" },
	{ "sport eq 80", "LQNEWT" },
	{ "sport eq :80", "LQNEWT" },
	{ "sport=:80", "LQNEWT" },
	{ "sport=80", "LQNEWT" },
	{ "sport:443", "MF" },
	{ "sport 80,443", "LMQNEWTF" },
	{ "sport 80, 443", "LMQNEWTF" },
	{ "sport != 80", "MFSBK" },
	{ "sport!=80", "MFSBK" },
	{ "sport ne 80,443", "SBK" },
	{ "sport neq 80", "MFSBK" },
	{ "sport 400-1000", "MFK" },
	{ "sport :400-1000", "MFK" },
	{ "sport != 400-1000", "LQNEWTSB" },
	{ "sport gt 700", "SB" },
	{ "sport>700", "SB" },
	{ "sport ge 700", "SBK" },
	{ "sport geq 700", "SBK" },
	{ "sport>=700", "SBK" },
	{ "sport lt 443", "LQNEWT" },
	{ "sport < :443", "LQNEWT" },
	{ "sport le 443", "LMQNEWTF" },
	{ "sport leq 443", "LMQNEWTF" },
	{ "sport<=443", "LMQNEWTF" },
	{ "sport gt 65535", "" },
	{ "sport lt 1", "" },
	{ "sport *", "LMQNEWTFSBK" },
	{ "dport 5001", "Q" },
	{ "dport lt 6000", "QNETK" },
	{ "dport 0", "LMB" },
	{ "port 80", "LQNEWT" },
	{ "port 8080", "S" },
	{ "port 8080,2049,443", "MFSK" },
	{ "port != 80", "MFSBK" },
};

static void ports(void)
{
	FIND(by_port);
	same_text(found("sport = :http or sport https"), "LMQNEWTF", "services have names");
}

static const struct row by_address[] = {
	{ "src 10.0.0.1", "QNEWTSK" },
	{ "src = 10.0.0.1", "QNEWTSK" },
	{ "src=10.0.0.1", "QNEWTSK" },
	{ "src != 10.0.0.1", "LMFB" },
	{ "src ::ffff:10.0.0.1", "QNEWTSK" },
	{ "src ::ffff:10.0.0.0/104", "QNEWTSK" },
	{ "src 10.0.0.0/8", "QNEWTSK" },
	{ "src 10.0.0.0/31 src 10.0.0.2/30", "QNEWTSK" },
	{ "dst 10.0.0.0/30", "K" },
	{ "dst 10.0.0.8/31", "QNET" },
	{ "dst 128.0.0.0/1", "W" },
	{ "src 0.0.0.0", "LB" },
	{ "src 0.0.0.0/0", "LQNEWTSBK" },
	{ "src ::/0", "MFS" },
	{ "src *", "LMQNEWTFSBK" },
	{ "src any", "LMQNEWTFSBK" },
	{ "src *:443", "MF" },
	{ "src :443", "MF" },
	{ "src [::]:443", "M" },
	{ "src fd00::1", "F" },
	{ "src [fd00::1]", "F" },
	{ "src [fd00::]/16", "F" },
	{ "src [fd00::]/16:443", "F" },
	{ "src [fd00::/16]:443", "F" },
	{ "src [fd00::1]:444", "" },
	{ "dst 10.0.0.9", "QNET" },
	{ "dst 10.0.0.9:5003", "E" },
	{ "dst 10.0.0.9:5002-5003", "NE" },
	{ "dst 10.0.0.8/29:5003", "E" },
	{ "dst 93.184.216.34", "S" },
	{ "dst 10.0.0.9,192.168.0.0/16", "QNEWT" },
	{ "dst != 10.0.0.9,192.168.0.0/16", "LMFSBK" },
	{ "addr 10.0.0.2", "K" },
	{ "addr 10.0.0.1:2049", "" },
	{ "addr 10.0.0.9", "QNET" },
	{ "family inet", "LQNEWTBK" },
	{ "family inet6", "MFS" },
	{ "family = 6", "MFS" },
	{ "family 4", "LQNEWTBK" },
	{ "family v4", "LQNEWTBK" },
	{ "family ipv6", "MFS" },
	{ "v4 listen", "L" },
	{ "V6 listen", "M" },
};

static void addresses(void)
{
	FIND(by_address);
}

static const struct row by_owner[] = {
	{ "pid 10", "LM" },
	{ "pid 10,20", "LMWB" },
	{ "pid 21", "W" },
	{ "pid != 10", "QNEWTFSBK" },
	{ "comm nginx", "LM" },
	{ "comm NGINX", "" },
	{ "comm:nginx", "LM" },
	{ "comm nginx*", "LME" },
	{ "comm ngin?", "LM" },
	{ "comm n[a-g]inx", "LM" },
	{ "comm 'nginx*'", "" },
	{ "comm \"tmux: server\"", "S" },
	{ "comm = 'tmux: server'", "S" },
	{ "comm tmux*", "S" },
	{ "comm nginx-worker-with-a-long-name", "" },
	{ "comm leaky,nginx", "LMWB" },
	{ "comm != leaky", "LMQNETFSK" },
	{ "fd 6", "L" },
	{ "fd 8 pid 20", "B" },
	{ "owner none", "QNTFK" },
	{ "owner any", "LMEWSB" },
	{ "owner != any", "QNTFK" },
	{ "owner not-accepted", "N" },
	{ "owner NOT_ACCEPTED", "N" },
	{ "owner syn-queue,time-wait", "QT" },
	{ "owner orphan", "F" },
	{ "owner kernel", "K" },
	{ "owner leaky", "WB" },
	{ "owner 'none'", "" },
	{ "owner 'kernel'", "" },
	{ "uid 1000", "WB" },
	{ "user 1000", "WB" },
	{ "uid ge 33", "WSB" },
	{ "uid 0", "LMEK" },
	{ "uid root", "LMEK" },
	{ "uid != 0", "WSB" },
	{ "inode 100", "L" },
	{ "inode gt 0", "LMEWSB" },
	{ "netns 4026532000", "K" },
	{ "netns blue", "K" },
	{ "netns /run/netns/blue", "K" },
	{ "netns 77", "K" },
	{ "netns != blue", "LMQNEWTFSB" },
	{ "cgroup 5", "LME" },
	{ "cgroup /leaky.scope", "W" },
	{ "cgroup 0", "" },
};

static void owners(void)
{
	FIND(by_owner);
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
		{ "listener 80", "LQN" },      { "listener :80", "LQN" }, { "listener 443", "M" },
		{ "listener 80,443", "LMQN" }, { "listener 700", "" },    { "listener != 80", "MEWTFSBK" },
	};

	FIND(rows);
	host.socks[Q].listener = host.socks[N].listener = 0;
	same_text(found("listener 80"), "LQN", "without knowing for whom they wait, the port tells");
	host.socks[E].held = false;
	same_text(found("listener 80"), "LQN", "what a process holds does not wait, whatever else is known of it");
	host.socks[E].held = true;
	host.socks[Q].listener = host.socks[N].listener = L + 1;
}

static void times(void)
{
	static const struct row rows[] = {
		{ "older 60s", "EW" },           { "older 60", "EW" },       { "older 1m", "EW" },
		{ "older 1min", "EW" },          { "older 90s", "EW" },      { "older 90.5s", "E" },
		{ "older 20s", "NEWT" },         { "older 500ms", "NEWT" },  { "older 0", "NEWT" },
		{ "older 1.5m", "EW" },          { "older 1h", "" },         { "older 3d", "" },
		{ "older 100000", "" },          { "younger 60s", "N" },     { "younger 100s", "NW" },
		{ "younger 30s", "" },           { "younger 30001ms", "N" }, { "not younger 60s", "LMQEWTFSBK" },
		{ "close-wait older 60s", "W" }, { "timer on", "QE" },       { "timer timewait", "T" },
		{ "timer TIMEWAIT,on", "QET" },  { "timer != off", "QET" },  { "mini", "QTF" },
		{ "not mini", "LMNEWSBK" },
	};

	FIND(rows);
}

static const struct row by_number[] = {
	{ "recvq gt 0", "LNW" },
	{ "recvq>0", "LNW" },
	{ "recv-q > 0", "LNW" },
	{ "Recv-Q 100", "N" },
	{ "rq 1,100", "NW" },
	{ "rq != 0,1", "LN" },
	{ "sendq ge 70k", "E" },
	{ "send-q lt 1m sq gt 0.5k", "ME" },
	{ "sendq le 128 sendq ge 1", "LS" },
	{ "halfopen 1", "L" },
	{ "half-open 0", "M" },
	{ "halfopen != 0", "L" },
	{ "halfopen lt 5", "LM" },
	{ "drops gt 0", "L" },
	{ "retrans ge 1", "QE" },
	{ "total-retrans gt 10", "E" },
	{ "retransmits 0", "NWSBK" },
	{ "rtt gt 100ms", "E" },
	{ "rtt>100ms", "E" },
	{ "rtt lt 1s", "NE" },
	{ "rtt 5ms", "N" },
	{ "rtt ne 5ms", "E" },
	{ "rtt ge 0", "NE" },
	{ "not rtt lt 1s", "LMQWTFSBK" },
	{ "cwnd lt 10", "E" },
	{ "mss 1448", "E" },
	{ "mss lt 1000 mss gt 0", "N" },
};

static void numbers(void)
{
	struct sock_info *infos = host.infos;
	enum sock_timer timer;

	FIND(by_number);
	host.infos = NULL;
	same_text(found("cwnd ge 0"), "", "without infos nothing of them matches");
	host.infos = infos;
	timer = host.socks[E].timer;
	host.socks[E].timer = TIMER_UNKNOWN;
	same_text(found("retrans ge 1"), "Q", "a timer that is not told has not fired so and so often");
	host.socks[E].timer = timer;
}

/* --- how terms are joined --------------------------------------------------------------------------------- */

static void joints(void)
{
	static const struct row rows[] = {
		{ "", "LMQNEWTFSBK" },
		{ " \t ", "LMQNEWTFSBK" },
		{ "sport 80 dport 5001", "Q" },
		{ "sport 80 and dport 5001", "Q" },
		{ "sport 80 && dport 5001", "Q" },
		{ "sport 80 & dport 5001", "Q" },
		{ "sport=80&dport=5001", "Q" },
		{ "listen or bound", "LMB" },
		{ "listen OR bound", "LMB" },
		{ "listen||bound", "LMB" },
		{ "listen | bound", "LMB" },
		{ "listen or sport 80 time-wait", "LMT" },
		{ "sport 80 time-wait or listen", "LMT" },
		{ "sport 80 and time-wait or listen and v6", "MT" },
		{ "[ listen or bound ] v4", "LB" },
		{ "[listen or bound] v4", "LB" },
		{ "( listen or bound ) v4", "LB" },
		{ "v4 (listen or bound)", "LB" },
		{ "v4[listen or bound]", "LB" },
		{ "[src [::]:443]", "M" },
		{ "[[src [fd00::1]] or [src [::]]]", "MF" },
		{ "not listen", "QNEWTFSBK" },
		{ "! listen", "QNEWTFSBK" },
		{ "!listen", "QNEWTFSBK" },
		{ "NOT [ listen or bound ]", "QNEWTFSK" },
		{ "not not listen", "LM" },
		{ "!!listen", "LM" },
		{ "not listen v4", "QNEWTBK" },
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

		ok(*result != '?' || streq(words[i].name, "uid") || streq(words[i].name, "cgroup"),
		   "%s: the example is a filter", words[i].example);
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
#define ALL        ((1U << TCP_STATES) - 1)

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

static const struct {
	const char *text, *ranges;
} port_rows[] = {
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

static void ports_needed(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(port_rows); i++) {
		struct filter *f = parsed(port_rows[i].text);
		struct port_range l, r;
		char is[64];
		bool narrow = filter_ports(f, &l, &r);

		snprintf(is, sizeof is, "%u-%u %u-%u", l.from, l.to, r.from, r.to);
		same_text(is, port_rows[i].ranges, port_rows[i].text);
		ok(narrow != streq(is, "0-65535 0-65535"), "and the answer says whether ports are left out");
		filter_free(f);
	}
}

/* What is not told of a socket matches no value of it, neither 0 nor any other. */
static void untold(void)
{
	static const struct {
		enum sock_told what;
		const char *text[3];
	} rows[] = {
		{ TOLD_INODE, { "inode ge 0", "inode 0", "inode gt 0" } },
		{ TOLD_UID, { "uid 0", "uid ge 0", "uid ne 1" } },
		{ TOLD_DROPS, { "drops ge 0", "drops 0", "drops gt 0" } },
	};
	bool any[SOCK_TOLDS] = { false };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t before = host.socks[L].untold;

		host.socks[L].untold = TOLD_BIT(rows[i].what);
		for (size_t k = 0; k < 3; k++) {
			struct filter *f = parsed(rows[i].text[k]);

			ok(!filter_match(f, &host, L), "%s: not told, and no match", rows[i].text[k]);
			filter_free(f);
		}
		host.socks[L].untold = before;
		any[rows[i].what] = true;
	}
	for (int i = 0; i < SOCK_TOLDS; i++)
		ok(any[i], "%s is among them", sock_told_word((enum sock_told)i));
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
	untold();
	joints();
	table();
	wants();
	states_needed();
	ports_needed();
	evidence_free(&host);
	return tap_done();
}
