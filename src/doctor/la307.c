/* SPDX-License-Identifier: MIT
 * LA307: more half-open connections than the SYN queue holds. */
#include "doctor/rule.h"

struct cookies {
	int64_t full, sent, back, failed;
	bool known; /* all of them */
};

static struct cookies la307_cookies(struct visit *v, const struct net_facts *n)
{
	struct cookies c = { .known = true };

	c.known &= visit_add_rise(v, n, CNT_REQ_Q_FULL_COOKIES, &c.full);
	c.known &= visit_add_rise(v, n, CNT_COOKIES_SENT, &c.sent);
	c.known &= visit_add_rise(v, n, CNT_COOKIES_RECV, &c.back);
	c.known &= visit_add_rise(v, n, CNT_COOKIES_FAILED, &c.failed);
	return c;
}

/* Of the cookies sent, those that came back; -1: none were sent. */
static double la307_answered(const struct cookies *c)
{
	return c->sent > 0 ? 100.0 * (double)c->back / (double)c->sent : -1;
}

static void la307_tell_kind(const struct visit *v, struct finding *f, const struct cookies *c)
{
	double percent = la307_answered(c);

	if (percent < 0)
		return;
	buf_addf(finding_line(f), "%lld cookies sent, %lld came back (%.0f %%)", (long long)c->sent, (long long)c->back,
	         percent);
	if (percent < visit_limit(v, TH_FLOOD_ANSWERED)) {
		buf_puts(&f->cause, "a flood: nobody comes back with the cookies, so the senders are not real or do "
		                    "not get the answers");
		f->severity = c->failed > 0 ? SEVERITY_CRITICAL : f->severity;
	} else if (percent >= visit_limit(v, TH_BURST_ANSWERED)) {
		buf_puts(&f->cause,
		         "a burst of real clients: the SYN queue (the listener's backlog) is too small for it");
	}
	find_figure(v, f, "answered_percent", percent, UNIT_PERCENT, TH_FLOOD_ANSWERED,
	            "/proc/net/netstat SyncookiesSent, SyncookiesRecv");
}

static void la307_check_net(struct visit *v, const struct net_facts *n)
{
	struct cookies c = la307_cookies(v, n);
	double rate = observation_per_second(v->o, c.full);
	struct finding *f;

	if (rate < visit_limit(v, TH_COOKIES))
		return;
	f = find_new(v, SEVERITY_WARNING);
	f->confidence = CONFIDENCE_PROVED;
	f->subject.netns = n->netns;
	f->count = (size_t)c.full;
	buf_addf(&f->headline, "%.3g SYNs a second find the SYN queue full", rate);
	find_figure(v, f, "per_second", rate, UNIT_PER_SECOND, TH_COOKIES, "/proc/net/netstat TCPReqQFullDoCookies");
	if (c.known)
		la307_tell_kind(v, f, &c);
	find_said(v, f, SAID_FLOOD);
}

static void la307_check(struct visit *v)
{
	for (size_t i = 0; i < v->o->n_nets; i++)
		la307_check_net(v, &v->o->nets[i]);
}

static const enum threshold by[] = { TH_COOKIES, TH_FLOOD_ANSWERED, TH_BURST_ANSWERED };

const struct rule rule_LA307 = {
	.text = {
		.id = "LA307", .name = "syn-queue-full",
		.sentence = "more SYNs came than the SYN queue holds half-open connections: the kernel answers with cookies, which lose options of the connection",
		.cause = "a flood with false senders, or a burst of real clients: how many cookies come back tells which",
		.fix = "a burst: a larger backlog of listen(), with somaxconn and tcp_max_syn_backlog; a flood: filter before this machine",
		.caveat = "with cookies the window scale may be lost where timestamps are off",
		.no_help = "turning SYN cookies off: then the SYNs are thrown away (LA308)",
		.not_when = "the kernel's message 'Possible SYN flooding' alone: it comes once for each listener, also for an honest burst",
		.verify = "nstat -az TcpExtTCPReqQFullDoCookies TcpExtSyncookiesSent TcpExtSyncookiesRecv",
		.source = "net/ipv4/tcp_input.c tcp_syn_flood_action(); measured F8",
		.symptoms = "Possible SYN flooding on port|SYN flood|Sending cookies|SYN cookies|SYN_RECV",
		.scenario = "syn-flood", .twin = "syn-flood-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_COUNTERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la307_check,
};
