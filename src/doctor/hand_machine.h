/* SPDX-License-Identifier: MIT
 * The machine of an observation by hand (by_hand.h): namespaces, processes, the log, what probes find. A key is a row
 * of a table here. */
#ifndef DOCTOR_HAND_MACHINE_H
#define DOCTOR_HAND_MACHINE_H

#include "doctor/doctor.h"
#include "doctor/hand_text.h"

#define HAND_NETNS 4026531840U

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

#endif
