/* SPDX-License-Identifier: MIT
 * What the kernel tells of a network namespace, and of the machine. */
#include "source/net.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL_FILE = 1 << 16 };

/* --- counters ------------------------------------------------------------------------------------------ */

static int64_t value_of(const struct counters *c, enum counter_id id)
{
	const struct counter_info *info = counter_info(id);

	for (size_t i = 0; i < c->n; i++)
		if (streq(c->all[i].name, info->word) && streq(c->all[i].group, info->group))
			return c->all[i].value;
	return UNKNOWN;
}

void net_take_counters(int64_t values[COUNTERS], const struct counters *c)
{
	for (int i = 0; i < COUNTERS; i++)
		values[i] = value_of(c, (enum counter_id)i);
}

/* One file may be there without the other. */
void net_read_counters(int64_t values[COUNTERS])
{
	static const char *const files[] = { "/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat" };
	struct counters c = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			counters_read_file(fd, &c);
		fd_close(&fd);
	}
	net_take_counters(values, &c);
	counters_free(&c);
}

/* --- settings ------------------------------------------------------------------------------------------ */

int64_t setting_parse(enum sysctl_id s, const char *text)
{
	int64_t value = UNKNOWN;
	char *end;

	for (unsigned i = 0; i <= sysctl_info(s)->field; i++, text = end) {
		value = strtoll(text, &end, 10);
		if (end == text)
			return UNKNOWN;
	}
	return value;
}

static int64_t setting(enum sysctl_id s)
{
	struct buf b = { 0 };
	int64_t value = UNKNOWN;
	char path[96];

	snprintf(path, sizeof path, "/proc/sys/%s", sysctl_info(s)->path);
	if (file_read(path, &b, SMALL_FILE) == 0)
		value = setting_parse(s, buf_text(&b));
	buf_free(&b);
	return value;
}

void net_parse_ports(struct net_facts *n, const char *text)
{
	while (*text >= '0' && *text <= '9') {
		char *end;
		long from = strtol(text, &end, 10), to = from;

		if (*end == '-')
			to = strtol(end + 1, &end, 10);
		if (from < 0 || to < from || to > UINT16_MAX)
			return;
		n->reserved = grow(n->reserved, n->n_reserved, &n->cap_reserved, sizeof *n->reserved);
		n->reserved[n->n_reserved++] = (struct ports_reserved){ (uint16_t)from, (uint16_t)to };
		text = end + (*end == ',');
	}
}

void net_read_settings(struct net_facts *n)
{
	struct buf b = { 0 };

	for (int s = 0; s < SYSCTLS; s++)
		n->sysctl[s] = setting((enum sysctl_id)s);
	net_settle_settings(n);
	n->reserved_told = file_read("/proc/sys/net/ipv4/ip_local_reserved_ports", &b, SMALL_FILE) == 0;
	if (n->reserved_told)
		net_parse_ports(n, buf_text(&b));
	buf_free(&b);
}

/* --- the machine --------------------------------------------------------------------------------------- */

/* include/linux/proc_ns.h, PROC_PID_INIT_INO. */
bool in_first_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == 0xEFFFFFFCU;
}

bool sockstat_parse(struct sockstat *s, const char *text)
{
	long long orphans, time_wait, allocated, pages;
	const char *tcp = strstr(text, "TCP:");

	*s = (struct sockstat){ UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN };
	if (tcp && sscanf(tcp, "TCP: inuse %*d orphan %lld tw %lld alloc %lld mem %lld", &orphans, &time_wait,
	                  &allocated, &pages) == 4)
		*s = (struct sockstat){ orphans, time_wait, allocated, pages };
	return s->orphans != UNKNOWN;
}

bool sockstat_read(struct sockstat *s)
{
	struct buf b = { 0 };
	bool told;

	file_read("/proc/thread-self/net/sockstat", &b, SMALL_FILE);
	told = sockstat_parse(s, buf_text(&b));
	buf_free(&b);
	return told;
}

/* The number behind "TCP: inuse " and the like. */
static int64_t number_behind(const char *file, const char *word)
{
	struct buf b = { 0 };
	int64_t n = UNKNOWN;
	const char *at;

	if (file_read(file, &b, SMALL_FILE) == 0 && (at = strstr(buf_text(&b), word)))
		n = strtoll(at + strlen(word), NULL, 10);
	buf_free(&b);
	return n;
}

int64_t net_sockets(void)
{
	int64_t v4 = number_behind("/proc/thread-self/net/sockstat", "TCP: inuse "),
		v6 = number_behind("/proc/thread-self/net/sockstat6", "TCP6: inuse ");
	struct sockstat s;

	if (v4 == UNKNOWN || !sockstat_read(&s))
		return UNKNOWN;
	return v4 + s.time_wait + (v6 == UNKNOWN ? 0 : v6); /* no such file: there is no IPv6 */
}

/* --- may there be sockets? ----------------------------------------------------------------------------- */

/* The number behind `word`; UNKNOWN. */
static int64_t number_in(const char *text, const char *word)
{
	const char *at = text ? strstr(text, word) : NULL;

	return at ? strtoll(at + strlen(word), NULL, 10) : UNKNOWN;
}

/* Segments of TCP that ever came: a column of two lines, of which the first has the names. UNKNOWN. */
static int64_t segments_in(const char *snmp)
{
	const char *names = snmp ? strstr(snmp, "Tcp: ") : NULL, *numbers = names ? strstr(names + 1, "\nTcp: ") : NULL;
	const char *found = names ? strstr(names, " InSegs ") : NULL;

	if (!numbers || !found || found > numbers)
		return UNKNOWN;
	numbers += strlen("\nTcp:");
	for (const char *at = names + strlen("Tcp:"); at < found; at = strchr(at + 1, ' '))
		numbers = strchr(numbers + 1, ' ');
	return strtoll(numbers, NULL, 10);
}

state_set net_states_parse(const char *sockstat, const char *sockstat6, const char *snmp)
{
	int64_t used = number_in(sockstat, "sockets: used "), v4 = number_in(sockstat, "TCP: inuse "),
		time_wait = number_in(sockstat, " tw "), v6 = sockstat6 ? number_in(sockstat6, "TCP6: inuse ") : 0;

	if (v4 || v6 || time_wait || used == UNKNOWN)
		return STATE_SET_ALL;
	if (used == 0)
		return 0;
	return state_set_of(TCP_BOUND) | (segments_in(snmp) == 0 ? 0 : state_set_of(TCP_NEW_SYN_RECV));
}

/* What a file says, or NULL: it is not there, or may not be read. */
static const char *small_text(int folder, const char *name, char *room, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, room, size - 1);

	fd_close(&fd);
	room[n < 0 ? 0 : n] = 0;
	return n < 0 ? NULL : room;
}

/* sockstat after sockstat6: a connection over IPv6 that goes on to TIME_WAIT meanwhile is in one of them. */
state_set net_states(void)
{
	int folder = open("/proc/thread-self/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char six[1024], four[1024], segments[4096];
	const char *v6 = small_text(folder, "sockstat6", six, sizeof six);
	bool has_v6 = v6 || errno == ENOENT, told;
	const char *v4 = small_text(folder, "sockstat", four, sizeof four), *snmp = NULL;
	state_set states = net_states_parse(v4, v6, NULL);

	told = folder >= 0 && has_v6 && v4;
	if (told && states && states != STATE_SET_ALL) {
		snmp = small_text(folder, "snmp", segments, sizeof segments);
		states = net_states_parse(v4, v6, snmp);
	}
	fd_close(&folder);
	return told ? states : STATE_SET_ALL;
}

void host_read(struct host_facts *h)
{
	struct sockstat s;

	sockstat_read(&s);
	*h = (struct host_facts){ s.orphans, s.pages, !in_first_pid_namespace() };
}

/* --- the log ------------------------------------------------------------------------------------------- */

/* "6,339,5140900,-;TCP: too many orphaned sockets": a record with the microseconds since the start
 * (Documentation/ABI/testing/dev-kmsg). */
static void take_record(struct said said[SAIDS], const char *record)
{
	const char *text = strchr(record, ';');
	struct span ago;
	long long us;

	if (!text || sscanf(record, "%*u,%*u,%lld,", &us) != 1)
		return;
	ago = (struct span){ clock_now().ns - us * 1000 };
	said_take(said, text + 1, &ago);
}

bool kernel_log_read(struct said said[SAIDS])
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192 + 1];
	ssize_t n = -1;

	/* A record that was overwritten meanwhile is passed over (EPIPE); one is never longer than the room. */
	while (fd >= 0 && ((n = read(fd, record, sizeof record - 1)) > 0 || (n < 0 && errno == EPIPE)))
		if (n > 0) {
			record[n] = 0;
			take_record(said, record);
		}
	n = n < 0 && errno != EAGAIN ? -1 : 0;
	fd_close(&fd);
	return n == 0;
}

/* --- files of settings --------------------------------------------------------------------------------- */

/* "net.ipv4.x = 1", "net/ipv4/x=1", "-net.ipv4.x = 1": the value, or NULL. */
static const char *value_in(const char *line, const char *name)
{
	line += strspn(line, " \t-");
	for (; *name; name++, line++)
		if (*line != *name && !(*name == '.' && *line == '/'))
			return NULL;
	line += strspn(line, " \t");
	return *line == '=' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

static size_t look_in(const char *path, const char *name, struct buf *out)
{
	struct buf b = { 0 };
	char *line, *rest;
	size_t n = 0;

	if (file_read(path, &b, SMALL_FILE) == 0 && b.text)
		for (line = strtok_r(b.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			const char *value = value_in(line, name);

			if (!value)
				continue;
			buf_addf(out, "%s%s: %s = %.*s", out->len ? ", " : "", path, name, (int)strcspn(value, " \t"),
			         value);
			n++;
		}
	buf_free(&b);
	return n;
}

size_t settings_configured(const char *name, struct buf *out)
{
	static const char *const places[] = { "/etc/sysctl.conf",         "/etc/sysctl.d/*.conf",
		                              "/run/sysctl.d/*.conf",     "/usr/local/lib/sysctl.d/*.conf",
		                              "/usr/lib/sysctl.d/*.conf", "/lib/sysctl.d/*.conf" };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		glob_t found;

		if (glob(places[i], 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			n += look_in(found.gl_pathv[k], name, out);
		globfree(&found);
	}
	return n;
}
