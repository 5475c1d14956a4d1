/* SPDX-License-Identifier: MIT
 * LA190: many TIME_WAITs, which are well. */
#include "doctor/rule.h"

/* A TIME_WAIT's minisocket (slab tw_sock_TCP, measured on 6.18). */
enum { MINISOCKET = 264 };

static void la190_check(struct visit *v)
{
	size_t n = v->by_state[TCP_TIME_WAIT].n, served = 0, unsure = 0;
	struct finding *f;

	if ((double)n < visit_limit(v, TH_TIME_WAIT_MANY))
		return;
	FOR_EACH_IN_STATE(v, TCP_TIME_WAIT, i, s)
	{
		served += visit_serves(v, s) == TRUTH_YES;
		unsure += visit_serves(v, s) == TRUTH_UNKNOWN;
	}
	f = find_new(v, SEVERITY_INFO);
	f->confidence = CONFIDENCE_PROVED;
	f->count = n;
	buf_addf(&f->headline, "%zu TIME_WAIT: normal", n);
	buf_addf(finding_line(f), "they take %.1f MB, no descriptor and no process, and each ends by itself after 60 s",
	         (double)n * MINISOCKET / 1e6);
	if (!unsure)
		buf_addf(finding_line(f),
		         "%zu are of connections that came here and take no port from anybody; %zu hold a local port "
		         "towards "
		         "one destination (LA201)",
		         served, n - served);
	find_figure(v, f, "sockets", (double)n, UNIT_SOCKETS, TH_TIME_WAIT_MANY, "sock_diag");
}

static const enum threshold by[] = { TH_TIME_WAIT_MANY };

const struct rule rule_LA190 = {
	.text = {
		.id = "LA190", .name = "time-wait-many",
		.sentence = "many TIME_WAITs are no trouble: whoever closes first waits for 60 s, so that an old duplicate meets no new connection",
		.picture = "us: close() first        peer: close()\n"
			   "FIN ──▶ FIN_WAIT1 ──▶ FIN_WAIT2 ── FIN ──▶ TIME_WAIT ── 60 s ──▶ gone",
		.cause = "this side closes first, many times a second",
		.fix = "nothing, unless one destination runs out of local ports (LA201): then reuse connections",
		.no_help = "tcp_fin_timeout (it is for FIN_WAIT2), tcp_tw_recycle (gone since Linux 4.12; it broke clients behind NAT), a restart",
		.verify = "ss -s",
		.source = "RFC 9293 3.6.1; include/net/tcp.h TCP_TIMEWAIT_LEN",
		.symptoms = "TIME_WAIT|many TIME_WAIT|too many TIME_WAIT|thousands of TIME_WAIT",
		.scenario = "time-wait-many", .twin = "time-wait-many-not",
	},
	.severity = SEVERITY_INFO, .needs = NEED_CONNECTIONS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la190_check,
};
