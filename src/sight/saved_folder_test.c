/* SPDX-License-Identifier: MIT
 * Folders of saved files, written by the test: which file is taken for what, what each adds, and what is refused. */
#include "base/tap.h"
#include "sight/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- folders ----------------------------------------------------------------------------------------------------- */

static char root[64];

/* "A/proc/net/snmp" below the test's folder; every folder on the way is made. */
static void path_of(char out[static 300], const char *name)
{
	snprintf(out, 300, "%s/%s", root, name);
}

static void write_file(const char *name, const char *text)
{
	char path[300];
	FILE *f;

	path_of(path, name);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		mkdir(path, 0755);
	}
	f = fopen(path, "w");
	if (!f) {
		printf("Bail out! %s cannot be written\n", path);
		exit(1);
	}
	fputs(text, f);
	fclose(f);
}

static void set_time(const char *name, time_t at)
{
	const struct timespec both[2] = { { at, 0 }, { at, 0 } };
	char path[300];

	path_of(path, name);
	utimensat(AT_FDCWD, path, both, 0);
}

static struct observation o;
static struct saved s;
static struct err e;

static int read_folder(const char *name)
{
	char path[300];

	path_of(path, name);
	e = (struct err){ 0 };
	return saved_read(&s, path, &o, &e);
}

static void forget(void)
{
	observation_free(&o);
	saved_free(&s);
	s = (struct saved){ 0 };
}

#define SS_HEAD "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
#define SS_ONE  "ESTAB 0 0 10.0.0.1:80 10.0.0.2:4000 users:((\"python3\",pid=78,fd=5)) ino:5 sk:1 rto:200 lastrcv:1000\n"
#define SS_TWO  "LISTEN 0 5 0.0.0.0:80 0.0.0.0:* users:((\"nginx\",pid=7,fd=3)) ino:4 sk:2\n"

/* --- what is taken for what -------------------------------------------------------------------------------------- */

/* Whatever its name is. */
static void by_their_beginnings(void)
{
	const struct net_facts *n;

	write_file("A/x1", SS_HEAD SS_ONE SS_TWO);
	write_file("A/x2", "Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: OutSegs RetransSegs\nTcp: 1000 7\n");
	write_file("A/x3", "TcpExt: ListenOverflows ListenDrops\nTcpExt: 3 4\n");
	write_file("A/x4", "sockets: used 5\nTCP: inuse 1 orphan 12 tw 3 alloc 4 mem 99\n");
	write_file("A/x5",
	           "sysctl: permission denied on key 'x'\nnet.core.somaxconn = 128\nnet.ipv4.ip_local_port_range = "
	           "32768\t60999\n"
	           "net.ipv4.ip_local_reserved_ports = 40000-40001,50000\nnet.ipv4.tcp_mem = 1\t2\t3\nkernel.x = 5\n");
	write_file("A/x6", "[    1.0] something else\n[   12.5] TCP: too many orphaned sockets\n[   13.5] TCP: too "
	                   "many orphaned sockets\n");
	write_file("A/hostname", "there\n");
	write_file("A/x7", "Linux version 6.1.0 (gcc)\n");
	write_file("A/x8", "nothing that is known\n");
	ok(read_folder("A") == 0, "a folder is read (%s)", err_text(&e));
	ok(o.last.n == 2 && o.sight.saved && !o.twice && o.sight.tables == 1, "its sockets, one look");
	ok(o.n_nets == 1 && o.nets[0].own, "of its own namespace");
	n = &o.nets[0];
	ok(n->after[CNT_OUT_SEGS] == 1000 && n->after[CNT_RETRANS_SEGS] == 7 && n->before[CNT_OUT_SEGS] == 1000,
	   "counters of snmp");
	ok(n->after[CNT_LISTEN_OVERFLOWS] == 3 && n->after[CNT_LISTEN_DROPS] == 4, "and of netstat");
	ok(n->after[CNT_TIMEOUTS] == UNKNOWN, "what is not there is not known");
	ok(n->sysctl[SYS_SOMAXCONN] == 128 && n->sysctl[SYS_PORTS_FROM] == 32768 && n->sysctl[SYS_PORTS_TO] == 60999 &&
	           n->sysctl[SYS_MEM_PRESSURE] == 2 && n->sysctl[SYS_MEM_HIGH] == 3,
	   "settings, each of its numbers");
	ok(n->sysctl[SYS_FIN_TIMEOUT] == UNKNOWN, "and those that are not there");
	ok(net_port_reserved(n, 40001) && net_port_reserved(n, 50000) && !net_port_reserved(n, 40002),
	   "reserved ports");
	ok(o.host.orphans == 12 && o.host.memory == 99 && !o.host.contained, "the machine's sockets and pages");
	ok(o.said[SAID_ORPHANS].times == 2 && !o.said[SAID_ORPHANS].timed && !o.said[SAID_FLOOD].times,
	   "the log, and that it cannot be told when");
	same_text(s.host, "there", "the host's name");
	same_text(s.kernel, "6.1.0", "and its kernel");
	ok(o.n_processes == 2 && o.processes[0].pid == 7 && o.processes[1].pid == 78 && o.processes[0].fds == UNKNOWN,
	   "processes in the order of their ids, of which no descriptors are known");
	ok(o.processes[1].runtime == RUNTIME_PYTHON && o.processes[0].runtime == RUNTIME_NGINX, "who runs there");
	ok(strstr(buf_text(&s.files), "/x1") && strstr(buf_text(&s.files), "/x7") && !strstr(buf_text(&s.files), "/x8"),
	   "which files were read, and no others");
	forget();
}

/* As sos lays them out, with another namespace. */
static void of_sos(void)
{
	write_file("B/sos_commands/networking/ss_-peaonmi", SS_HEAD SS_ONE);
	write_file("B/sos_commands/networking/namespaces/blue/ip_netns_exec_blue_ss_-peaonmi", SS_HEAD SS_TWO);
	write_file("B/sos_commands/networking/namespaces/blue/ip_netns_exec_blue_sysctl_-a",
	           "net.core.somaxconn = 77\n");
	write_file("B/sos_commands/kernel/sysctl_-a", "net.core.somaxconn = 128\nnet.ipv4.tcp_max_orphans = 500\n");
	write_file("B/sos_commands/host/hostname", "sos-host\n");
	write_file("B/proc/net/netstat", "TcpExt: ListenDrops\nTcpExt: 9\n");
	write_file("B/proc/version", "Linux version 5.14.0-1.el9 (x)\n");
	write_file("B/elsewhere/ss", SS_HEAD SS_ONE SS_TWO);
	ok(read_folder("B") == 0, "a report of sos is read (%s)", err_text(&e));
	ok(o.last.n == 2 && o.n_nets == 2 && s.nets == 2, "two namespaces, and nothing from elsewhere");
	same_text(s.names[1], "blue", "the other one's name");
	ok(o.nets[0].netns == 1 && o.nets[1].netns == 2 && o.nets[0].own && !o.nets[1].own, "which is not its own");
	ok(o.nets[0].sysctl[SYS_SOMAXCONN] == 128 && o.nets[1].sysctl[SYS_SOMAXCONN] == 77,
	   "each has its own settings");
	ok(o.nets[1].sysctl[SYS_MAX_ORPHANS] == 500, "the machine's are of both");
	ok(o.nets[0].after[CNT_LISTEN_DROPS] == 9 && o.nets[1].after[CNT_LISTEN_DROPS] == UNKNOWN,
	   "counters of its own");
	same_text(s.host, "sos-host", "the host's name");
	same_text(s.kernel, "5.14.0-1.el9", "and its kernel");
	forget();
}

static void the_longest(void)
{
	write_file("C/a", SS_HEAD SS_ONE);
	write_file("C/b", SS_HEAD SS_ONE SS_TWO);
	write_file("C/c", SS_HEAD SS_TWO);
	ok(read_folder("C") == 0 && o.last.n == 2, "of several tables the longest is taken");
	ok(o.sight.tables == 3, "and that there were three is told");
	forget();
}

/* --- two looks --------------------------------------------------------------------------------------------------- */

static void row(char *out, size_t size, int last_rcv, int received)
{
	snprintf(out, size,
	         SS_HEAD "ESTAB 0 0 10.0.0.1:80 10.0.0.2:4000 ino:5 sk:1 rto:200 lastrcv:%d bytes_received:%d\n",
	         last_rcv, received);
}

static const struct {
	const char *what;
	int first_rcv, last_rcv; /* ms since something came */
	int first_bytes, last_bytes;
	int files_apart; /* s */
	int window_ms;   /* 0: refused */
	bool differ;
	const char *refused;
} windows[] = {
	{ "sockets and files agree", 1000, 11000, 5, 5, 10, 10000, false, NULL },
	{ "sockets know better", 1000, 31000, 5, 5, 10, 30000, true, NULL },
	{ "a second more or less is no difference", 1000, 11500, 5, 5, 9, 10500, false, NULL },
	{ "nor is a tenth", 1000, 61000, 5, 5, 55, 60000, false, NULL },
	{ "more than a tenth is", 1000, 61000, 5, 5, 53, 60000, true, NULL },
	{ "something came: only the files tell", 1000, 11000, 5, 6, 20, 20000, false, NULL },
	{ "copied at once, and only the files tell", 1000, 500, 5, 6, 0, 0, false,
	  "was not saved later than the first" },
	{ "copied at once, and sockets tell", 1000, 11000, 5, 5, 0, 10000, true, NULL },
	{ "the later one was named first", 11000, 1000, 5, 5, 10, 0, false, "was not saved later than the first" },
	{ "its file, too", 1000, 500, 5, 6, -10, 0, false, "name the earlier one first" },
};

static void the_window(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		char first[300], last[300];
		int rc;

		row(first, sizeof first, windows[i].first_rcv, windows[i].first_bytes);
		row(last, sizeof last, windows[i].last_rcv, windows[i].last_bytes);
		write_file("D/ss", first);
		write_file("E/ss", last);
		set_time("D/ss", 1700000000);
		set_time("E/ss", 1700000000 + windows[i].files_apart);
		ok(read_folder("D") == 0, "the first look");
		rc = read_folder("E");
		if (windows[i].refused)
			ok(rc < 0 && strstr(err_text(&e), windows[i].refused), "%s (%s)", windows[i].what,
			   err_text(&e));
		else
			ok(rc == 0 && o.twice && o.window.ns == windows[i].window_ms * 1000000LL &&
			           o.sight.times_differ == windows[i].differ,
			   "%s (%lld ms, %d)", windows[i].what, (long long)o.window.ns / 1000000, o.sight.times_differ);
		forget();
	}
}

static void counters_of_both(void)
{
	char first[300], last[300];

	row(first, sizeof first, 1000, 5);
	row(last, sizeof last, 6000, 5);
	write_file("F/ss", first);
	write_file("F/netstat", "TcpExt: ListenDrops\nTcpExt: 9\n");
	write_file("G/ss", last);
	write_file("G/netstat", "TcpExt: ListenDrops\nTcpExt: 12\n");
	ok(read_folder("F") == 0 && read_folder("G") == 0, "two looks");
	ok(o.nets[0].before[CNT_LISTEN_DROPS] == 9 && o.nets[0].after[CNT_LISTEN_DROPS] == 12 &&
	           net_rise(&o.nets[0], CNT_LISTEN_DROPS) == 3,
	   "what a counter rose by");
	ok(o.first.n == 1 && o.last.n == 1 && observation_was(&o, 0), "the same socket in both");
	forget();
}

/* --- what is refused --------------------------------------------------------------------------------------------- */

static void is_refused(const char *folder, const char *why, const char *what)
{
	int rc = read_folder(folder);

	if (!ok(rc < 0 && strstr(err_text(&e), why), "%s", what))
		printf("# is: %d %s\n", rc, err_text(&e));
	forget();
}

static void refusals(void)
{
	char path[300];

	is_refused("no-such-folder", "cannot be read", "a folder that is not there");
	is_refused("A/x1", "is a file, and a folder of saved files is wanted", "a file");
	write_file("H/x", "nothing\n");
	is_refused("H", "there is no table of sockets (1 files looked at)", "a folder without a table");
	write_file("I/ss", SS_HEAD);
	is_refused("I", "no TCP socket is in the saved output of ss", "a table without sockets");
	write_file("J/ss", SS_HEAD "ESTAB 0 0 10.0.0.1:ssh 10.0.0.2:4000\n");
	is_refused("J", "save it with ss -n", "one that is not understood");
	write_file("K/ss", SS_HEAD SS_ONE);
	write_file("L/ss", SS_HEAD "ESTAB 0 0 10.0.0.1:81 10.0.0.2:4001 ino:5 sk:77\n");
	ok(read_folder("K") == 0, "a look");
	is_refused("L", "they are of two machines, or the machine was started anew", "another machine's");
	write_file("M/outside", SS_HEAD SS_ONE);
	write_file("N/x", "nothing\n");
	path_of(path, "N/ss");
	ok(symlink("../M/outside", path) == 0 || errno == EEXIST, "a link out of a report");
	is_refused("N", "there is no table of sockets", "leads nowhere");
	path_of(path, "N/fifo");
	ok(mkfifo(path, 0600) == 0, "a FIFO in a report");
	is_refused("N", "there is no table of sockets", "is not waited for");
}

int main(void)
{
	char clean[100];

	snprintf(root, sizeof root, "/tmp/lastack-saved-XXXXXX");
	if (!mkdtemp(root))
		return tap_skip_all("no folder can be made in /tmp");
	by_their_beginnings();
	of_sos();
	the_longest();
	the_window();
	counters_of_both();
	refusals();
	snprintf(clean, sizeof clean, "rm -rf %s", root);
	return system(clean) != 0 || tap_done();
}
