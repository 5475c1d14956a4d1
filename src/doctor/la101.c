/* SPDX-License-Identifier: MIT
 * LA101: connections whose end was read, and which nobody closes. */
#include "doctor/close_wait.h"

static enum truth la101_was_read(const struct visit *v, size_t index)
{
	return truth_of(visit_sock(v, index)->owner && close_wait_was_read(visit_sock(v, index)));
}

static const struct gathering leaked = { 1U << TCP_CLOSE_WAIT, la101_was_read, gather_by_service, close_wait_judge };

static const enum threshold by[] = { TH_SETTLED, TH_CLOSE_WAIT_COUNT, TH_CLOSE_WAIT_GROWTH, TH_FDS_WARNING,
	                             TH_FDS_TIME_LEFT };

const struct rule rule_LA101 = {
	.text = {
		.id = "LA101", .name = "close-wait-leak",
		.sentence = "the peers have closed, the program has read that they have, and it does not close: each such connection keeps a descriptor for ever",
		.picture = "peer: close()      us: read() = 0     us: close() is missing\n"
			   "FIN ─────────────▶ CLOSE_WAIT ─────── for ever ───────▶ (LAST_ACK)",
		.cause = "the place where read() or recv() returned 0, or EPOLLRDHUP came, and the function returned without close(): mostly an error path",
		.fix = "close the descriptor when read() returns 0, and on every path that leaves the connection",
		.caveat = "ss -K (root, CONFIG_INET_DIAG_DESTROY) ends the connection and not the descriptor: the limit of descriptors is reached all the same",
		.no_help = "tcp_keepalive_*, tcp_fin_timeout, tcp_tw_reuse: no setting of the kernel ends CLOSE_WAIT",
		.not_when = "a half close on purpose: the peer has ended its side and is still sent data; a burst of closes; a program in a debugger",
		.verify = "ss -Htn state close-wait | wc -l",
		.source = "RFC 9293 3.6, case 2; net/ipv4/tcp_input.c tcp_fin(), tcp_data_queue(); Recv-Q 0 in CLOSE_WAIT: the FIN was read",
		.symptoms = "CLOSE_WAIT|many CLOSE_WAIT|lots of CLOSE_WAIT|CLOSE_WAIT keeps growing|hangs after some days|restart fixes it|CLOSE_WAIT leak",
		.scenario = "close-wait-leak", .twin = "close-wait-leak-not",
	},
	.severity = SEVERITY_WARNING, .needs = NEED_OWNERS | NEED_INFO, .by = by, .thresholds = ARRAY_SIZE(by),
	.groups = &leaked, .explain = close_wait_explain,
};
