/* SPDX-License-Identifier: MIT
 * The verbs of the scenario itself, who may be an actor, and the two tables of settings beside a second copy of them
 * (socket(7), tcp(7), the kernel's numbers). */
#include "lab/bare_test.h"
#include "lab/baseline.h"
#include "lab/sockopt.h"

#include <fcntl.h>

static struct bare b;

static const struct {
	const char *line, *should;
} wrong_words[] = {
	{ "title", "the title is missing: a text in quotes, \"like this\" (title \"TEXT\")" },
	{ "title close", "the title is a text in quotes, \"like this\", not 'close' (title \"TEXT\")" },
	{ "title \"a\" b", "nothing is expected here, but 'b' follows (title \"TEXT\")" },
	{ "note x", "the note is a text in quotes, \"like this\", not 'x' (note \"TEXT\")" },
	{ "needs", "what is needed is missing: kernel VERSION, root, tun, time, program NAME or sysctl NAME "
	           "(needs kernel VERSION | root | tun | time | program NAME | sysctl NAME)" },
	{ "needs kernel six", "a kernel's version is written as 6.11, not 'six'" },
	{ "needs kernel", "the version, as 6.11, is missing (needs kernel VERSION | root | tun | time | "
	                  "program NAME | sysctl NAME)" },
	{ "needs root now", "nothing is expected here, but 'now' follows (needs kernel VERSION | root | tun | "
	                    "time | program NAME | sysctl NAME)" },
	{ "option", "the option is delack, offload, loopback, machine, mtu or rtt, not ''" },
	{ "option delack maybe", "on or off is wanted, not 'maybe' (option delack on | offload on | loopback "
	                         "on | machine on | mtu N | rtt N)" },
	{ "option mtu 1279", "the MTU in bytes is a number from 1280 to 65535, not '1279' (option delack on | "
	                     "offload on | loopback on | machine on | mtu N | rtt N)" },
	{ "option mtu 65536", "the MTU in bytes is a number from 1280 to 65535, not '65536' (option delack on "
	                      "| offload on | loopback on | machine on | mtu N | rtt N)" },
	{ "option rtt 60001", "the round trip in milliseconds is a number from 0 to 60000, not '60001' (option "
	                      "delack on | offload on | loopback on | machine on | mtu N | rtt N)" },
	{ "sysctl server kernel.pid_max 5", "only sysctls below net. belong to a host; 'kernel.pid_max' is the "
	                                    "machine's (sysctl client|server|both NAME VALUE)" },
	{ "sysctl server net.../kernel/pid_max 5",
	  "only sysctls below net. belong to a host; "
	  "'net.../kernel/pid_max' is the machine's (sysctl client|server|both NAME "
	  "VALUE)" },
	{ "sysctl server net.x", "the value is missing (sysctl client|server|both NAME VALUE)" },
	{ "let", "the variable's name is missing (let NAME VALUE)" },
	{ "let 1a 2", "'1a' cannot be a variable's name: letters, digits and _, beginning with a letter (let "
	              "NAME VALUE)" },
	{ "let a", "the value is missing (let NAME VALUE)" },
	{ "let a 1 2", "nothing is expected here, but '2' follows (let NAME VALUE)" },
	{ "repeat", "how often is missing: a number from 0 to 1000000 (repeat N [as NAME])" },
	{ "repeat 1000001", "how often is a number from 0 to 1000000, not '1000001' (repeat N [as NAME])" },
	{ "repeat 1 as", "the variable's name is missing (repeat N [as NAME])" },
	{ "repeat 1 as 2", "'2' cannot be a variable's name" },
	{ "end", "'end' without 'repeat'" },
	{ "wait", "how long is missing: a time as 150ms, 2s or 1m (wait TIME)" },
	{ "threshold", "the threshold's name is missing (threshold NAME VALUE)" },
	{ "threshold window", "its value is missing (threshold NAME VALUE)" },
	{ "threshold window 1s", "there is no doctor here" },
	{ "table all", "nothing is expected here, but 'all' follows (table [netstat|ss])" },
	{ "held all", "nothing is expected here, but 'all' follows (held)" },
	{ "mark here", "nothing is expected here, but 'here' follows (mark)" },
};

static void of_wrong_words(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_words); i++)
		bare_says_is(&b, wrong_words[i].line, wrong_words[i].should);
}

static void skipped(const char *line, const char *should)
{
	free(b.l.skipped);
	b.l.skipped = NULL;
	b.script.stop = false;
	bare_says_is(&b, line, "");
	same_text(b.l.skipped ? b.l.skipped : "", should, "what is skipped, and why");
	ok(b.script.stop == (*should != 0), "a script ends there, or not");
}

#define NONE                                                                                                           \
	"needs sysctl net.ipv4.tcp_none, which this kernel does not have here (is it spelt so? as root there may be "  \
	"more)"

/* A kernel, or a user namespace, that has not got it. */
static void of_sysctls(void)
{
	for (int i = 0; i < SIDES; i++)
		b.l.hosts[i].ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	skipped("sysctl server net.ipv4.tcp_sack 1", "");
	skipped("sysctl server net.ipv4.tcp_none 1", NONE);
	skipped("sysctl both net.ipv4.tcp_none 1 2 3", NONE);
	bare_says_is(&b, "sysctl server net.ipv4.tcp_sack x",
	             "net.ipv4.tcp_sack cannot be set to 'x' (invalid argument)");
	ok(!b.l.skipped || streq(b.l.skipped, NONE), "one that is there and takes no such value is no reason to skip");
}

static void of_needs(void)
{
	b.l.started = true; /* the hosts that were made by hand stand */
	skipped("needs kernel 0.1", "");
	skipped("needs kernel 3", "");
	skipped("needs time", "");
	skipped("needs program sh", "");
	skipped("needs program no-such-program", "needs program no-such-program, which is not installed");
	skipped("needs sysctl net.ipv4.tcp_sack", "");
	skipped("needs sysctl net.ipv4.tcp_none", NONE);
	skipped("needs root", "");
	b.l.unprivileged = true;
	skipped("needs root", "needs root");
	b.script.recording = true; /* a session goes on */
	bare_says_is(&b, "needs root", "");
	ok(b.l.skipped && !b.script.stop, "at the prompt it is told, and the session goes on");
}

static void of_options(void)
{
	const struct host_options *o = &b.l.options;

	bare_says_is(&b, "option delack on", "");
	ok(o->delack && !o->offload && !o->loopback && !o->machine, "delack alone");
	bare_says_is(&b, "option delack off", "");
	bare_says_is(&b, "option offload on", "");
	ok(!o->delack && o->offload && !o->loopback, "off, and another one");
	bare_says_is(&b, "option loopback on", "");
	bare_says_is(&b, "option mtu 1280", "");
	ok(o->loopback && o->mtu == 1280, "loopback and MTU");
	bare_says_is(&b, "option rtt 61", "");
	ok(b.l.latency.ns == 30500000, "61 ms of round trip are 30.5 ms each way");
	b.l.started = true;
	bare_says(&b, "option mtu 1500");
	same_text(err_text(&b.e),
	          "options come before the first actor, when the hosts are not made yet (option "
	          "delack on | offload on | loopback on | machine on | mtu N | rtt N)",
	          "when the hosts are made it is too late");
	b.l.started = false;
}

static void of_others(void)
{
	bare_says_is(&b, "title \"what it \\x00 proves\"", "");
	same_text(b.l.title, "what it \\x00 proves", "a title, its NUL shown");
	bare_says_is(&b, "title \"again\"", "a scenario has one title, and it is its first command");
	bare_says_is(&b, "note \"by the way\"", "");
	ok(b.l.timeline.events[0]->kind == EV_NOTE && b.l.timeline.events[0]->side == NO_SIDE, "a note is of no side");
	same_text(b.l.timeline.events[0]->text, "by the way", "in its words");
	bare_says_is(&b, "let port 7777", "");
	bare_says_is(&b, "hold client SYN port ${port}", "");
	ok(b.l.wire.rules[0].pick.port == 7777, "a variable stands for its value");
}

static void of_the_end(void)
{
	bare_says_is(&b, "repeat 3 as i", "");
	bare_says_is(&b, "hold client SYN port 8$i", "");
	bare_says_is(&b, "end", "");
	ok(b.l.wire.n_rules == 3 && b.l.wire.rules[0].pick.port == 81 && b.l.wire.rules[2].pick.port == 83,
	   "a repeat counts from 1");
	ok(!b.script.stop, "and goes on");
	bare_says_is(&b, "quit", "");
	ok(b.script.stop, "until it ends here");
}

static void of_names(void)
{
	static const struct {
		const char *name;
		bool good;
		enum side side;
	} names[] = {
		{ "client", true, CLIENT },
		{ "server", true, SERVER },
		{ "client2", true, CLIENT },
		{ "server10", true, SERVER },
		{ "server.2", true, SERVER },
		{ "client-b", true, CLIENT },
		{ "client-b.c_d-1", true, CLIENT },
		{ "server-", false, 0 },
		{ "server.", false, 0 },
		{ "server--a", false, 0 },
		{ "serverx", false, 0 },
		{ "client2b", false, 0 },
		{ "clien", false, 0 },
		{ "Client", false, 0 },
		{ "", false, 0 },
		{ "server-a b", false, 0 },
		{ "client12345678901234567", true, CLIENT },
		{ "client123456789012345678", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		enum side side = NO_SIDE;

		ok(actor_name_ok(names[i].name, &side) == names[i].good && (!names[i].good || side == names[i].side),
		   "'%s' names %s", names[i].name, names[i].good ? side_name(names[i].side) : "nobody");
	}
	ok(b.lang.is_subject(&b.l, "server/2") && b.lang.is_subject(&b.l, "client"), "a thread of a program may speak");
	ok(!b.lang.is_subject(&b.l, "server/x") && !b.lang.is_subject(&b.l, "program"), "others not");
	b.l.options.machine = true;
	ok(b.lang.is_subject(&b.l, "program"), "but the one program of the machine's own network");
}

/* By the numbers of include/uapi: SOL_SOCKET 1 with SO_… , IPPROTO_TCP 6 with TCP_…. */
static const struct {
	const char *name, *constant;
	int level, option;
	bool linger;
} socket_options[] = {
	{ "nodelay", "TCP_NODELAY", 6, 1, false },
	{ "cork", "TCP_CORK", 6, 3, false },
	{ "keepalive", "SO_KEEPALIVE", 1, 9, false },
	{ "keepidle", "TCP_KEEPIDLE", 6, 4, false },
	{ "keepintvl", "TCP_KEEPINTVL", 6, 5, false },
	{ "keepcnt", "TCP_KEEPCNT", 6, 6, false },
	{ "rcvbuf", "SO_RCVBUF", 1, 8, false },
	{ "sndbuf", "SO_SNDBUF", 1, 7, false },
	{ "rcvlowat", "SO_RCVLOWAT", 1, 18, false },
	{ "reuseaddr", "SO_REUSEADDR", 1, 2, false },
	{ "reuseport", "SO_REUSEPORT", 1, 15, false },
	{ "linger", "SO_LINGER", 1, 13, true },
	{ "linger2", "TCP_LINGER2", 6, 8, false },
	{ "defer_accept", "TCP_DEFER_ACCEPT", 6, 9, false },
	{ "user_timeout", "TCP_USER_TIMEOUT", 6, 18, false },
	{ "syncnt", "TCP_SYNCNT", 6, 7, false },
	{ "maxseg", "TCP_MAXSEG", 6, 2, false },
	{ "quickack", "TCP_QUICKACK", 6, 12, false },
	{ "fastopen", "TCP_FASTOPEN", 6, 23, false },
	{ "fastopen_connect", "TCP_FASTOPEN_CONNECT", 6, 30, false },
};

static void of_socket_options(void)
{
	ok(sockopts_n == ARRAY_SIZE(socket_options), "%zu options are known", ARRAY_SIZE(socket_options));
	for (size_t i = 0; i < ARRAY_SIZE(socket_options); i++) {
		const struct sockopt *o = &sockopts[i];

		ok(streq(o->name, socket_options[i].name) && streq(o->constant, socket_options[i].constant) &&
		           o->level == socket_options[i].level && o->option == socket_options[i].option &&
		           (o->kind == SOCKOPT_LINGER) == socket_options[i].linger,
		   "%s", socket_options[i].name);
		ok(sockopt_find(socket_options[i].name) == (int)i && sockopt_find(socket_options[i].constant) == (int)i,
		   "by either name");
	}
	ok(sockopt_find("NoDelay") == 0 && sockopt_find("nodela") == -1, "in any case, and whole");
}

static bool linger_is(int fd, int on, int seconds)
{
	struct linger l = { -1, -1 };
	socklen_t n = sizeof l;

	return getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &n) == 0 && l.l_onoff == on && (!on || l.l_linger == seconds);
}

static void of_setting_them(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), keep = sockopt_find("keepcnt"), linger = sockopt_find("linger"), is;
	socklen_t n = sizeof is;

	ok(sockopt_set(fd, keep, 7) == 0 && getsockopt(fd, IPPROTO_TCP, 6, &is, &n) == 0 && is == 7, "a number is set");
	ok(sockopt_set(fd, linger, 5) == 0 && linger_is(fd, 1, 5), "linger 5: on, 5 seconds");
	ok(sockopt_set(fd, linger, -1) == 0 && linger_is(fd, 0, 0), "linger -1: off");
	ok(sockopt_set(fd, linger, 0) == 0 && linger_is(fd, 1, 0), "linger 0: on, 0 seconds");
	close(fd);
}

/* What the ladders of the scenarios were recorded with. */
static void of_the_baseline(void)
{
	static const char *const rows[][2] = {
		{ "net.ipv4.tcp_congestion_control", "reno" },
		{ "net.ipv4.tcp_syn_retries", "127" },
		{ "net.ipv4.tcp_syn_linear_timeouts", "0" },
		{ "net.ipv4.tcp_synack_retries", "255" },
		{ "net.ipv4.tcp_retries2", "255" },
		{ "net.ipv4.tcp_orphan_retries", "255" },
		{ "net.ipv4.tcp_rto_max_ms", "30000" },
		{ "net.ipv4.tcp_fin_timeout", "60" },
		{ "net.ipv4.tcp_tw_reuse", "2" },
		{ "net.ipv4.tcp_max_tw_buckets", "65536" },
		{ "net.ipv4.tcp_max_syn_backlog", "1024" },
		{ "net.ipv4.tcp_syncookies", "1" },
		{ "net.ipv4.tcp_abort_on_overflow", "0" },
		{ "net.ipv4.tcp_fastopen", "1" },
		{ "net.ipv4.tcp_timestamps", "1" },
		{ "net.ipv4.tcp_sack", "1" },
		{ "net.ipv4.tcp_window_scaling", "1" },
		{ "net.ipv4.tcp_ecn", "2" },
		{ "net.ipv4.tcp_no_metrics_save", "1" },
		{ "net.ipv4.tcp_keepalive_time", "7200" },
		{ "net.ipv4.tcp_rfc1337", "0" },
		{ "net.ipv4.tcp_rmem", "4096 131072 6291456" },
		{ "net.ipv4.tcp_wmem", "4096 16384 4194304" },
		{ "net.ipv4.ip_local_port_range", "32768 60999" },
		{ "net.ipv4.ip_unprivileged_port_start", "0" },
		{ "net.core.somaxconn", "4096" },
	};

	ok(baseline_n == ARRAY_SIZE(rows), "%zu settings", ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(streq(baseline[i].name, rows[i][0]) && streq(baseline[i].value, rows[i][1]), "%s = %s", rows[i][0],
		   rows[i][1]);
}

int main(void)
{
	void (*const parts[])(void) = { of_wrong_words, of_needs, of_sysctls,        of_options,      of_others,
		                        of_the_end,     of_names, of_socket_options, of_setting_them, of_the_baseline };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bare_open(&b);
		parts[i]();
		bare_close(&b);
	}
	return tap_done();
}
