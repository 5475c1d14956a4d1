/* SPDX-License-Identifier: MIT
 * Each word that ss prints of a socket, in every form, and what it is taken for; and what an option that was not given
 * leaves unknown. The forms are those of misc/ss.c of iproute2. */
#include "base/tap.h"
#include "model/tcp_state.h"
#include "sight/saved_ss.h"

#include <stdio.h>
#include <stdlib.h>

static struct evidence ev;
static struct saved_ss told;

static int read_table(const char *table)
{
	char *text = xstrdup(table);
	struct err e = { 0 };
	int rc;

	evidence_clear(&ev);
	told = (struct saved_ss){ 0 };
	rc = saved_ss_read(text, 1, &ev, &told, &e);
	free(text);
	return rc;
}

/* One row with these words behind it. */
static bool read_row(const char *row, const char *words)
{
	char table[700];

	snprintf(table, sizeof table, "%s\n\t %s\n", row, words);
	return read_table(table) == 0 && ev.n == 1;
}

#define OPEN "ESTAB 0 0 10.0.0.1:80 10.0.0.2:4000"

/* --- words ----------------------------------------------------------------------------------------------------- */

/* All that a row may be taken for, as text: each value that is not 0. */
static void say(struct buf *out)
{
	const struct sock *s = &ev.socks[0];
	const struct sock_info *i = &ev.infos[0];
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{ "inode", s->inode },
		{ "cookie", s->key.cookie },
		{ "uid", s->uid },
		{ "drops", s->drops },
		{ "timer", s->timer == TIMER_UNKNOWN ? 0 : s->timer },
		{ "left", (uint64_t)s->timer_left.ns / 1000000 },
		{ "retrans", s->retrans },
		{ "known", i->known },
		{ "rto", i->rto_us },
		{ "rtt", i->rtt_us },
		{ "rttvar", i->rttvar_us },
		{ "cwnd", i->cwnd },
		{ "mss", i->mss },
		{ "unacked", i->unacked },
		{ "lost", i->lost },
		{ "out", i->retrans_out },
		{ "total", i->total_retrans },
		{ "received", i->bytes_received },
		{ "rcv_wnd", i->rcv_wnd },
		{ "snd_wnd", i->snd_wnd },
		{ "snd", i->last_snd_ms },
		{ "rcv", i->last_rcv_ms },
		{ "ack", i->last_ack_ms },
		{ "never", i->sent == SENT_NEVER },
		{ "options", i->options },
		{ "snd_wscale", i->snd_wscale },
		{ "rcv_wscale", i->rcv_wscale },
	};

	for (size_t k = 0; k < ARRAY_SIZE(values); k++)
		if (values[k].value)
			buf_addf(out, "%s%s=%llu", out->len ? " " : "", values[k].name,
			         (unsigned long long)values[k].value);
}

static const struct {
	const char *words, *are;
} words[] = {
	{ "", "" },
	{ "ino:77", "inode=77" },
	{ "sk:1a", "cookie=26" },
	{ "uid:33", "uid=33" },
	{ "skmem:(r1,rb2,t3,tb4,f5,w6,o7,bl8,d9)", "drops=9" },
	{ "skmem:(r1,rb2,t3,tb4,f5,w6,o7,bl8)", "" }, /* before 4.6 */
	{ "timer:(on,5sec,3)", "timer=1 left=5000 retrans=3" },
	{ "timer:(keepalive,119min,0)", "timer=2 left=7140000" },
	{ "timer:(keepalive,1min59sec,2)", "timer=2 left=119000 retrans=2" },
	{ "timer:(timewait,59sec,0)", "timer=3 left=59000" },
	{ "timer:(persist,204ms,7)", "timer=4 left=204 retrans=7" },
	{ "timer:(on,1.204ms,1)", "timer=1 left=1204 retrans=1" }, /* 1.204 s: ss writes it so */
	{ "timer:(unknown,5sec,3)", "" },
	{ "timer:(", "" },
	{ "rto:204", "known=1 rto=204000" },
	{ "rto:0.2", "known=1 rto=200" },
	{ "rto:1.5", "known=1 rto=1500" },
	{ "rto:120000", "known=1 rto=120000000" },
	{ "rto:-1", "known=1" },
	{ "rto:5e9", "known=1" }, /* more than it can be */
	{ "rtt:0.5/0.25", "known=1 rtt=500 rttvar=250" },
	{ "rtt:12", "known=1 rtt=12000" },
	{ "wscale:7,8", "known=1 options=4 snd_wscale=7 rcv_wscale=8" },
	{ "wscale:7", "known=1 options=4 snd_wscale=7" },
	{ "retrans:1/4", "known=1 out=1 total=4" },
	{ "retrans:0/9", "known=1 total=9" },
	{ "bytes_received:5000000000", "known=1 received=5000000000" },
	{ "data_segs_out:4", "known=1" },
	{ "data_segs_out:0", "known=1 never=1" },
	{ "cwnd:10", "known=1 cwnd=10" },
	{ "mss:1448", "known=1 mss=1448" },
	{ "unacked:3", "known=1 unacked=3" },
	{ "lost:2", "known=1 lost=2" },
	{ "lastsnd:11", "known=1 snd=11" },
	{ "lastrcv:12", "known=1 rcv=12" },
	{ "lastack:13", "known=1 ack=13" },
	{ "snd_wnd:65536", "known=1 snd_wnd=65536" },
	{ "rcv_wnd:64240", "known=1 rcv_wnd=64240" },
	{ "ts", "options=1" },
	{ "sack", "options=2" },
	{ "ecn", "options=8" },
	{ "ts sack ecn wscale:1,2", "known=1 options=15 snd_wscale=1 rcv_wscale=2" },
	/* What is like one of them, and is not. */
	{ "tsx sacks ecnseen", "" },
	{ "pmtu:1500 rcvmss:536 advmss:1448 bytes_sent:7 bytes_acked:8 segs_out:9 segs_in:10 data_segs_in:11", "" },
	{ "send 120Mbps pacing_rate 240Mbps delivery_rate 1bps app_limited busy:2ms rcv_space:14480", "" },
	{ "cgroup:/x <-> bbr:(bw:1bps,mrtt:0.5) dctcp:(ce_state:0) minrtt:0.2", "" },
};

/* Numbers of a stranger's file that none can be: the row is no row. */
static const char *const impossible[] = {
	"timer:(on,99999999999999999999min,0)",
	"timer:(on,9223372036854775807min,0)",
	"timer:(on,71583min,0)",
	"timer:(on,4294967295ms1ms,0)",
	"timer:(on,4000000sec4000000sec,0)",
	"timer:(on,5sec,256)",
	"timer:(on,5sec,x)",
	"ino:4294967296",
	"ino:-1",
	"ino:",
	"sk:10000000000000000",
	"uid:4294967296",
	"skmem:(r1,rb2,d4294967296)",
	"wscale:16",
	"wscale:7,256",
	"retrans:4294967296/1",
	"retrans:1/-1",
	"bytes_received:18446744073709551616",
	"data_segs_out:4294967296",
	"cwnd:4294967296",
	"snd_wnd:-1",
	"mss:x",
};

static void each_impossible(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++) {
		read_row(OPEN, impossible[i]);
		ok(ev.n == 0 && told.wrong == 1 && told.first_wrong == 2 && told.rows == 0,
		   "'%s': the row is refused, line 2 is told (%zu, %zu)", impossible[i], told.wrong, told.first_wrong);
	}
	ok(read_row(OPEN, "timer:(on,4294967295ms,255)") && ev.socks[0].timer_left.ns == 4294967295 * INT64_C(1000000),
	   "the longest timer is one");
}

static void each_word(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct buf is = { 0 };

		if (!ok(read_row(OPEN, words[i].words), "'%s' is read", words[i].words))
			continue;
		say(&is);
		same_text(buf_text(&is), words[i].are, "and is taken for that");
		buf_free(&is);
	}
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *row, *is; /* "" : no socket, and no wrong line; "?": a wrong line */
} rows[] = {
	{ "LISTEN 3 64 0.0.0.0:80 0.0.0.0:*", "LISTEN 3 64 0.0.0.0:80 0.0.0.0:*" },
	{ "LISTEN 0 5 *:80 *:*", "LISTEN 0 5 [::]:80 [::]:*" },
	{ "LISTEN 0 5 [::]:80 [::]:*", "LISTEN 0 5 [::]:80 [::]:* v6only" },
	{ "LISTEN 0 5 :::80 :::*", "LISTEN 0 5 [::]:80 [::]:*" }, /* of an older one: which it is, is not told */
	{ "LISTEN 0 5 [::1]:80 [::]:*", "LISTEN 0 5 [::1]:80 [::]:*" },
	{ "LISTEN 0 5 127.0.0.53%lo:53 0.0.0.0:*", "LISTEN 0 5 127.0.0.53:53 0.0.0.0:*" },
	{ "ESTAB 1 2 [fe80::1]%eth0:22 [fe80::2]:5", "ESTABLISHED 1 2 [fe80::1]:22 [fe80::2]:5" },
	{ "ESTAB 0 0 [::ffff:10.0.0.1]:22 [::ffff:10.0.0.2]:5",
	  "ESTABLISHED 0 0 [::ffff:10.0.0.1]:22 [::ffff:10.0.0.2]:5" },
	{ "SYN-SENT 0 1 10.0.0.1:9 10.0.0.2:5", "SYN_SENT 0 1 10.0.0.1:9 10.0.0.2:5" },
	{ "SYN-RECV 0 0 10.0.0.1:9 10.0.0.2:5", "NEW_SYN_RECV 0 0 10.0.0.1:9 10.0.0.2:5 mini" },
	{ "FIN-WAIT-1 0 1 10.0.0.1:9 10.0.0.2:5", "FIN_WAIT1 0 1 10.0.0.1:9 10.0.0.2:5" },
	{ "FIN-WAIT-2 0 0 10.0.0.1:9 10.0.0.2:5", "FIN_WAIT2 0 0 10.0.0.1:9 10.0.0.2:5" },
	{ "FIN-WAIT-2 0 0 10.0.0.1:9 10.0.0.2:5 timer:(timewait,5sec,0)", "FIN_WAIT2 0 0 10.0.0.1:9 10.0.0.2:5 mini" },
	{ "FIN-WAIT-2 0 0 10.0.0.1:9 10.0.0.2:5 timer:(keepalive,5sec,0)", "FIN_WAIT2 0 0 10.0.0.1:9 10.0.0.2:5" },
	{ "CLOSE-WAIT 1 0 10.0.0.1:9 10.0.0.2:5", "CLOSE_WAIT 1 0 10.0.0.1:9 10.0.0.2:5" },
	{ "CLOSING 0 1 10.0.0.1:9 10.0.0.2:5", "CLOSING 0 1 10.0.0.1:9 10.0.0.2:5" },
	{ "LAST-ACK 0 1 10.0.0.1:9 10.0.0.2:5", "LAST_ACK 0 1 10.0.0.1:9 10.0.0.2:5" },
	{ "TIME-WAIT 0 0 10.0.0.1:9 10.0.0.2:5", "TIME_WAIT 0 0 10.0.0.1:9 10.0.0.2:5 mini" },
	{ "UNCONN 0 0 10.0.0.1:9 0.0.0.0:*", "BOUND 0 0 10.0.0.1:9 0.0.0.0:*" },
	{ "UNCONN 0 0 10.0.0.1:9 10.0.0.2:5", "CLOSED 0 0 10.0.0.1:9 10.0.0.2:5" },
	{ "tcp ESTAB 0 0 10.0.0.1:9 10.0.0.2:5", "ESTABLISHED 0 0 10.0.0.1:9 10.0.0.2:5" },
	{ "  ESTAB 0 0 10.0.0.1:9 10.0.0.2:5", "" }, /* details of nothing */
	{ "mptcp ESTAB 0 0 10.0.0.1:9 10.0.0.2:5", "" },
	{ "udp UNCONN 0 0 10.0.0.1:9 0.0.0.0:*", "" },
	{ "u_str ESTAB 0 0 * 5 * 6", "" },
	{ "nl UNCONN 0 0 rtnl:x *", "" },
	{ "p_raw UNCONN 0 0 *:eth0 *", "" },
	{ "raw UNCONN 0 0 0.0.0.0:icmp 0.0.0.0:*", "" },
	{ "icmp6 UNCONN 0 0 *:58 *:*", "" },
	{ "v_str ESTAB 0 0 2:5 3:6", "" },
	{ "sctp LISTEN 0 5 *:9 *:*", "" },
	{ "dccp LISTEN 0 5 *:9 *:*", "" },
	{ "tipc LISTEN 0 5 x y", "" },
	{ "xdp UNCONN 0 0 eth0:q0 *", "" },
	{ "??? UNCONN 0 0 x y", "" },
	{ "State Recv-Q Send-Q Local Address:Port Peer Address:Port", "" },
	{ "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port", "" },
	{ "NONSENSE 0 0 10.0.0.1:9 10.0.0.2:5", "?" },
	{ "ESTAB x 0 10.0.0.1:9 10.0.0.2:5", "?" },
	{ "ESTAB 0 x 10.0.0.1:9 10.0.0.2:5", "?" },
	{ "ESTAB 0 0 10.0.0.1:9x 10.0.0.2:5", "?" },
	{ "ESTAB 0 0 10.0.0.1:9 10.0.0.2:5x", "?" },
	{ "ESTAB 0 0 10.0.0.x:9 10.0.0.2:5", "?" },
	/* More than the field can be, or no number. */
	{ "ESTAB 4294967295 4294967295 10.0.0.1:65535 10.0.0.2:5",
	  "ESTABLISHED 4294967295 4294967295 10.0.0.1:65535 10.0.0.2:5" },
	{ "ESTAB 4294967296 0 10.0.0.1:9 10.0.0.2:5", "?" },
	{ "ESTAB 0 -1 10.0.0.1:9 10.0.0.2:5", "?" },
	{ "ESTAB 0 0 10.0.0.1:65536 10.0.0.2:5", "?" },
	{ "ESTAB 0 0 10.0.0.1:9 10.0.0.2:99999", "?" },
	{ "ESTAB 0 0 10.0.0.1:-9 10.0.0.2:5", "?" },
	{ "ESTAB 0 0 10.0.0.1: 10.0.0.2:5", "?" },
	{ "ESTAB 0 0 10.0.0.1 10.0.0.2:5", "?" },
	{ "ESTAB 0 0 10.0.0.1:9", "?" },
	{ "ESTAB", "?" },
};

static void say_row(struct buf *out)
{
	const struct sock *s = &ev.socks[0];

	if (told.wrong)
		buf_puts(out, "?");
	if (!ev.n)
		return;
	buf_addf(out, "%s %u %u ", tcp_state_name(s->state), s->rq, s->wq);
	endpoint_add(out, &s->local);
	buf_puts(out, " ");
	endpoint_add(out, &s->remote);
	buf_puts(out, s->v6only ? " v6only" : "");
	buf_puts(out, s->is_mini ? " mini" : "");
}

static void each_row(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf is = { 0 };
		char line[300];

		snprintf(line, sizeof line, "%s\n", rows[i].row);
		read_table(line);
		say_row(&is);
		same_text(buf_text(&is), rows[i].is, rows[i].row);
		buf_free(&is);
	}
}

/* --- owners ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *users, *are;
} owners[] = {
	{ "users:((\"web\",pid=77,fd=3))", "web 77 3" },
	{ "users:((\"web\",pid=77,fd=3),(\"worker\",pid=78,fd=4))", "worker 78 4, web 77 3" },
	{ "users:((\"web\",77,3))", "web 77 3" },
	{ "users:((\"a b)),x\",pid=78,fd=5))", "a b)),x 78 5" },
	{ "users:((\"a\",pid=1,fd=2\",pid=78,fd=5))", "" }, /* a name that says so itself: nothing is guessed */
	{ "users:((\"0123456789abcdef\",pid=7,fd=1))", "0123456789abcde 7 1" },
	{ "users:((\"web\",pid=0,fd=3))", "" },
	{ "users:((\"web\",pid=4294967373,fd=3))", "" }, /* not 77 */
	{ "users:((\"web\",pid=77,fd=4294967299))", "" },
	{ "users:((\"web\",pid=x,fd=3))", "" },
	{ "users:((\"web\",pid=77,fd=3)", "" },
	{ "users:((\"web\",pid=77,fd=3)) uid:5 ino:6", "web 77 3" },
};

static void each_owner(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		struct buf is = { 0 };
		char line[300];

		snprintf(line, sizeof line, "%s %s\n", OPEN, owners[i].users);
		read_table(line);
		FOR_EACH_OWNER(o, &ev, &ev.socks[0])
		buf_addf(&is, "%s%s %d %d", is.len ? ", " : "", holder_of(&ev, o)->comm, holder_of(&ev, o)->pid, o->fd);
		if (streq(owners[i].are, ""))
			ok(ev.n == 1, "'%s' is a row all the same (%s)", owners[i].users, buf_text(&is));
		else
			same_text(buf_text(&is), owners[i].are, owners[i].users);
		buf_free(&is);
	}
	read_table(OPEN " users:((\"web\",pid=77,fd=3)) uid:5 ino:6\n");
	ok(ev.socks[0].uid == 5 && ev.socks[0].inode == 6, "what stands behind the owners is read");
	read_table(OPEN " users:((\"web\",pid=77,fd=3))\n" OPEN " users:((\"web\",pid=77,fd=4))\n");
	ok(ev.n_holders == 1 && ev.n_owners == 2, "a process is one holder of both");
}

/* --- what lacks -------------------------------------------------------------------------------------------------- */

enum { ALL_BUT_KINDS = LACKS_OWNERS | LACKS_INODES | LACKS_TIMERS | LACKS_INFO | LACKS_DROPS };

#define USERS  " users:((\"x\",pid=1,fd=2))"
#define INODE  " ino:5 sk:1"
#define MEMORY " skmem:(r0,rb1,t0,tb1,f0,w0,o0,bl0,d0)"
#define INFO   " rto:200 data_segs_out:1"

static const struct {
	const char *what, *table;
	unsigned lacks;
} lacking[] = {
	{ "nothing", "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\n" OPEN USERS INODE MEMORY INFO "\n", 0 },
	{ "-p", "LISTEN 0 5 *:80 *:*" INODE MEMORY "\n" OPEN INODE MEMORY INFO "\n", LACKS_OWNERS },
	{ "-e", "LISTEN 0 5 *:80 *:*" USERS MEMORY "\n" OPEN USERS MEMORY INFO "\n", LACKS_INODES },
	{ "-m", "LISTEN 0 5 *:80 *:*" USERS INODE "\n" OPEN USERS INODE INFO "\n", LACKS_DROPS },
	{ "-i", "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\n" OPEN USERS INODE MEMORY "\n", LACKS_INFO },
	{ "-i of listeners is no loss", "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\n", LACKS_CONNECTIONS },
	{ "-a", OPEN USERS INODE MEMORY INFO "\n", LACKS_LISTENERS },
	{ "-l was said", "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\n", LACKS_CONNECTIONS },
	{ "-o, where a timer must run",
	  "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\nTIME-WAIT 0 0 10.0.0.1:80 10.0.0.2:5 ino:0 sk:2\n",
	  LACKS_TIMERS },
	{ "-o, where something is under way",
	  "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\nESTAB 0 9 10.0.0.1:80 10.0.0.2:5" USERS INODE MEMORY INFO "\n",
	  LACKS_TIMERS },
	{ "-o is not missed where none need run",
	  "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\nESTAB 9 0 10.0.0.1:80 10.0.0.2:5" USERS INODE MEMORY INFO "\n",
	  0 },
	{ "all of them", "LISTEN 0 5 *:80 *:*\nESTAB 0 9 10.0.0.1:80 10.0.0.2:5\n", ALL_BUT_KINDS },
	{ "owners of what has none",
	  "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\nESTAB 0 0 10.0.0.1:80 10.0.0.2:5 ino:0 sk:3" MEMORY INFO "\n",
	  0 },
	{ "its end", OPEN USERS INODE MEMORY INFO "\nLISTEN 0 5 *:80 *:*" USERS INODE MEMORY, LACKS_END },
};

static void each_lack(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lacking); i++) {
		read_table(lacking[i].table);
		ok(told.lacks == lacking[i].lacks, "without %s (%u, should be %u)", lacking[i].what, told.lacks,
		   lacking[i].lacks);
	}
}

/* Of two tables all that is in one is there, but what one of them does not tell is lacking. */
static void two_tables(void)
{
	char first[] = "LISTEN 0 5 *:80 *:*" USERS INODE MEMORY "\n", second[] = OPEN INODE MEMORY INFO "\n";
	struct err e = { 0 };

	evidence_clear(&ev);
	told = (struct saved_ss){ 0 };
	ok(saved_ss_read(first, 1, &ev, &told, &e) == 0 && saved_ss_read(second, 2, &ev, &told, &e) == 0 && ev.n == 2,
	   "two namespaces");
	ok(told.lacks == LACKS_OWNERS, "listeners are in one, connections in the other, owners not in both");
	ok(ev.socks[0].key.netns == 1 && ev.socks[1].key.netns == 2, "each has its own");
}

/* Who has never sent is known only if a row says how much was sent: an older ss does not. */
static void who_never_sent(void)
{
	read_table(OPEN " rto:200\n");
	ok(ev.infos[0].sent == SENT_UNKNOWN, "where no row tells, nobody is known to have sent nothing");
	read_table(OPEN " rto:200\nESTAB 0 0 10.0.0.1:80 10.0.0.2:4001 rto:200 data_segs_out:5\n");
	ok(ev.infos[0].sent == SENT_NEVER && ev.infos[1].sent == SENT_SOME,
	   "where one tells, one that does not has sent nothing");
}

/* What ss did not say: left out because it is 0, or not known to an older ss or kernel. Rows in which 10 bytes wait,
 * and none. */
static void untold(void)
{
	static const struct {
		const char *row, *words, *untold;
	} cases[] = {
		{ OPEN, "cubic rto:204 rtt:1/1 mss:1448 cwnd:10 bytes_received:5 snd_wnd:65536 rcv_wnd:64240", "" },
		{ OPEN, "cubic rto:204 rtt:1/1 mss:1448 cwnd:10 snd_wnd:65536 rcv_wnd:64240", "" },
		{ OPEN, "cubic rto:204 rtt:1/1 mss:1448 cwnd:10 bytes_received:5", " rcv_wnd snd_wnd" },
		{ OPEN, "cubic rto:204 rtt:1 cwnd:10", " mss rcv_wnd snd_wnd" },
		{ OPEN, "cubic rtt:1/1 mss:1448", " rto_us cwnd rcv_wnd snd_wnd" },
		{ "ESTAB 10 0 10.0.0.1:80 10.0.0.2:4000", "cubic rto:204 mss:1448 cwnd:10 lastrcv:5",
		  " rtt_us rcv_wnd snd_wnd bytes_received" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf is = { 0 };

		ok(read_row(cases[i].row, cases[i].words), "%s", cases[i].words);
		for (int n = 0; n < SOCK_NUMBERS; n++)
			if (sock_number(&ev.infos[0], (enum sock_number)n) == UNKNOWN)
				buf_addf(&is, " %s", sock_number_info((enum sock_number)n)->name);
		same_text(buf_text(&is), cases[i].untold, "what is not known");
		buf_free(&is);
	}
}

/* What ss was not asked for is not told of any socket; of a minisocket it never tells drops. */
static void untold_facts(void)
{
	static const struct {
		const char *words, *untold;
	} cases[] = {
		{ "", " timer inode uid drops" },
		{ INODE, " drops" },
		{ " timer:(keepalive,10sec,0)", " inode uid drops" },
		{ MEMORY, " timer inode uid" },
		{ " uid:33" INODE, " drops" },
		{ INODE MEMORY, "" },
		{ " ino:0 sk:1" MEMORY, " uid" }, /* nobody holds it: whose it is is not told */
		{ " skmem:(r0,rb1,t0)", " timer inode uid drops" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf is = { 0 };
		char line[200];

		snprintf(line, sizeof line, OPEN "%s\n", cases[i].words);
		read_table(line);
		if (ev.socks[0].timer == TIMER_UNKNOWN)
			buf_puts(&is, " timer");
		for (int k = 0; k < SOCK_TOLDS; k++)
			if (!sock_tells(&ev.socks[0], (enum sock_told)k))
				buf_addf(&is, " %s", sock_told_word((enum sock_told)k));
		same_text(buf_text(&is), cases[i].untold, cases[i].words);
		buf_free(&is);
	}
	read_table("TIME-WAIT 0 0 10.0.0.1:80 10.0.0.2:4000\n");
	ok(ev.socks[0].age_is == AGE_UNKNOWN, "a TIME_WAIT whose timer is not told is not a minute old");
	read_table("TIME-WAIT 0 0 10.0.0.1:80 10.0.0.2:4000 timer:(timewait,12sec,0)\n");
	ok(ev.socks[0].age_is == AGE_AT_LEAST && ev.socks[0].age.ns == 48000000000,
	   "and one whose timer is tells its age");
}

int main(void)
{
	each_word();
	each_impossible();
	each_row();
	each_owner();
	each_lack();
	untold();
	untold_facts();
	two_tables();
	who_never_sent();
	evidence_free(&ev);
	return tap_done();
}
