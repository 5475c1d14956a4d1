/* SPDX-License-Identifier: MIT
 * Saved files: which there are, and what each of them adds to an observation. */
#include "sight/saved.h"
#include "base/file.h"
#include "base/foreign.h"
#include "base/sort.h"
#include "model/belonging.h"
#include "source/net.h"
#include "sight/saved_ss.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- what a file is -------------------------------------------------------------------------------------- */

enum part { PART_SS, PART_SNMP, PART_NETSTAT, PART_SOCKSTAT, PART_SYSCTL, PART_LOG, PART_HOST, PART_KERNEL, PARTS };

static bool begins(const char *head, const char *with)
{
	return strncmp(head, with, strlen(with)) == 0;
}

static bool is_snmp(const char *head)
{
	return begins(head, "Ip: F");
}
static bool is_netstat(const char *head)
{
	return begins(head, "TcpExt: ");
}
static bool is_sockstat(const char *head)
{
	return begins(head, "sockets: used ");
}
/* "[    0.000000] Linux version", "[Tue Nov 21 …] …" */
static bool is_log(const char *head)
{
	return *head == '[' && strstr(head, "] ");
}

static bool is_kernel(const char *head)
{
	return begins(head, "Linux ");
}

/* "net.ipv4.tcp_mem = 1 2 3": a word with a point, and a value. Before it stand, perhaps, complaints about what may not
 * be read. */
static bool is_sysctl(const char *head)
{
	while (begins(head, "sysctl: ") && strchr(head, '\n'))
		head = strchr(head, '\n') + 1;
	head += strcspn(head, ". \n");
	if (*head != '.')
		return false;
	head += strcspn(head, " \n");
	return begins(head, " = ");
}

static const struct {
	bool (*is)(const char *head); /* NULL: it has no sign, only a name */
	const char *name;
} parts[PARTS] = {
	[PART_SS] = { saved_ss_is, NULL },     [PART_SNMP] = { is_snmp, NULL },
	[PART_NETSTAT] = { is_netstat, NULL }, [PART_SOCKSTAT] = { is_sockstat, NULL },
	[PART_SYSCTL] = { is_sysctl, NULL },   [PART_LOG] = { is_log, NULL },
	[PART_HOST] = { NULL, "hostname" },    [PART_KERNEL] = { is_kernel, NULL },
};

static enum part part_of(const char *name, const char *head)
{
	for (int p = 0; p < PARTS; p++)
		if (parts[p].is ? parts[p].is(head) : streq(name, parts[p].name))
			return (enum part)p;
	return PARTS;
}

/* --- which files there are ------------------------------------------------------------------------------- */

struct found {
	char *path[PARTS];
	off_t size[PARTS];
};

/* A folder that is searched. Whatever a link in a report leads to, it does not lead out of it. */
struct folder {
	const char *path;
	int fd; /* of O_PATH */
};

struct search {
	struct saved *saved;
	struct folder folder;
	struct found nets[SAVED_NETS];
	size_t tables[SAVED_NETS];   /* of sockets: one is taken */
	size_t looked_at, forbidden; /* files */
};

/* Where they lie in a plain folder, in a copy of /proc, and in a report of sos. */
static const char *const places[] = { "*",
	                              "proc/net/*",
	                              "net/*",
	                              "proc/version",
	                              "sos_commands/networking/*",
	                              "sos_commands/networking/namespaces/*/*",
	                              "sos_commands/kernel/*",
	                              "sos_commands/host/hostname",
	                              "etc/hostname" };

/* sos names the output of a command in another namespace "ip_netns_exec_NAME_ss_-peaonmi". */
static size_t net_of(struct saved *s, const char *name)
{
	static const char before[] = "ip_netns_exec_";
	static const char *const behind[] = { "_ss_-", "_sysctl_-" };
	char net[SAVED_NAME] = "";

	if (!begins(name, before))
		return 0;
	name += sizeof before - 1;
	for (size_t i = 0; i < ARRAY_SIZE(behind); i++)
		if (strstr(name, behind[i]))
			snprintf(net, sizeof net, "%.*s", (int)(strstr(name, behind[i]) - name), name);
	if (!*net)
		return SAVED_NETS;
	for (size_t i = 1; i < s->nets; i++)
		if (streq(s->names[i], net))
			return i;
	if (s->nets < SAVED_NETS)
		memcpy(s->names[s->nets++], net, sizeof net);
	return s->nets == SAVED_NETS ? SAVED_NETS : s->nets - 1;
}

enum { HEAD = 4096 };

enum { FILE_MOST = 1 << 30 };

/* A file that was found in it. */
static struct foreign file_in(const struct folder *in, const char *path)
{
	return (struct foreign){ .path = path + strlen(in->path), .name = path, .below = in->fd, .most = FILE_MOST };
}

/* -1: there is no such file, or what is there is none; -2: it may not be read. */
static int read_head(const struct folder *in, const char *path, char head[static HEAD], off_t *length)
{
	struct foreign f = file_in(in, path);
	struct stat st = { 0 };
	struct err e;
	int fd = foreign_open(&f, &st, &e);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, HEAD - 1, 0);
	bool forbidden = fd >= 0 || errno == EACCES || errno == EPERM;

	head[n < 0 ? 0 : n] = 0;
	*length = st.st_size;
	fd_close(&fd);
	return n >= 0 ? 0 : forbidden ? -2 : -1;
}

/* Of several of a kind the longest is taken: it tells most. */
static void consider(struct search *f, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t net = net_of(f->saved, name);
	struct found *at = net < SAVED_NETS ? &f->nets[net] : NULL;
	char head[HEAD];
	enum part part;
	off_t length;
	int rc;

	if (!at || (rc = read_head(&f->folder, path, head, &length)) == -1)
		return;
	f->looked_at++;
	f->forbidden += rc < 0;
	part = part_of(name, head);
	f->tables[net] += part == PART_SS;
	if (part == PARTS || (at->path[part] && at->size[part] >= length))
		return;
	free(at->path[part]);
	at->path[part] = xstrdup(path);
	at->size[part] = length;
}

static void look_around(struct search *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char pattern[PATH_MAX];
		glob_t found;

		snprintf(pattern, sizeof pattern, "%s/%s", f->folder.path, places[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			consider(f, found.gl_pathv[k]);
		globfree(&found);
	}
}

static void search_free(struct search *f)
{
	fd_close(&f->folder.fd);
	for (size_t i = 0; i < SAVED_NETS; i++)
		for (int p = 0; p < PARTS; p++)
			free(f->nets[i].path[p]);
	free(f);
}

/* --- what each of them tells ------------------------------------------------------------------------------ */

/* What is in the file of this part; "" where there is none. For buf_free(). */
static struct buf text_of(const struct search *f, size_t net, enum part part)
{
	const char *path = f->nets[net].path[part];
	struct buf b = { 0 };
	struct err e;

	if (path) {
		struct foreign file = file_in(&f->folder, path);

		foreign_read(&file, NULL, &b, &e);
	}
	return b;
}

static void take_counters(struct net_facts *n, const struct search *f, size_t net)
{
	static const enum part both[] = { PART_SNMP, PART_NETSTAT };
	struct counters c = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		struct buf b = text_of(f, net, both[i]);

		counters_parse(&c, &b);
		buf_free(&b);
	}
	net_take_counters(n->after, &c);
	counters_free(&c);
}

static void take_setting(struct net_facts *n, const char *name, const char *value)
{
	for (int i = 0; i < SYSCTLS; i++) {
		struct buf b = { 0 };

		sysctl_add_name(&b, (enum sysctl_id)i);
		if (streq(buf_text(&b), name))
			n->sysctl[i] = setting_parse((enum sysctl_id)i, value);
		buf_free(&b);
	}
	if (!streq(name, "net.ipv4.ip_local_reserved_ports") || n->reserved_told)
		return;
	n->reserved_told = true;
	net_parse_ports(n, value);
}

static void take_settings(struct net_facts *n, const struct search *f, size_t net)
{
	struct buf b = text_of(f, net, PART_SYSCTL);
	char *rest, *value;

	if (b.text)
		for (char *line = strtok_r(b.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			value = strstr(line, " = ");
			if (!value || !begins(line, "net."))
				continue;
			*value = 0;
			take_setting(n, line, value + 3);
		}
	net_settle_settings(n);
	buf_free(&b);
}

/* The machine's settings are saved beside its own namespace's. */
static void share_host_settings(struct observation *o)
{
	for (size_t i = 1; i < o->n_nets; i++)
		for (int s = 0; s < SYSCTLS; s++)
			if (sysctl_info((enum sysctl_id)s)->of_host)
				o->nets[i].sysctl[s] = o->nets[0].sysctl[s];
}

static void take_host(struct observation *o, const struct search *f)
{
	struct sockstat s = { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN };
	struct buf b = text_of(f, 0, PART_SOCKSTAT);

	if (b.text)
		sockstat_parse(&s, buf_text(&b));
	o->host = (struct host_facts){ s.orphans, s.pages, false };
	buf_free(&b);
}

/* When it was said cannot be told: the log counts from the start of the machine. */
static void take_log(struct observation *o, const struct search *f)
{
	struct buf b = text_of(f, 0, PART_LOG);
	char *rest;

	memset(o->said, 0, sizeof o->said);
	if (b.text)
		for (char *line = strtok_r(b.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
			said_take(o->said, line, NULL);
	buf_free(&b);
}

/* The n-th word of a file's first line. */
static void take_word(char word[static SAVED_NAME], const struct search *f, enum part part, int n)
{
	struct buf b = text_of(f, 0, part);
	const char *at;

	if (b.text) {
		at = buf_text(&b);
		while (n-- > 1) {
			at += strcspn(at, " \n");
			at += strspn(at, " ");
		}
		snprintf(word, SAVED_NAME, "%.*s", (int)strcspn(at, " \n"), at);
	}
	buf_free(&b);
}

static void take_processes(struct observation *o)
{
	const struct evidence *ev = &o->last;
	struct sort_key *order = xcalloc(ev->n_holders + 1, sizeof *order);

	free(o->processes);
	o->processes = NULL;
	o->n_processes = o->cap_processes = 0;
	for (size_t i = 0; i < ev->n_holders; i++)
		order[i] = (struct sort_key){ (uint64_t)ev->holders[i].pid, (uint32_t)i };
	sort_by_key(order, ev->n_holders);
	for (size_t i = 0; i < ev->n_holders; i++) {
		const struct holder *h = &ev->holders[order[i].index];
		struct process_facts *p = observation_add_process(o, h->pid);

		memcpy(p->comm, h->comm, sizeof p->comm);
		p->runtime = runtime_of(h->comm);
	}
	free(order);
}

static void take_time(struct saved *s, const struct stat *st)
{
	int64_t ns = st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec;

	s->at_ns = ns > s->at_ns ? ns : s->at_ns;
}

static int take_table(struct search *f, size_t net, struct observation *o, struct saved_ss *told, struct err *e)
{
	struct foreign file = file_in(&f->folder, f->nets[net].path[PART_SS]);
	struct buf b = { 0 };
	struct stat st;
	int rc = foreign_read(&file, &st, &b, e);

	if (rc == 0)
		take_time(f->saved, &st);
	for (size_t i = 0; i < b.len; i++)
		b.text[i] = b.text[i] ? b.text[i] : '?'; /* what is no text is no row */
	if (rc == 0 && b.text)
		rc = saved_ss_read(b.text, net + 1, &o->last, told, e);
	buf_free(&b);
	return rc;
}

/* --- a folder -------------------------------------------------------------------------------------------- */

static void name_files(struct search *f)
{
	for (size_t i = 0; i < f->saved->nets; i++)
		for (int p = 0; p < PARTS; p++)
			if (f->nets[i].path[p])
				buf_addf(&f->saved->files, "%s%s", f->saved->files.len ? ", " : "", f->nets[i].path[p]);
}

static int take_nets(struct search *f, struct observation *o, struct saved_ss *told, struct err *e)
{
	struct saved *s = f->saved;

	for (size_t i = 0; i < s->nets; i++) {
		struct net_facts *n = observation_net_of(o, i + 1);

		n->own = i == 0;
		if (f->nets[i].path[PART_SS] && take_table(f, i, o, told, e) < 0)
			return -1;
		take_counters(n, f, i);
		take_settings(n, f, i);
		if (!o->twice)
			memcpy(n->before, n->after, sizeof n->before);
	}
	return 0;
}

static int take_all(struct search *f, struct observation *o, struct err *e)
{
	struct saved_ss told = { 0 };

	if (take_nets(f, o, &told, e) < 0)
		return -1;
	share_host_settings(o);
	take_host(o, f);
	take_log(o, f);
	take_word(f->saved->host, f, PART_HOST, 1);
	take_word(f->saved->kernel, f, PART_KERNEL, 3);
	evidence_belonging(&o->last);
	take_processes(o);
	o->sight = (struct sight){ .saved = true,
		                   .orphans = UNKNOWN,
		                   .unlogged = !f->nets[0].path[PART_LOG],
		                   .lacks = told.lacks,
		                   .wrong_lines = told.wrong,
		                   .tables = f->tables[0] };
	if (!o->last.n)
		return err_set(
			e,
			"no TCP socket is in the saved output of ss: was it asked for them (ss -t), and is it whole?");
	return 0;
}

static int check_found(const struct search *f, const char *folder, struct err *e)
{
	for (size_t i = 0; i < f->saved->nets; i++)
		if (f->nets[i].path[PART_SS])
			return 0;
	if (f->forbidden)
		return err_set(e,
		               "in %.200s %zu of %zu files may not be read, and there is no table of sockets in the "
		               "others; try as who saved them",
		               folder, f->forbidden, f->looked_at);
	return err_set(e,
	               "in %.200s, and where sos saves it, there is no table of sockets (%zu files looked at): save "
	               "one with 'ss -tanpoeim >%.100s/ss', as root, as text",
	               folder, f->looked_at, folder);
}

static int search_in(struct search *f, const char *folder, struct err *e)
{
	f->folder = (struct folder){ folder, open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	if (f->folder.fd < 0 && errno == ENOTDIR)
		return err_set(e, "%.200s is a file, and a folder of saved files is wanted; unpack a report first",
		               folder);
	if (f->folder.fd < 0)
		return err_sys(e, errno, "%.200s cannot be read", folder);
	if (!f->saved->nets)
		f->saved->nets = 1;
	look_around(f);
	name_files(f);
	return check_found(f, folder, e);
}

static void begin_second(struct observation *o)
{
	observation_unjoin(o);
	o->first = o->last;
	o->last = (struct evidence){ 0 };
	o->twice = true;
}

/* A connection on which nothing has come between both looks tells how long that was, by the time since something did:
 * the kernel's own clock, where the time of a file may be that of its copy. */
static size_t elapsed_by_sockets(const struct observation *o, double *ms)
{
	size_t n = 0;

	for (size_t i = 0; i < o->last.n; i++) {
		const struct sock *was = observation_was(o, i);
		const struct sock_info *before = was ? &o->first.infos[was - o->first.socks] : NULL,
				       *after = &o->last.infos[i];

		int64_t then = sock_number(before, INFO_last_rcv_ms), now = sock_number(after, INFO_last_rcv_ms);

		if (sock_number(before, INFO_bytes_received) != UNKNOWN && then != UNKNOWN && now != UNKNOWN &&
		    sock_number(before, INFO_bytes_received) == sock_number(after, INFO_bytes_received) && now != then)
			ms[n++] = (double)(now - then); /* below 0: the later one was named first */
	}
	return n;
}

/* Files that are copied at once are as old as each other, so their times are good for a guess at most. */
static void find_window(struct observation *o, struct span by_files)
{
	double *ms = xcalloc(o->last.n + 1, sizeof *ms);
	size_t n = elapsed_by_sockets(o, ms);
	int64_t apart;

	o->window = by_files;
	if (n)
		o->window.ns = (int64_t)(median(ms, n) * 1e6);
	apart = llabs(o->window.ns - by_files.ns);
	o->sight.times_differ = apart > span_s(2).ns && apart > o->window.ns / 10;
	free(ms);
}

static bool have_common(const struct observation *o)
{
	for (size_t i = 0; i < o->last.n; i++)
		if (o->was[i])
			return true;
	return !o->first.n || !o->last.n;
}

static int join_looks(struct observation *o, struct span by_files, const char *folder, struct err *e)
{
	observation_join(o);
	if (!o->twice)
		return 0;
	if (!have_common(o))
		return err_set(e,
		               "no socket of %.200s is in the first folder as well: they are of two machines, or the "
		               "machine was started anew",
		               folder);
	find_window(o, by_files);
	if (o->window.ns <= 0)
		return err_set(e, "%.200s was not saved later than the first: name the earlier one first", folder);
	return 0;
}

int saved_read(struct saved *s, const char *folder, struct observation *o, struct err *e)
{
	struct search *f = xcalloc(1, sizeof *f);
	int64_t before = s->at_ns;
	int rc;

	f->saved = s;
	if (s->nets)
		begin_second(o);
	s->at_ns = 0;
	rc = search_in(f, folder, e);
	if (rc == 0)
		rc = take_all(f, o, e);
	if (rc == 0)
		rc = join_looks(o, (struct span){ s->at_ns - before }, folder, e);
	search_free(f);
	return rc;
}

void saved_free(struct saved *s)
{
	buf_free(&s->files);
}
