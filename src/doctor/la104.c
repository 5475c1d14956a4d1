/* SPDX-License-Identifier: MIT
 * LA104: a client's idle connections that their server has closed. */
#include "doctor/rule.h"

static enum truth la104_is_pooled(const struct visit *v, size_t index)
{
	const struct sock *s = visit_sock(v, index);

	return truth_and(truth_of(s->owner && s->rq == 1), truth_not(visit_serves(v, s)));
}

static enum truth la104_any_settled(const struct visit *v, const struct gather *g, size_t from, size_t to)
{
	enum truth any = TRUTH_NO;

	for (size_t i = from; i < to; i++)
		any = truth_or(any, visit_settled(v, g->rows[i].index));
	return any;
}

static void la104_judge(struct visit *v, const struct gather *g, size_t from, size_t to)
{
	struct growth growth = gather_growth(v, g, from, to);
	enum truth settled = la104_any_settled(v, g, from, to), growing = gather_grows(v, growth);
	bool many = (double)(to - from) > visit_limit(v, TH_POOL_COUNT), grows = growing == TRUTH_YES;
	struct finding *f;
	struct buf *line;

	if (settled == TRUTH_UNKNOWN)
		visit_tell_unknown(v, "for how long some of the sockets that it is about are so is not known");
	if (settled != TRUTH_YES)
		return;
	if (!many)
		gather_tell_growth(v, growing);
	f = find_new(v, grows || many ? SEVERITY_WARNING : SEVERITY_INFO);
	find_group(v, f, g, from, to);
	buf_addf(&f->headline, "%zu idle connections that their server has closed", f->count);
	line = finding_line(f);
	buf_puts(line, "CLOSE_WAIT with Recv-Q 1, the FIN alone; ");
	find_add_ages(v, f, line);
	if (v->o->twice)
		buf_addf(line, "; %zu came and %zu went", growth.came, growth.went);
	if (!grows && !many)
		buf_puts(&f->cause, "a pool notices when it next takes the connection: harmless at this number");
	find_figure(v, f, "sockets", (double)f->count, UNIT_SOCKETS, TH_POOL_COUNT, "sock_diag");
}

static const struct gathering gathering = { 1U << TCP_CLOSE_WAIT, la104_is_pooled, gather_by_service, la104_judge };

static const enum threshold by[] = { TH_SETTLED, TH_POOL_COUNT, TH_CLOSE_WAIT_GROWTH };

const struct rule rule_LA104 = {
	.text = {
		.id = "LA104", .name = "close-wait-idle-pool",
		.sentence = "a client keeps connections open for later, and the server has closed them meanwhile: the client will see it when it uses them next",
		.cause = "the server's idle limit is shorter than the pool's",
		.fix = "let the pool drop idle connections sooner than the server closes them, or test them in the background",
		.caveat = "the first request on such a connection fails, if the client does not look before it writes",
		.no_help = "tcp_keepalive_*, tcp_fin_timeout",
		.not_when = "few and bounded: it is how pools work",
		.verify = "ss -tnp state close-wait: the peer's port is the service's",
		.source = "eclipse-rdf4j/rdf4j#406, among others",
		.symptoms = "CLOSE_WAIT on client|connection pool CLOSE_WAIT|idle pool",
		.scenario = "idle-pool", .twin = "idle-pool-not",
	},
	.severity = SEVERITY_INFO, .needs = NEED_OWNERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &gathering,
};
