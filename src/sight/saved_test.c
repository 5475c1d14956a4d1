/* SPDX-License-Identifier: MIT
 * What ss has printed, read back: of several versions, with hostile names, cut off. */
#include "base/tap.h"
#include "model/tcp_state.h"
#include "sight/saved_ss.h"

#include <stdlib.h>

static struct evidence ev;
static struct saved_ss told;
static struct err why;

static int read_table(const char *table)
{
	char *text = xstrdup(table);
	int rc;

	evidence_clear(&ev);
	told = (struct saved_ss){ 0 };
	why = (struct err){ 0 };
	rc = saved_ss_read(text, 1, &ev, &told, &why);
	free(text);
	return rc;
}

static void same_endpoint(const struct endpoint *e, const char *should, const char *what)
{
	char is[ADDR_TEXT];

	endpoint_format(is, e);
	same_text(is, should, what);
}

/* As iproute2 6.1 prints with -tanpoeim on Linux 6.18. */
static const char all_options[] =
	"State      Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
	"LISTEN     3      64         127.0.0.1:8080      0.0.0.0:*     users:((\"web\",pid=77,fd=3)) "
	"ino:900 sk:cf4610 cgroup:/ <->\n"
	"\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d12) bbr cwnd:10\n"
	"CLOSE-WAIT 1      0          127.0.0.1:8080    127.0.0.1:4711  users:((\"a "
	"b)),x\",pid=78,fd=5),(\"web\",pid=77,fd=4)) uid:33 ino:901 sk:2 cgroup:/ -->\n"
	"\t skmem:(r0,rb131072,t0,tb2626560,f4096,w0,o0,bl0,d0) ts sack cubic wscale:7,8 rto:204 "
	"rtt:0.5/0.25 mss:1448 cwnd:10 segs_in:3 "
	"bytes_received:6 retrans:1/4 unacked:2 lastsnd:70000 lastrcv:65000 lastack:64000 snd_wnd:65536\n"
	"ESTAB      0      7      [fe80::1%eth0]:22  [fe80::2]:555 timer:(keepalive,1min59sec,2) ino:0 "
	"sk:3 -->\n"
	"\t skmem:(r0,rb1,t0,tb1,f0,w0,o0,bl0,d0) rto:1.5 data_segs_out:4\n"
	"TIME-WAIT  0      0          127.0.0.1:9000    127.0.0.1:4712  timer:(timewait,1.204ms,0) ino:0 "
	"sk:4\n";

static void a_listener(const struct sock *s)
{
	ok(s->state == TCP_LISTEN && s->rq == 3 && s->wq == 64 && s->drops == 12 && s->inode == 900 &&
	           s->key.cookie == 0xcf4610,
	   "a listener");
	same_endpoint(&s->remote, "0.0.0.0:*", "nobody at its other end");
	ok(!ev.infos[0].known, "tcp_info of a listener means other things");
}

static void one_in_close_wait(const struct sock *s, const struct sock_info *info)
{
	ok(s->state == TCP_CLOSE_WAIT && s->rq == 1 && s->uid == 33 && s->held && !s->is_mini,
	   "a socket in CLOSE_WAIT");
	ok(info->known && info->rto_us == 204000 && info->rtt_us == 500 && info->rttvar_us == 250 &&
	           info->mss == 1448 && info->cwnd == 10,
	   "its times");
	ok(info->bytes_received == 6 && info->retrans_out == 1 && info->total_retrans == 4 && info->unacked == 2 &&
	           info->snd_wnd == 65536,
	   "its figures");
	ok(info->options == 7 && info->snd_wscale == 7 && info->rcv_wscale == 8, "its options");
	ok(info->sent == SENT_NEVER && s->age.ns == 64000000000 && s->age_is == AGE_EXACT,
	   "its age is exact, for it has never sent");
}

static void its_owners(const struct sock *s)
{
	ok(ev.n_owners == 3 && ev.n_holders == 2, "two owners of it, one of the listener");
	same_text(ev.holders[1].comm, "a b)),x", "a hostile name is kept");
	ok(holder_of(&ev, owner_at(&ev, owner_at(&ev, s->owner)->next))->pid +
	                   holder_of(&ev, owner_at(&ev, s->owner))->pid ==
	           155,
	   "both processes");
}

static void with_timers(const struct sock *s, const struct sock *ended)
{
	ok(s->timer == TIMER_KEEPALIVE && s->timer_left.ns == 119000000000 && s->retrans == 2 && s->wq == 7,
	   "a timer of minutes");
	same_endpoint(&s->local, "[fe80::1]:22", "an address with its interface");
	ok(!s->held && ev.infos[2].sent != SENT_NEVER, "inode 0: no process holds it");
	ok(ended->is_mini && ended->timer == TIMER_TIMEWAIT && ended->timer_left.ns == 1204000000,
	   "1.204ms are 1204 ms, as ss writes them");
}

static void with_all_options(void)
{
	ok(read_table(all_options) == 0, "the output of ss -tanpoeim is read");
	ok(ev.n == 4 && told.rows == 4 && !told.wrong && !told.lacks, "four sockets, and nothing lacks");
	a_listener(&ev.socks[0]);
	one_in_close_wait(&ev.socks[1], &ev.infos[1]);
	its_owners(&ev.socks[1]);
	with_timers(&ev.socks[2], &ev.socks[3]);
}

/* As sos saves it, and as older versions write addresses. */
static void of_other_kinds(void)
{
	ok(read_table("Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
	              "nl    UNCONN 0      0                 rtnl:systemd/1         *\n"
	              "u_str ESTAB  0      0        /run/x.sock 123             * 124 users:((\"x\",pid=1,fd=2))\n"
	              "\t skmem:(r0,rb212992,t0,tb212992,f0,w0,o0,bl0,d0)\n"
	              "udp   UNCONN 0      0            127.0.0.1:53       0.0.0.0:*\n"
	              "tcp   LISTEN 0      128                  *:22             *:*    ino:5 sk:1 v6only:0 <->\n"
	              "\t skmem:(r0,rb87380,t0,tb16384,f0,w0,o0,bl0)\n"
	              "tcp   UNCONN 0      0            127.0.0.1:7000     0.0.0.0:*    ino:6 sk:2\n"
	              "tcp   FIN-WAIT-2 0  0     ::ffff:10.0.0.1:80  ::ffff:10.0.0.2:99 timer:(timewait,59sec,0) ino:0 "
	              "sk:3\n"
	              "tcp   SYN-RECV 0    0          10.0.0.1:80   10.0.0.3:98 timer:(on,800ms,1) ino:0 sk:4\n") == 0,
	   "a report of sos is read");
	ok(ev.n == 4 && told.rows == 4, "the rows of TCP, and no others");
	ok(ev.socks[0].state == TCP_LISTEN && addr_is_any(&ev.socks[0].local.addr) && !ev.socks[0].v6only,
	   "* is any address of both families");
	ok(ev.socks[1].state == TCP_BOUND, "UNCONN without a peer is bound");
	ok(ev.socks[2].state == TCP_FIN_WAIT2 && ev.socks[2].is_mini, "FIN_WAIT2 with TIME_WAIT's timer is nobody's");
	ok(ev.socks[3].state == TCP_NEW_SYN_RECV && ev.socks[3].is_mini, "SYN_RECV is a request");
	ok(told.lacks == (LACKS_OWNERS | LACKS_DROPS), "what no row tells and some would is lacking");
	ok(read_table(
		   "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 10.0.0.1:22 10.0.0.2:99\n") ==
	                   0 &&
	           ev.n == 1,
	   "bare ss -tan");
	ok(told.lacks == (LACKS_OWNERS | LACKS_INODES | LACKS_INFO | LACKS_DROPS | LACKS_LISTENERS) &&
	           ev.socks[0].held && ev.socks[0].no_owner == NO_OWNER_HIDDEN,
	   "who holds it is not known, and that is not nobody");
	ok(read_table("ESTAB 0 0 10.0.0.1:22 10.0.0.2:99 timer:(on,5sec,1) skmem:(r0,d1) rto:200 ino:1 sk:1 "
	              "users:((\"x\",pid=1,fd=2))\n") == 0 &&
	           told.lacks == LACKS_LISTENERS && ev.socks[0].owner && ev.socks[0].drops == 1 &&
	           ev.infos[0].rto_us == 200000,
	   "one line each (-O), without a header");
	ok(read_table("\xef\xbb\xbfLISTEN 0 5 *:80 *:* users:((\"web\",77,3),(\"web\",78,4))\r\n") == 0 &&
	           ev.n_owners == 2 && told.lacks & LACKS_CONNECTIONS,
	   "owners as an older ss wrote them; a mark of the byte order, lines' ends of another system");
	ok(read_table("State Recv-Q Send-Q Local Address:Port Peer Address:Port\n") == 0 && !ev.n,
	   "no socket is no error");
}

static void of_no_use(void)
{
	ok(read_table(
		   "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 10.0.0.1:ssh 10.0.0.2:99\n") ==
	           -1,
	   "names of ports are refused");
	same_text(err_text(&why),
	          "line 2 of the saved ss output: a state, two numbers and two addresses with numeric ports were "
	          "expected; save it with ss -n",
	          "with what to do");
	ok(read_table("ESTAB 0 0 10.0.0.1:22 10.0.0.2:99\nESTAB 0 0 10.0") == 0 && ev.n == 1 && told.wrong == 1 &&
	           told.first_wrong == 2 && told.lacks & LACKS_END,
	   "a file that is cut off: what is whole is read");
	ok(read_table("ESTAB 0 0 1.1.1.1:1 2.2.2.2:2 users:((\"x\",pid=1,fd=\n") == 0 && ev.n == 1 && !ev.n_owners,
	   "cut within the owners");
	ok(saved_ss_is("Netid State Recv-Q Send-Q\n") && !saved_ss_is("Active Internet connections\n") &&
	           !saved_ss_is("State of things\n") && saved_ss_is("tcp LISTEN 0 5 *:80 *:*\n") &&
	           saved_ss_is("ESTAB 0 0 1.1.1.1:1 2.2.2.2:2\n") &&
	           !saved_ss_is("tcp 0 0 1.1.1.1:1 2.2.2.2:2 ESTABLISHED\n"),
	   "what is ss output, and what is not");
}

int main(void)
{
	with_all_options();
	of_other_kinds();
	of_no_use();
	evidence_free(&ev);
	return tap_done();
}
