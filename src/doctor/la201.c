/* SPDX-License-Identifier: MIT
 * LA201: no local port is left towards one destination. */
#include "doctor/rule.h"
#include "base/hash.h"

/* Of a local port it matters which source address, destination address and port it goes to (measured F10). */
static uint64_t la201_way_of(const struct sock *s)
{
	uint64_t h = addr_hash(s->key.netns, &s->local.addr);

	return hash_mix(addr_hash(h, &s->remote.addr), s->remote.port);
}

/* connect() takes a TIME_WAIT's port after tcp_tw_reuse_delay, if tcp_tw_reuse is 1, or 2 and both ends are here
 * (tcp_twsk_unique()). */
static enum truth la201_may_be_reused(const struct net_facts *n, const struct sock *s)
{
	int64_t reuse = n->sysctl[SYS_TW_REUSE], delay = n->sysctl[SYS_TW_REUSE_DELAY];
	enum truth waited = TRUTH_UNKNOWN, allowed = TRUTH_UNKNOWN;

	if (delay != UNKNOWN && s->age_is != AGE_UNKNOWN)
		waited = truth_of(s->age.ns >= span_ms(delay).ns);
	if (reuse != UNKNOWN)
		allowed = truth_of(reuse == 1 || (reuse == 2 && addr_is_loopback(&s->local.addr)));
	allowed = truth_and(allowed, truth_at_least(n->sysctl[SYS_TIMESTAMPS], 1));
	return truth_and(truth_of(s->state == TCP_TIME_WAIT), truth_and(waited, allowed));
}

static int64_t la201_ports_of(const struct net_facts *n)
{
	int64_t ports = n->sysctl[SYS_PORTS_TO] - n->sysctl[SYS_PORTS_FROM] + 1;

	for (size_t i = 0; i < n->n_reserved; i++)
		for (int64_t p = n->reserved[i].from; p <= n->reserved[i].to; p++)
			ports -= p >= n->sysctl[SYS_PORTS_FROM] && p <= n->sysctl[SYS_PORTS_TO];
	return ports;
}

/* Does it hold a port of the range that we took? A port that is served is shared by all who come to it. */
static enum truth la201_takes_port(const struct visit *v, const struct net_facts *n, const struct sock *s)
{
	if (!s->remote.port || s->local.port < n->sysctl[SYS_PORTS_FROM] || s->local.port > n->sysctl[SYS_PORTS_TO] ||
	    visit_listens(v, s->key.netns, s->local.port))
		return TRUTH_NO;
	return truth_not(la201_may_be_reused(n, s));
}

static void la201_tell(struct visit *v, const struct gather *g, size_t from, size_t to, int64_t ports)
{
	double percent = 100.0 * (double)(to - from) / (double)ports;
	size_t waiting = 0;
	struct finding *f =
		find_new(v, percent >= visit_limit(v, TH_PORTS_CRITICAL) ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	const struct sock *s = visit_sock(v, g->rows[from].index);
	char at[ADDR_TEXT];

	f->confidence = CONFIDENCE_PROVED;
	find_group(v, f, g, from, to);
	f->subject.has_local = false;
	f->subject.has_peer = true;
	f->subject.peer = s->remote;
	for (size_t i = from; i < to; i++) {
		waiting += visit_sock(v, g->rows[i].index)->state == TCP_TIME_WAIT;
		if (!f->subject.pid)
			find_process(v, f, visit_pid(v, visit_sock(v, g->rows[i].index)));
	}
	endpoint_format(at, &s->remote);
	buf_addf(&f->headline, "%zu of %lld local ports in use towards %s", to - from, (long long)ports, at);
	buf_addf(finding_line(f), "%zu of them in TIME_WAIT; %lld more connections are possible", waiting,
	         (long long)(ports - (int64_t)(to - from)));
	if (waiting * 2 < to - from)
		buf_puts(&f->cause, "most of them are open: the client holds more connections than there are ports (a "
		                    "leak, or a pool without a limit), and TIME_WAIT has little part in it");
	find_figure(v, f, "ports_percent", percent, UNIT_PERCENT, TH_PORTS_WARNING, "sock_diag, ip_local_port_range");
	find_figure(v, f, "time_wait", (double)waiting, UNIT_SOCKETS, THRESHOLDS, "sock_diag");
}

/* The namespace, if its range is known. */
static const struct net_facts *la201_net(struct visit *v, uint64_t netns)
{
	if (visit_setting_or_tell(v, netns, SYS_PORTS_FROM) == UNKNOWN ||
	    visit_setting_or_tell(v, netns, SYS_PORTS_TO) == UNKNOWN)
		return NULL;
	return observation_net(v->o, netns);
}

static void la201_collect(struct visit *v, struct gather *g)
{
	const struct net_facts *n = NULL;
	size_t unsure = 0;

	for (size_t i = 0; i < v->o->last.n; i++) {
		const struct sock *s = visit_sock(v, i);
		enum truth takes;

		if (!n || n->netns != s->key.netns)
			n = la201_net(v, s->key.netns);
		takes = n ? la201_takes_port(v, n, s) : TRUTH_NO;
		unsure += takes == TRUTH_UNKNOWN;
		if (takes == TRUTH_YES)
			gather_add(g, la201_way_of(s), i);
	}
	if (unsure)
		visit_tell_unknown(v, "whether the ports of %zu TIME_WAITs may be taken again is not known", unsure);
}

static void la201_check(struct visit *v)
{
	struct gather g = { 0 };
	size_t from = 0, to = 0;

	la201_collect(v, &g);
	while (gather_next(&g, &from, &to)) {
		const struct net_facts *n = observation_net(v->o, visit_sock(v, g.rows[from].index)->key.netns);
		int64_t ports = la201_ports_of(n);

		if (!n->reserved_told)
			visit_tell_unknown(v, "which ports are reserved (ip_local_reserved_ports) is not known");
		if (ports > 0 && 100.0 * (double)(to - from) / (double)ports >= visit_limit(v, TH_PORTS_WARNING))
			la201_tell(v, &g, from, to, ports);
	}
	gather_free(&g);
}

static const enum threshold by[] = { TH_PORTS_WARNING, TH_PORTS_CRITICAL };

const struct rule rule_LA201 = {
	.text = {
		.id = "LA201", .name = "ephemeral-ports-exhausted",
		.sentence = "towards one destination nearly every local port is in use: connect() will fail with EADDRNOTAVAIL, to that destination alone",
		.picture = "ip_local_port_range: 28232 ports for each (source, destination, port)\n"
			   "connect(), close(), connect(), close() … each leaves its port in TIME_WAIT for 60 s",
		.cause = "the client opens a connection for each request and closes it first",
		.fix = "reuse connections (keep-alive, a pool, nginx: upstream keepalive); IP_BIND_ADDRESS_NO_PORT where a source address is bound; more addresses; a wider ip_local_port_range with ip_local_reserved_ports",
		.caveat = "tcp_tw_reuse=1 helps the side that connects, needs timestamps on both sides, and each container has its own value",
		.no_help = "tcp_fin_timeout; tcp_max_tw_buckets; tcp_tw_recycle, which is gone",
		.not_when = "many TIME_WAITs spread over destinations, or of connections that came here",
		.verify = "ss -Htan dst ADDRESS:PORT | wc -l; sysctl net.ipv4.ip_local_port_range",
		.source = "net/ipv4/inet_hashtables.c __inet_hash_connect(), net/ipv4/tcp_ipv4.c tcp_twsk_unique(); measured F10, F12",
		.symptoms = "Cannot assign requested address|cannot assign requested address|EADDRNOTAVAIL|port exhaustion|ephemeral ports|out of ports|要求アドレスに割り当てられません|요청한 주소를 배정할 수 없습니다|ポート枯渇|포트 고갈",
		.scenario = "port-exhaustion", .twin = "port-exhaustion-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_SETTINGS | NEED_CONNECTIONS | NEED_LISTENERS, .by = by, .thresholds = ARRAY_SIZE(by),
	.check = la201_check,
};
