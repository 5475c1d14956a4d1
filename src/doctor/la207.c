/* SPDX-License-Identifier: MIT
 * LA207: settings that do nothing, or harm. */
#include "doctor/rule.h"

/* tcp_max_tw_buckets is a 16th of the hash, at least 4096 on any machine of today: less was set by hand. */
enum { FEWEST_TW_BUCKETS = 4096, PRIVILEGED = 1024 };

static bool la207_fin_timeout_is_short(const struct net_facts *n)
{
	return n->sysctl[SYS_FIN_TIMEOUT] < 60;
}

static bool la207_reuse_without_timestamps(const struct net_facts *n)
{
	return n->sysctl[SYS_TW_REUSE] == 1 && n->sysctl[SYS_TIMESTAMPS] == 0;
}

static bool la207_few_buckets(const struct net_facts *n)
{
	return n->sysctl[SYS_MAX_TW_BUCKETS] < FEWEST_TW_BUCKETS;
}

static bool la207_whole_range(const struct net_facts *n)
{
	return n->sysctl[SYS_PORTS_FROM] <= PRIVILEGED;
}

static const struct {
	bool (*holds)(const struct net_facts *n);
	enum sysctl_id setting, with; /* both of which must be known */
	const char *why;
} settings[] = {
	{ la207_fin_timeout_is_short, SYS_FIN_TIMEOUT, SYS_FIN_TIMEOUT,
	  "it limits FIN_WAIT2 of orphans, not TIME_WAIT, which is 60 s whatever is set" },
	{ la207_reuse_without_timestamps, SYS_TW_REUSE, SYS_TIMESTAMPS, "without tcp_timestamps it does nothing" },
	{ la207_few_buckets, SYS_MAX_TW_BUCKETS, SYS_MAX_TW_BUCKETS,
	  "beyond it connections end without TIME_WAIT, and an old duplicate may hit a new one (LA111)" },
	{ la207_whole_range, SYS_PORTS_FROM, SYS_PORTS_FROM, "connect() may take ports that services want (LA206)" },
};

static void la207_tell(struct visit *v, const struct net_facts *n, const char *name, const char *why)
{
	struct finding *f = find_new(v, SEVERITY_INFO);

	f->subject.netns = n->netns;
	f->count = 1;
	buf_puts(&f->headline, name);
	buf_puts(finding_line(f), why);
}

static void la207_check_settings(struct visit *v, const struct net_facts *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct buf name = { 0 };

		sysctl_add_name(&name, settings[i].setting);
		buf_addf(&name, " = %lld", (long long)n->sysctl[settings[i].setting]);
		if (n->sysctl[settings[i].setting] == UNKNOWN || n->sysctl[settings[i].with] == UNKNOWN)
			visit_tell_unknown(v, "settings that it is about could not be read");
		else if (settings[i].holds(n))
			la207_tell(v, n, buf_text(&name), settings[i].why);
		buf_free(&name);
	}
}

/* Gone from the kernel, and still in files that people copy. */
static void la207_check_files(struct visit *v, const struct net_facts *n)
{
	struct buf lines = { 0 };
	ssize_t found = -1;

	if (!v->probes) /* nobody asks for what costs more */
		return;
	if (v->probes->configured)
		found = v->probes->configured(v->probes->ctx, "net.ipv4.tcp_tw_recycle", &lines);
	if (found < 0)
		visit_tell_unknown(v, "/etc/sysctl.conf and its folders could not be read");
	if (found > 0)
		la207_tell(v, n, buf_text(&lines),
		           "tcp_tw_recycle is gone since Linux 4.12; before, it broke clients behind NAT");
	buf_free(&lines);
}

static void la207_check(struct visit *v)
{
	for (size_t i = 0; i < v->o->n_nets; i++) {
		if (!v->o->nets[i].own) /* of containers it is said where they are looked at */
			continue;
		la207_check_settings(v, &v->o->nets[i]);
		la207_check_files(v, &v->o->nets[i]);
	}
}

const struct rule rule_LA207 = {
	.text = {
		.id = "LA207", .name = "obsolete-sysctl",
		.sentence = "a setting does not do what it is set for",
		.cause = "advice that was copied: much of what is written about TIME_WAIT is wrong or old",
		.fix = "take it out of sysctl.d",
		.verify = "sysctl -a | grep -e tcp_tw -e tcp_fin -e ip_local_port",
		.source = "Documentation/networking/ip-sysctl.rst",
		.symptoms = "tcp_tw_recycle|tcp_fin_timeout|tcp_tw_reuse|tcp_max_tw_buckets",
		.scenario = "obsolete-sysctl", .twin = "obsolete-sysctl-not",
	},
	.severity = SEVERITY_INFO, .needs = NEED_SETTINGS,
	.check = la207_check,
};
