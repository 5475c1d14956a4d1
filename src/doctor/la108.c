/* SPDX-License-Identifier: MIT
 * LA108: more closed connections than the kernel keeps. */
#include "doctor/rule.h"

/* What was reset is harm; a message of the log may be of another hour than the numbers. */
static enum severity la108_severity_of(struct visit *v, double percent, int64_t aborted)
{
	if (percent >= visit_limit(v, TH_ORPHANS_CRITICAL) || aborted > 0)
		return SEVERITY_CRITICAL;
	return percent >= visit_limit(v, TH_ORPHANS_WARNING) || visit_said(v, SAID_ORPHANS) ? SEVERITY_WARNING
	                                                                                    : SEVERITY_OK;
}

static void la108_check(struct visit *v)
{
	int64_t most = visit_setting(v, SYS_MAX_ORPHANS), now = v->o->host.orphans, aborted;
	enum severity severity;
	struct finding *f;

	if (most == UNKNOWN || now == UNKNOWN || most <= 0) {
		findings_unjudged(v->out, &v->rule->text,
		                  "tcp_max_orphans or the number of orphans is the machine's, and not seen from here");
		return;
	}
	aborted = visit_rise(v, CNT_ABORT_ON_MEMORY);
	severity = la108_severity_of(v, 100.0 * (double)now / (double)most, aborted);
	if (severity == SEVERITY_OK)
		return;
	f = find_new(v, severity);
	f->confidence = CONFIDENCE_PROVED;
	f->count = (size_t)now;
	buf_addf(&f->headline, "%lld orphans of at most %lld on this machine", (long long)now, (long long)most);
	if (aborted > 0)
		buf_addf(finding_line(f), "%lld connections were reset in the window for it (TCPAbortOnMemory)",
		         (long long)aborted);
	find_said(v, f, SAID_ORPHANS);
	buf_addf(finding_line(f),
	         "orphans of all network namespaces count together: a neighbour's container may be their source");
	find_figure(v, f, "orphans_percent", 100.0 * (double)now / (double)most, UNIT_PERCENT, TH_ORPHANS_WARNING,
	            "/proc/net/sockstat");
}

static const enum threshold by[] = { TH_ORPHANS_WARNING, TH_ORPHANS_CRITICAL, TH_LOG_AGE };

const struct rule rule_LA108 = {
	.text = {
		.id = "LA108", .name = "orphan-limit",
		.sentence = "so many connections were closed while data or a FIN was still to be acknowledged that the kernel is about to reset them, data and all",
		.cause = "peers that vanish or do not read (LA107, LA403), or a program that closes with much unsent",
		.fix = "find whose they were: shut down, and wait for the peer with a deadline, before close()",
		.caveat = "raising tcp_max_orphans costs memory, up to 64 KiB each",
		.no_help = "tcp_fin_timeout, unless they are in FIN_WAIT2",
		.verify = "cat /proc/net/sockstat; sysctl net.ipv4.tcp_max_orphans",
		.source = "net/ipv4/tcp.c tcp_too_many_orphans(); net/ipv4/tcp_timer.c tcp_out_of_resources(); measured F22",
		.symptoms = "too many orphaned sockets|TCP: too many orphaned sockets|Out of socket memory",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_HOST, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la108_check,
};
