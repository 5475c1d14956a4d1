/* SPDX-License-Identifier: MIT
 * LA702: TCP is short of memory. */
#include "doctor/rule.h"

static void la702_tell_largest(const struct visit *v, struct finding *f)
{
	uint64_t most = 0;
	size_t worst = 0;
	struct buf *line;

	for (size_t i = 0; i < v->o->last.n; i++) {
		const struct sock *s = visit_sock(v, i);
		uint64_t bytes = s->state == TCP_LISTEN ? 0 : (uint64_t)s->rq + s->wq;

		worst = bytes > most ? i : worst;
		most = bytes > most ? bytes : most;
	}
	if (!most)
		return;
	line = finding_line(f);
	buf_addf(line, "the fullest queues, %llu bytes, are of ", (unsigned long long)most);
	find_about(v, f, worst);
	find_add_process(line, f->subject.pid, f->subject.comm);
}

static void la702_check(struct visit *v)
{
	int64_t pressure = visit_setting(v, SYS_MEM_PRESSURE), high = visit_setting(v, SYS_MEM_HIGH),
		pages = v->o->host.memory;
	int64_t signs;
	double percent;
	struct finding *f;

	if (pressure == UNKNOWN || high == UNKNOWN || pages == UNKNOWN || pressure <= 0) {
		findings_unjudged(v->out, &v->rule->text,
		                  "tcp_mem or the pages in use are the machine's, and not seen from here");
		return;
	}
	signs = visit_rise(v, CNT_MEMORY_PRESSURES) + visit_rise(v, CNT_RCV_PRUNED);
	percent = 100.0 * (double)pages / (double)pressure;
	if (percent < visit_limit(v, TH_MEMORY_WARNING) && signs == 0 && !visit_said(v, SAID_MEMORY))
		return;
	f = find_new(v, pages >= high ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	f->confidence = CONFIDENCE_PROVED;
	f->count = (size_t)pages;
	buf_addf(&f->headline, "TCP uses %.0f %% of the memory at which it is pressed", percent);
	buf_addf(finding_line(f), "%lld pages of all network namespaces; tcp_mem: pressure at %lld, at most %lld",
	         (long long)pages, (long long)pressure, (long long)high);
	if (signs)
		buf_addf(finding_line(f), "%lld times in the window memory ran short or received data was thrown away",
		         (long long)signs);
	find_said(v, f, SAID_MEMORY);
	find_figure(v, f, "memory_percent", percent, UNIT_PERCENT, TH_MEMORY_WARNING, "/proc/net/sockstat, tcp_mem");
	la702_tell_largest(v, f);
}

static const enum threshold by[] = { TH_MEMORY_WARNING, TH_LOG_AGE };

const struct rule rule_LA702 = {
	.text = {
		.id = "LA702", .name = "tcp-memory",
		.sentence = "TCP's memory is nearly used up on this machine: buffers shrink, received data is thrown away, orphans are reset",
		.cause = "mostly one program whose queues are stuck (LA401, LA403), or very many connections",
		.fix = "cure the reader first; then raise net.ipv4.tcp_mem, which is in pages",
		.caveat = "tcp_mem and the pages in use are the machine's, not a container's",
		.no_help = "net.core.rmem_max",
		.verify = "cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem",
		.source = "net/ipv4/tcp.c tcp_enter_memory_pressure(); measured F22",
		.symptoms = "TCP: out of memory -- consider tuning tcp_mem|out of memory -- consider tuning tcp_mem|tcp_mem|TCPMemoryPressures",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_HOST, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la702_check,
};
