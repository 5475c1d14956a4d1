/* SPDX-License-Identifier: MIT
 * Observations written by hand, for tests of rules: what was seen of a machine, as a text.
 *
 * A line is a label, a kind, and words `key=value` or `key`:
 *
 *     look   twice window=5s                                        all of it: looks, what could not be seen
 *     host   orphans=10 memory=10                                   the machine
 *     net    own somaxconn=128 ip_local_port_range.0=32768 OutSegs=500 tcp_mem.1=?
 *     log    said=too~many~orphaned~sockets ago=10s                 a line of the kernel's log; ~ is a blank
 *     P      process pid=80 fds=50 limit=1024
 *     waits  socks CLOSE_WAIT n=20 local=10.0.0.1:8080 remote=10.0.0.2:40000+ pid=80 age=60s was=CLOSE_WAIT
 *     tools  probes strays=30 stacks=main.c:5~main()
 *
 * The first word is the label and, where none of the kinds stands second, the kind as well. A counter's value is how
 * much it rose in the window (or before/after). `+` behind an address, a port or an age: each further socket has one
 * more. `was`: its state in the first look; without it the socket came later. `gone`: it is in the first look only.
 * A value `?` is unknown. What is not said of a socket, a process or a counter is known, and usual; settings that are
 * not named are unknown. `lacks` takes from sockets what such a file does not tell.
 *
 * The same with a difference: "waits.n=19 P.fds=? net=-" puts another value, makes one unknown, leaves a line out;
 * "waits.was=-" takes a word away. */
#ifndef DOCTOR_BY_HAND_H
#define DOCTOR_BY_HAND_H

#include "base/tap.h"
#include "doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define HAND_NETNS 4026531840U

PRINTF_LIKE(1, 2) __attribute__((noreturn)) static inline void hand_fail(const char *fmt, ...)
{
	va_list ap;

	printf("Bail out! by hand: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

/* --- lines and words --------------------------------------------------------------------------------------- */

enum { HAND_LINES = 40, HAND_WORDS = 40, HAND_WORD = 80 };

enum hand_kind { HAND_LOOK, HAND_HOST, HAND_NET, HAND_LOG, HAND_PROCESS, HAND_SOCKS, HAND_PROBES, HAND_KINDS };
static const char *const hand_kinds[HAND_KINDS] = { "look", "host", "net", "log", "process", "socks", "probes" };

struct hand_word {
	char key[HAND_WORD], value[HAND_WORD]; /* a flag's value is "" */
};

struct hand_line {
	char label[HAND_WORD];
	enum hand_kind kind;
	bool out;
	struct hand_word words[HAND_WORDS];
	size_t n;
	uint32_t first_sock; /* 1 + the index of its first socket, when made */
	uint32_t first_was;
};

struct hand_text {
	struct hand_line lines[HAND_LINES];
	size_t n;
};

/* Cuts one word off; false: there is none on this line. */
static inline bool hand_next(const char **at, char out[HAND_WORD])
{
	size_t n;

	*at += strspn(*at, " \t");
	n = strcspn(*at, " \t\n");
	if (n >= HAND_WORD)
		hand_fail("a word is too long: %.90s", *at);
	memcpy(out, *at, n);
	out[n] = 0;
	*at += n;
	return n > 0;
}

static inline bool hand_kind(const char *word, enum hand_kind *kind)
{
	for (int k = 0; k < HAND_KINDS; k++)
		if (streq(word, hand_kinds[k])) {
			*kind = (enum hand_kind)k;
			return true;
		}
	return false;
}

static inline void hand_put(struct hand_line *l, const char *key, const char *value)
{
	size_t i = 0;

	while (i < l->n && !streq(l->words[i].key, key))
		i++;
	if (i == HAND_WORDS)
		hand_fail("too many words in %s", l->label);
	l->n += i == l->n;
	snprintf(l->words[i].key, HAND_WORD, "%s", key);
	snprintf(l->words[i].value, HAND_WORD, "%s", value);
}

static inline void hand_word(struct hand_line *l, char *word)
{
	char *equals = strchr(word, '=');

	if (equals)
		*equals = 0;
	hand_put(l, word, equals ? equals + 1 : "");
}

static inline void hand_read_line(struct hand_text *t, const char **at)
{
	struct hand_line *l = &t->lines[t->n];
	char word[HAND_WORD];

	if (!hand_next(at, l->label))
		return;
	if (++t->n == HAND_LINES)
		hand_fail("too many lines");
	if (hand_next(at, word) && !hand_kind(word, &l->kind)) {
		if (!hand_kind(l->label, &l->kind))
			hand_fail("neither %s nor %s is a kind", l->label, word);
		hand_word(l, word);
	} else if (!*word && !hand_kind(l->label, &l->kind)) {
		hand_fail("%s is no kind", l->label);
	}
	while (hand_next(at, word))
		hand_word(l, word);
}

static inline void hand_read(struct hand_text *t, const char *text)
{
	memset(t, 0, sizeof *t);
	for (const char *at = text; *at; at += *at == '\n')
		hand_read_line(t, &at);
}

static inline struct hand_line *hand_line(struct hand_text *t, const char *label)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->lines[i].label, label))
			return &t->lines[i];
	hand_fail("there is no line %s", label);
}

/* "waits.n=19", "waits=-" */
static inline void hand_differ(struct hand_text *t, char *word)
{
	char *dot = word + strcspn(word, ".="), *key = dot + 1, *equals;
	bool whole = *dot == '=';
	struct hand_line *l;

	*dot = 0;
	l = hand_line(t, word);
	if (whole) {
		l->out = streq(key, "-");
		return;
	}
	equals = strchr(key, '=');
	if (equals)
		*equals = 0;
	if (equals && streq(equals + 1, "-")) {
		for (size_t i = 0; i < l->n; i++)
			if (streq(l->words[i].key, key))
				l->words[i] = l->words[--l->n];
		return;
	}
	hand_put(l, key, equals ? equals + 1 : "");
}

/* What `but` changes; lines of its own stand behind a line break. */
static inline void hand_change(struct hand_text *t, const char *but)
{
	char word[HAND_WORD];

	while (hand_next(&but, word))
		hand_differ(t, word);
	for (; *but; but += *but == '\n')
		hand_read_line(t, &but);
}

/* --- values ------------------------------------------------------------------------------------------------ */

enum hand_how { HAND_NUMBER, HAND_MAYBE, HAND_SPAN, HAND_MS, HAND_US, HAND_FLAG, HAND_TEXT };

struct hand_key {
	const char *name;
	size_t offset, size;
	enum hand_how how;
};

#define HAND_KEY(type, name, member, how)                                                                              \
	{                                                                                                              \
		name, offsetof(type, member), sizeof(((type *)0)->member), how                                         \
	}

/* "60s", "200ms": nanoseconds. */
static inline int64_t hand_time(const char *text)
{
	char *end;
	double n = strtod(text, &end);

	if (strncmp(end, "ms", 2) == 0)
		return (int64_t)(n * 1e6);
	if (strncmp(end, "s", 1) == 0)
		return (int64_t)(n * 1e9);
	hand_fail("'%s' is no time", text);
}

static inline int64_t hand_number(const char *text)
{
	char *end;
	int64_t n = strtoll(text, &end, 10);

	if (end == text || *end)
		hand_fail("'%s' is no number", text);
	return n;
}

static inline int64_t hand_value(const struct hand_key *k, const char *text)
{
	switch (k->how) {
	case HAND_SPAN:
		return hand_time(text);
	case HAND_MS:
		return hand_time(text) / 1000000;
	case HAND_US:
		return hand_time(text) / 1000;
	case HAND_FLAG:
		return !*text;
	case HAND_MAYBE:
		return streq(text, "?") ? UNKNOWN : hand_number(text);
	default:
		return hand_number(text);
	}
}

/* Whole numbers of any width: their last bytes on a big-endian machine. */
static inline void hand_store(void *whole, const struct hand_key *k, const char *text)
{
	char *to = (char *)whole + k->offset;
	const bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	int64_t value;

	if (k->how == HAND_TEXT) {
		snprintf(to, k->size, "%s", text);
		return;
	}
	value = hand_value(k, text);
	memcpy(to, (char *)&value + (big_endian ? sizeof value - k->size : 0), k->size);
}

static inline const struct hand_key *hand_find_key(const struct hand_key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static inline bool hand_set(void *whole, const struct hand_key *keys, size_t n, const struct hand_word *w)
{
	const struct hand_key *k = hand_find_key(keys, n, w->key);

	if (k)
		hand_store(whole, k, w->value);
	return k != NULL;
}

static inline void hand_set_all(void *whole, const struct hand_key *keys, size_t n, const struct hand_line *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!hand_set(whole, keys, n, &l->words[i]))
			hand_fail("%s has no '%s'", l->label, l->words[i].key);
}

/* --- the machine ------------------------------------------------------------------------------------------- */

/* What probes find. */
struct hand_probes {
	int64_t strays;
	char stacks[HAND_WORD], left[HAND_WORD], configured[HAND_WORD];
	int64_t threads; /* that the process has; 0: as many as there are lines */
	bool blind;      /* nothing can be told here */
};

struct by_hand {
	struct hand_text text;
	struct observation o;
	struct hand_probes found;
	struct watched *watched;
	size_t n_watched, cap_watched;
};

static const struct hand_key hand_look_keys[] = {
	HAND_KEY(struct observation, "twice", twice, HAND_FLAG),
	HAND_KEY(struct observation, "window", window, HAND_SPAN),
	HAND_KEY(struct observation, "only", only, HAND_NUMBER),
	HAND_KEY(struct observation, "port", port, HAND_NUMBER),
	HAND_KEY(struct observation, "hidden", sight.hidden, HAND_NUMBER),
	HAND_KEY(struct observation, "unlisted", sight.unlisted, HAND_FLAG),
	HAND_KEY(struct observation, "closed", sight.closed, HAND_NUMBER),
	HAND_KEY(struct observation, "unseen-orphans", sight.orphans, HAND_NUMBER),
	HAND_KEY(struct observation, "unsure", sight.unsure, HAND_NUMBER),
	HAND_KEY(struct observation, "privileged", sight.privileged, HAND_FLAG),
	HAND_KEY(struct observation, "one-net", sight.one_net, HAND_FLAG),
	HAND_KEY(struct observation, "no-log", sight.unlogged, HAND_FLAG),
	HAND_KEY(struct observation, "saved", sight.saved, HAND_FLAG),
	HAND_KEY(struct observation, "lacks", sight.lacks, HAND_NUMBER),
	HAND_KEY(struct observation, "wrong-lines", sight.wrong_lines, HAND_NUMBER),
	HAND_KEY(struct observation, "tables", sight.tables, HAND_NUMBER),
	HAND_KEY(struct observation, "times-differ", sight.times_differ, HAND_FLAG),
};

static const struct hand_key hand_host_keys[] = {
	HAND_KEY(struct host_facts, "orphans", orphans, HAND_MAYBE),
	HAND_KEY(struct host_facts, "memory", memory, HAND_MAYBE),
	HAND_KEY(struct host_facts, "contained", contained, HAND_FLAG),
};

static const struct hand_key hand_process_keys[] = {
	HAND_KEY(struct process_facts, "pid", pid, HAND_NUMBER),
	HAND_KEY(struct process_facts, "comm", comm, HAND_TEXT),
	HAND_KEY(struct process_facts, "exe", exe_id, HAND_NUMBER),
	HAND_KEY(struct process_facts, "state", state, HAND_TEXT),
	HAND_KEY(struct process_facts, "tracer", tracer, HAND_NUMBER),
	HAND_KEY(struct process_facts, "tracer-comm", tracer_comm, HAND_TEXT),
	HAND_KEY(struct process_facts, "parent", parent, HAND_NUMBER),
	HAND_KEY(struct process_facts, "before", fds_before, HAND_MAYBE),
	HAND_KEY(struct process_facts, "fds", fds, HAND_MAYBE),
	HAND_KEY(struct process_facts, "limit", fd_limit, HAND_MAYBE),
	HAND_KEY(struct process_facts, "hard", fd_hard, HAND_MAYBE),
	HAND_KEY(struct process_facts, "age", age, HAND_SPAN),
};

static const struct hand_key hand_probes_keys[] = {
	HAND_KEY(struct hand_probes, "strays", strays, HAND_NUMBER),
	HAND_KEY(struct hand_probes, "stacks", stacks, HAND_TEXT),
	HAND_KEY(struct hand_probes, "threads", threads, HAND_NUMBER),
	HAND_KEY(struct hand_probes, "left", left, HAND_TEXT),
	HAND_KEY(struct hand_probes, "configured", configured, HAND_TEXT),
	HAND_KEY(struct hand_probes, "blind", blind, HAND_FLAG),
};

static inline enum runtime hand_runtime(const char *word)
{
	for (int r = 0; r < RUNTIMES; r++)
		if (streq(runtime_info((enum runtime)r)->word, word))
			return (enum runtime)r;
	hand_fail("there is no runtime %s", word);
}

static inline void hand_make_process(struct by_hand *h, const struct hand_line *l)
{
	struct process_facts p = process_unknown(0);

	p.state = 'S';
	snprintf(p.comm, sizeof p.comm, "by-hand");
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->words[i].key, "runtime"))
			p.runtime = hand_runtime(l->words[i].value);
		else if (streq(l->words[i].key, "state"))
			p.state = streq(l->words[i].value, "?") ? 0 : *l->words[i].value;
		else if (!hand_set(&p, hand_process_keys, ARRAY_SIZE(hand_process_keys), &l->words[i]))
			hand_fail("%s has no '%s'", l->label, l->words[i].key);
	*observation_add_process(&h->o, p.pid) = p;
}

/* A counter's word, or the end of a setting's path; of one with several numbers ".1" says which. */
static inline bool hand_set_counter(struct net_facts *n, const struct hand_word *w)
{
	for (int c = 0; c < COUNTERS; c++) {
		const char *slash = strchr(w->value, '/');

		if (!streq(counter_info((enum counter_id)c)->word, w->key))
			continue;
		if (streq(w->value, "?")) {
			n->after[c] = UNKNOWN;
			return true;
		}
		n->before[c] = slash ? strtoll(w->value, NULL, 10) : 7;
		n->after[c] = slash ? hand_number(slash + 1) : 7 + hand_number(w->value);
		return true;
	}
	return false;
}

static inline bool hand_set_setting(struct net_facts *n, const struct hand_word *w)
{
	for (int s = 0; s < SYSCTLS; s++) {
		const struct sysctl_info *info = sysctl_info((enum sysctl_id)s);
		const char *name = strrchr(info->path, '/') + 1;
		char with_field[HAND_WORD];

		snprintf(with_field, sizeof with_field, "%s.%u", name, info->field);
		if (!streq(w->key, name) && !streq(w->key, with_field))
			continue;
		n->sysctl[s] = streq(w->value, "?") ? UNKNOWN : hand_number(w->value);
		return true;
	}
	return false;
}

static inline bool hand_set_reserved(struct net_facts *n, const struct hand_word *w)
{
	const char *dash = strchr(w->value, '-');

	if (!streq(w->key, "reserved"))
		return false;
	n->reserved_told = !streq(w->value, "?");
	if (!dash)
		return !n->reserved_told;
	n->reserved = grow(n->reserved, n->n_reserved, &n->cap_reserved, sizeof *n->reserved);
	n->reserved[n->n_reserved++] =
		(struct ports_reserved){ (uint16_t)atoi(w->value), (uint16_t)hand_number(dash + 1) };
	return true;
}

/* Counters that are not named stood still; settings that are not named are unknown. */
static inline void hand_make_net(struct by_hand *h, const struct hand_line *l)
{
	static const struct hand_key keys[] = {
		HAND_KEY(struct net_facts, "own", own, HAND_FLAG),
		HAND_KEY(struct net_facts, "netns", netns, HAND_NUMBER),
	};
	struct net_facts *n = observation_add_net(&h->o, HAND_NETNS);
	bool counted = true;

	n->reserved_told = true;
	for (size_t i = 0; i < l->n; i++)
		counted &= !streq(l->words[i].key, "counters");
	for (int c = 0; c < COUNTERS && counted; c++)
		n->before[c] = n->after[c] = 7;
	for (size_t i = 0; i < l->n; i++) {
		const struct hand_word *w = &l->words[i];

		if (!hand_set(n, keys, ARRAY_SIZE(keys), w) && !hand_set_counter(n, w) && !hand_set_setting(n, w) &&
		    !hand_set_reserved(n, w) && !streq(w->key, "counters"))
			hand_fail("%s has no '%s'", l->label, w->key);
	}
	net_settle_settings(n);
}

/* Blanks are tildes. */
static inline void hand_blanks(char *text)
{
	for (; *text; text++)
		*text = *text == '~' ? ' ' : *text;
}

struct hand_log {
	char said[HAND_WORD];
	struct span ago;
	bool untimed;
};

static inline void hand_make_log(struct by_hand *h, const struct hand_line *l)
{
	static const struct hand_key keys[] = {
		{ "said", offsetof(struct hand_log, said), HAND_WORD, HAND_TEXT },
		{ "ago", offsetof(struct hand_log, ago), sizeof(struct span), HAND_SPAN },
		{ "untimed", offsetof(struct hand_log, untimed), sizeof(bool), HAND_FLAG },
	};
	struct hand_log log = { 0 };

	hand_set_all(&log, keys, ARRAY_SIZE(keys), l);
	hand_blanks(log.said);
	said_take(h->o.said, log.said, log.untimed ? NULL : &log.ago);
}

/* --- sockets ----------------------------------------------------------------------------------------------- */

struct hand_sock {
	struct sock is;
	struct sock_info info;
	int64_t n;
	pid_t pid, and_pid;
	int fd;
	char was[HAND_WORD], local[HAND_WORD], remote[HAND_WORD], age[HAND_WORD];
	char timer[HAND_WORD], listener[HAND_WORD], no_owner[HAND_WORD], watched[HAND_WORD], queue[HAND_WORD],
		untold[HAND_WORD];
	int64_t was_rq, was_drops, was_received, watched_inode; /* -1: the same as in the last look */
	bool gone, never_sent;
};

static const struct hand_key hand_sock_keys[] = {
	HAND_KEY(struct hand_sock, "n", n, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "netns", is.key.netns, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "pid", pid, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "and-pid", and_pid, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "fd", fd, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "local", local, HAND_TEXT),
	HAND_KEY(struct hand_sock, "remote", remote, HAND_TEXT),
	HAND_KEY(struct hand_sock, "age", age, HAND_TEXT),
	HAND_KEY(struct hand_sock, "rq", is.rq, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "wq", is.wq, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "half-open", is.half_open, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "retrans", is.retrans, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "drops", is.drops, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "held", is.held, HAND_FLAG),
	HAND_KEY(struct hand_sock, "mini", is.is_mini, HAND_FLAG),
	HAND_KEY(struct hand_sock, "timer", timer, HAND_TEXT),
	HAND_KEY(struct hand_sock, "listener", listener, HAND_TEXT),
	HAND_KEY(struct hand_sock, "no-owner", no_owner, HAND_TEXT),
	HAND_KEY(struct hand_sock, "watched", watched, HAND_TEXT),
	HAND_KEY(struct hand_sock, "watched-inode", watched_inode, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "queue", queue, HAND_TEXT),
	HAND_KEY(struct hand_sock, "was", was, HAND_TEXT),
	HAND_KEY(struct hand_sock, "was-rq", was_rq, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "was-drops", was_drops, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "was-received", was_received, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "gone", gone, HAND_FLAG),
	HAND_KEY(struct hand_sock, "info", info.known, HAND_FLAG),
	HAND_KEY(struct hand_sock, "rto", info.rto_us, HAND_US),
	HAND_KEY(struct hand_sock, "received", info.bytes_received, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "rcv-wnd", info.rcv_wnd, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "again", info.total_retrans, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "last-snd", info.last_snd_ms, HAND_MS),
	HAND_KEY(struct hand_sock, "last-rcv", info.last_rcv_ms, HAND_MS),
	HAND_KEY(struct hand_sock, "last-ack", info.last_ack_ms, HAND_MS),
	HAND_KEY(struct hand_sock, "never-sent", never_sent, HAND_FLAG),
	HAND_KEY(struct hand_sock, "untold", untold, HAND_TEXT),
};

/* "10.0.0.2+:40000+", of the i-th socket of its line. */
static inline struct endpoint hand_end(const char *text, size_t i)
{
	char host[HAND_WORD];
	struct endpoint e = { .port = 0 };
	const char *colon = strrchr(text, ':');
	size_t n;

	if (!colon)
		hand_fail("'%s' is no address and port", text);
	n = (size_t)(colon - text);
	snprintf(host, sizeof host, "%.*s", (int)(text[n - 1] == '+' ? n - 1 : n), text);
	if (!addr_parse(host, &e.addr))
		hand_fail("'%s' is no address", host);
	if (text[n - 1] == '+')
		e.addr.bytes[3] = (uint8_t)(e.addr.bytes[3] + i);
	e.port = (uint16_t)(strtoul(colon + 1, NULL, 10) + (text[strlen(text) - 1] == '+' ? i : 0));
	return e;
}

static inline uint8_t hand_no_owner(const char *word)
{
	for (int i = 0; i < NO_OWNER_REASONS; i++)
		if (streq(no_owner_info((enum no_owner)i)->word, word))
			return (uint8_t)i;
	hand_fail("'%s' is no reason for having no owner", word);
}

static inline enum tcp_state hand_state(const char *word)
{
	enum tcp_state s;

	if (!tcp_state_parse(word, &s))
		hand_fail("'%s' is no state", word);
	return s;
}

/* A name in info.def, or in told.def. */
static inline void hand_untell(struct hand_sock *s, const char *name)
{
	for (int i = 0; i < SOCK_NUMBERS; i++)
		if (streq(name, sock_number_info((enum sock_number)i)->name)) {
			s->info.untold |= INFO_BIT(i);
			return;
		}
	for (int i = 0; i < SOCK_TOLDS; i++)
		if (streq(name, sock_told_word((enum sock_told)i))) {
			s->is.untold |= TOLD_BIT(i);
			return;
		}
	if (!streq(name, "timer"))
		hand_fail("'%s' is nothing that may be untold", name);
	s->is.timer = TIMER_UNKNOWN;
}

/* The state is the first word, or another one by `state=` of a difference; known tcp_info is what there is if nothing
 * else is said. */
static inline struct hand_sock hand_read_sock(struct by_hand *h, const struct hand_line *l)
{
	struct hand_sock s = { .n = 1, .was_rq = -1, .was_drops = -1, .was_received = -1, .watched_inode = -1 };
	const char *state = l->words[0].key;

	for (size_t i = 1; i < l->n; i++)
		state = streq(l->words[i].key, "state") ? l->words[i].value : state;
	s.is.key.netns = HAND_NETNS;
	s.is.state = hand_state(state);
	s.info.known = s.is.state != TCP_LISTEN && s.is.state != TCP_TIME_WAIT && s.is.state != TCP_NEW_SYN_RECV;
	for (size_t i = 1; i < l->n; i++)
		if (!streq(l->words[i].key, "state") &&
		    !hand_set(&s, hand_sock_keys, ARRAY_SIZE(hand_sock_keys), &l->words[i]))
			hand_fail("%s has no '%s'", l->label, l->words[i].key);
	if (*s.untold)
		hand_untell(&s, s.untold);
	s.info.sent = s.never_sent ? SENT_NEVER : SENT_SOME;
	if (*s.timer && !sock_timer_parse(s.timer, &s.is.timer))
		hand_fail("'%s' is no timer", s.timer);
	if (*s.no_owner)
		s.is.no_owner = hand_no_owner(s.no_owner);
	if (*s.listener)
		s.is.listener = hand_line(&h->text, s.listener)->first_sock;
	if (streq(s.age, "?")) /* ages are made of tcp_info (model/age.h) */
		s.info.known = false;
	s.is.held |= s.pid != 0;
	return s;
}

static inline void hand_own(struct evidence *ev, struct sock *s, pid_t pid, int fd)
{
	struct holder holder = { pid, pid, "by-hand" };

	if (pid)
		evidence_add_owner(ev, s, evidence_add_holder(ev, &holder), fd);
}

/* In the first look: its state there, and what it had then. */
static inline void hand_put_first(struct by_hand *h, struct hand_line *l, const struct hand_sock *given, struct sock s)
{
	struct evidence *ev = &h->o.first;
	struct sock_info info = given->info;
	struct sock *was;

	s.state = given->gone ? s.state : hand_state(given->was);
	s.rq = given->was_rq >= 0 ? (uint32_t)given->was_rq : s.rq;
	s.drops = given->was_drops >= 0 ? (uint32_t)given->was_drops : s.drops;
	s.owner = 0;
	s.listener = *given->listener ? hand_line(&h->text, given->listener)->first_was : 0;
	info.bytes_received = given->was_received >= 0 ? (uint64_t)given->was_received : info.bytes_received;
	was = evidence_add(ev, &s);
	*evidence_add_info(ev) = info;
	hand_own(ev, was, given->pid, given->fd);
	if (!l->first_was)
		l->first_was = (uint32_t)ev->n;
}

static inline void hand_watch(struct by_hand *h, const struct hand_sock *given, const struct sock *s, int fd)
{
	static const struct {
		const char *word;
		uint32_t events;
	} kinds[] = { { "in", EPOLLIN }, { "rdhup", EPOLLRDHUP }, { "out", EPOLLOUT } };

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (!streq(kinds[k].word, given->watched))
			continue;
		h->watched = grow(h->watched, h->n_watched, &h->cap_watched, sizeof *h->watched);
		h->watched[h->n_watched++] =
			(struct watched){ fd, kinds[k].events,
			                  given->watched_inode >= 0 ? (uint64_t)given->watched_inode : s->inode };
	}
}

static inline void hand_put_last(struct by_hand *h, struct hand_line *l, const struct hand_sock *given, struct sock s)
{
	struct evidence *ev = &h->o.last;
	int fd = given->fd ? given->fd : (int)ev->n + 3;
	struct sock *is = evidence_add(ev, &s);

	*evidence_add_info(ev) = given->info;
	hand_own(ev, is, given->and_pid, fd);
	hand_own(ev, is, given->pid, fd);
	hand_watch(h, given, is, fd);
	if (!l->first_sock)
		l->first_sock = (uint32_t)ev->n;
}

static inline void hand_put_age(struct sock *s, const char *age, size_t i)
{
	bool at_least = *age == '>';

	if (!*age || streq(age, "?"))
		return;
	s->age.ns = hand_time(age + at_least) + (age[strlen(age) - 1] == '+' ? (int64_t)i * 1000000000 : 0);
	s->age_is = at_least ? AGE_AT_LEAST : AGE_EXACT;
}

static inline void hand_make_socks(struct by_hand *h, struct hand_line *l, uint64_t *cookies)
{
	struct hand_sock given = hand_read_sock(h, l);

	for (size_t i = 0; i < (size_t)given.n; i++) {
		struct sock s = given.is;

		s.key.cookie = ++*cookies;
		s.inode = s.held ? 1000 + (uint32_t)*cookies : 0;
		s.local = *given.local ? hand_end(given.local, i) : (struct endpoint){ .port = 0 };
		s.remote = *given.remote ? hand_end(given.remote, i) : (struct endpoint){ .port = 0 };
		hand_put_age(&s, given.age, i);
		if (*given.was || given.gone)
			hand_put_first(h, l, &given, s);
		if (!given.gone)
			hand_put_last(h, l, &given, s);
	}
}

/* --- all of it --------------------------------------------------------------------------------------------- */

static inline void hand_make_line(struct by_hand *h, struct hand_line *l, uint64_t *cookies)
{
	switch (l->kind) {
	case HAND_LOOK:
		hand_set_all(&h->o, hand_look_keys, ARRAY_SIZE(hand_look_keys), l);
		break;
	case HAND_HOST:
		hand_set_all(&h->o.host, hand_host_keys, ARRAY_SIZE(hand_host_keys), l);
		break;
	case HAND_NET:
		hand_make_net(h, l);
		break;
	case HAND_LOG:
		hand_make_log(h, l);
		break;
	case HAND_PROCESS:
		hand_make_process(h, l);
		break;
	case HAND_SOCKS:
		hand_make_socks(h, l, cookies);
		break;
	default:
		hand_set_all(&h->found, hand_probes_keys, ARRAY_SIZE(hand_probes_keys), l);
	}
}

/* "5,0,7": what waited at a listener in looks between both. */
static inline void hand_add_samples(struct queue_samples *q, const char *text)
{
	for (; *text; text += *text == ',') {
		char *end;

		q->rq[q->n++] = (uint32_t)strtoul(text, &end, 10);
		if (end == text)
			hand_fail("'%s' are no samples", text);
		text = end;
	}
}

static inline void hand_take_samples(struct by_hand *h)
{
	struct observation *o = &h->o;

	o->queues = xcalloc(o->n_listeners + 1, sizeof *o->queues);
	for (size_t i = 0; i < h->text.n; i++)
		for (size_t k = 0; k < h->text.lines[i].n && !h->text.lines[i].out; k++)
			for (size_t s = 0; s < o->n_listeners && streq(h->text.lines[i].words[k].key, "queue"); s++)
				if (o->listeners[s] + 1 == h->text.lines[i].first_sock)
					hand_add_samples(&o->queues[s], h->text.lines[i].words[k].value);
}

/* --- what is missing --------------------------------------------------------------------------------------- */

/* Each makes something of one socket unknown; false: it was not there. What is not told is 0, so that who does not ask
 * whether it is told is found out. */

static inline bool hand_take_number(struct evidence *ev, size_t i, size_t number)
{
	struct sock_info *info = &ev->infos[i];

	if (sock_number(info, (enum sock_number)number) == UNKNOWN)
		return false;
	sock_number_set(info, (enum sock_number)number, 0);
	info->untold |= INFO_BIT(number);
	return true;
}

static inline bool hand_take_sent(struct evidence *ev, size_t i, size_t unused)
{
	bool told = ev->infos[i].known && ev->infos[i].sent != SENT_UNKNOWN;

	(void)unused;
	ev->infos[i].sent = SENT_UNKNOWN;
	return told;
}

static inline bool hand_take_age(struct evidence *ev, size_t i, size_t unused)
{
	bool told = ev->socks[i].age_is != AGE_UNKNOWN;

	(void)unused;
	ev->socks[i].age_is = AGE_UNKNOWN;
	ev->socks[i].age = (struct span){ 0 };
	return told;
}

/* The ages of these states are made of it (model/age.h). */
static const state_set hand_aged_by_info = 1U << TCP_CLOSE_WAIT | 1U << TCP_ESTABLISHED | 1U << TCP_FIN_WAIT2,
		       hand_aged_by_timer = 1U << TCP_TIME_WAIT | 1U << TCP_SYN_SENT | 1U << TCP_NEW_SYN_RECV;

static inline bool hand_take_info(struct evidence *ev, size_t i, size_t unused)
{
	bool told = ev->infos[i].known;

	ev->infos[i] = (struct sock_info){ .untold = INFO_EVERY };
	if (state_set_has(hand_aged_by_info, ev->socks[i].state))
		told |= hand_take_age(ev, i, unused);
	return told;
}

/* Nobody is known to hold it, and nobody not to. */
static inline void hand_take_holder(struct sock *s)
{
	s->inode = 0;
	s->listener = 0;
	s->held = s->owner || !s->is_mini;
	s->no_owner = s->held && !s->owner ? NO_OWNER_HIDDEN : s->no_owner;
}

/* The timer, or (1) how long it still takes. */
static inline bool hand_take_timer(struct evidence *ev, size_t i, size_t left)
{
	struct sock *s = &ev->socks[i];
	bool told = left ? sock_timer_left_known(s) : s->timer != TIMER_UNKNOWN;

	if (!told)
		return false;
	s->timer_left.ns = sock_timer_runs(s) ? UNKNOWN : s->timer_left.ns;
	if (state_set_has(hand_aged_by_timer, s->state))
		hand_take_age(ev, i, 0);
	if (left)
		return true;
	s->timer = TIMER_UNKNOWN;
	s->retrans = 0;
	return true;
}

static inline bool hand_take_told(struct evidence *ev, size_t i, size_t what)
{
	struct sock *s = &ev->socks[i];

	if (!sock_tells(s, (enum sock_told)what))
		return false;
	s->untold |= TOLD_BIT(what);
	if (what == TOLD_INODE)
		hand_take_holder(s);
	s->uid = what == TOLD_UID ? 0 : s->uid;
	s->drops = what == TOLD_DROPS ? 0 : s->drops;
	return true;
}

static inline bool hand_take_owners(struct evidence *ev, size_t i, size_t unused)
{
	struct sock *s = &ev->socks[i];
	bool told = s->owner != 0;

	(void)unused;
	if (told)
		s->no_owner = NO_OWNER_HIDDEN;
	s->owner = 0;
	return told;
}

/* Of several the first. */
static inline bool hand_take_owner(struct evidence *ev, size_t i, size_t unused)
{
	struct sock *s = &ev->socks[i];
	const struct owner *o = owner_at(ev, s->owner);

	(void)unused;
	if (!o || !o->next)
		return false;
	s->owner = o->next;
	return true;
}

typedef bool hand_taker(struct evidence *ev, size_t i, size_t which);

/* Of these sockets: all of both looks, all of the first look, or one of the last, the first that has it. */
enum hand_where { HAND_ALL, HAND_FIRST_LOOK, HAND_ONE, HAND_WHERES };

static inline bool hand_take(struct observation *o, enum hand_where where, hand_taker *take, size_t which)
{
	struct evidence *looks[] = { where == HAND_ONE ? NULL : &o->first, where == HAND_FIRST_LOOK ? NULL : &o->last };
	bool any = false;

	for (size_t k = 0; k < ARRAY_SIZE(looks); k++) {
		for (size_t i = 0; looks[k] && i < looks[k]->n && !(any && where == HAND_ONE); i++)
			any |= take(looks[k], i, which);
		if (looks[k] && take == hand_take_owners && where != HAND_ONE)
			looks[k]->n_owners = looks[k]->n_holders = 0;
	}
	return any;
}

static inline void hand_lack(struct observation *o)
{
	static const struct {
		unsigned lacks;
		hand_taker *take;
		size_t which;
	} all[] = {
		{ LACKS_OWNERS, hand_take_owners, 0 },       { LACKS_INODES, hand_take_told, TOLD_INODE },
		{ LACKS_TIMERS, hand_take_timer, 0 },        { LACKS_INFO, hand_take_info, 0 },
		{ LACKS_DROPS, hand_take_told, TOLD_DROPS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (o->sight.lacks & all[i].lacks)
			hand_take(o, HAND_ALL, all[i].take, all[i].which);
}

/* Sockets that are not in what was saved. */
static inline void hand_leave_out(struct hand_text *t, unsigned lacks)
{
	for (size_t i = 0; i < t->n; i++) {
		struct hand_line *l = &t->lines[i];
		const char *state = l->n ? l->words[0].key : "";
		unsigned is;

		for (size_t k = 1; k < l->n; k++)
			state = streq(l->words[k].key, "state") ? l->words[k].value : state;
		is = streq(state, "LISTEN") ? LACKS_LISTENERS : streq(state, "BOUND") ? LACKS_BOUND : LACKS_CONNECTIONS;
		if (l->kind == HAND_SOCKS && lacks & is)
			l->out = true;
	}
}

/* For by_hand_free(). */
static inline struct by_hand *by_hand_lacking(const char *text, const char *but, unsigned lacks)
{
	struct by_hand *h = xcalloc(1, sizeof *h);
	uint64_t cookies = 0;

	h->o.window = span_s(5);
	h->o.host = (struct host_facts){ UNKNOWN, UNKNOWN, false };
	hand_read(&h->text, text);
	hand_change(&h->text, but);
	hand_leave_out(&h->text, lacks);
	for (size_t i = 0; i < h->text.n; i++)
		if (!h->text.lines[i].out)
			hand_make_line(h, &h->text.lines[i], &cookies);
	h->o.sight.lacks |= lacks;
	hand_lack(&h->o);
	observation_join(&h->o);
	hand_take_samples(h);
	return h;
}

static inline struct by_hand *by_hand(const char *text, const char *but)
{
	return by_hand_lacking(text, but, 0);
}

static inline void by_hand_free(struct by_hand *h)
{
	observation_free(&h->o);
	free(h->watched);
	free(h);
}

/* --- probes ------------------------------------------------------------------------------------------------ */

static inline ssize_t hand_epoll(void *ctx, pid_t pid, struct watched **out)
{
	struct by_hand *h = ctx;

	(void)pid;
	*out = xcalloc(h->n_watched + 1, sizeof **out);
	if (h->n_watched)
		memcpy(*out, h->watched, h->n_watched * sizeof **out);
	return (ssize_t)h->n_watched;
}

static inline ssize_t hand_strays(void *ctx, pid_t pid, const struct evidence *ev, struct stray **out)
{
	struct by_hand *h = ctx;

	(void)pid;
	(void)ev;
	*out = xcalloc((size_t)h->found.strays + 1, sizeof **out);
	for (int64_t i = 0; i < h->found.strays; i++)
		(*out)[i] = (struct stray){ 10 + (int32_t)i, 5000 + (uint64_t)i };
	return h->found.strays;
}

/* A line each behind a comma. */
static inline ssize_t hand_add_lines(struct buf *out, const char *given)
{
	char text[HAND_WORD];
	ssize_t n = *given != 0;

	snprintf(text, sizeof text, "%s", given);
	hand_blanks(text);
	for (const char *c = text; *c; c++) {
		n += *c == ',';
		buf_add(out, *c == ',' ? "\n" : c, 1);
	}
	if (n)
		buf_puts(out, "\n");
	return n;
}

static inline ssize_t hand_stacks(void *ctx, pid_t pid, struct buf *out)
{
	struct by_hand *h = ctx;
	ssize_t n = hand_add_lines(out, h->found.stacks);

	(void)pid;
	return h->found.threads ? (ssize_t)h->found.threads : n;
}

static inline bool hand_left(void *ctx, pid_t pid, struct buf *place, struct buf *sentence)
{
	struct by_hand *h = ctx;

	(void)pid;
	buf_puts(place, h->found.left);
	buf_puts(sentence, *h->found.left ? "it was followed" : "");
	return *h->found.left != 0;
}

static inline ssize_t hand_configured(void *ctx, const char *name, struct buf *out)
{
	struct by_hand *h = ctx;

	if (!*h->found.configured)
		return 0;
	buf_addf(out, "%s: %s = 1", h->found.configured, name);
	return 1;
}

static inline struct probes by_hand_probes(struct by_hand *h)
{
	if (h->found.blind)
		return (struct probes){ .ctx = NULL };
	return (struct probes){ h, hand_epoll, hand_strays, hand_stacks, hand_left, hand_configured };
}

#endif
