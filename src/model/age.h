/* SPDX-License-Identifier: MIT
 * How long a socket has been in its present state, from what the kernel does keep: timers and the times of the last
 * packets.
 *
 * The rules (net/ipv4/tcp_input.c, tcp_timer.c, tcp_minisocks.c; measured in doc/kernel/age_in_state.c):
 *   CLOSE_WAIT             exact: the time since the last ACK, for the peer's FIN carried it, if nothing of ours can
 *                          have been acknowledged since: no timer runs, and this side never sent data, or sent its
 *                          last more than a second before that ACK came; else at least so long
 *   ESTABLISHED, not accepted  exact: the same while nothing has arrived in it; at least so long otherwise
 *   ESTABLISHED, FIN_WAIT2 at least the time since the last ACK (ESTABLISHED: or the last sending)
 *   TIME_WAIT              at least 60 s (TCP_TIMEWAIT_LEN) less what is left of its timer: a packet may have begun
 *                          it anew
 *   SYN_SENT, SYN_RECV     at least what the waits before took and what has passed of this one: the first is 1 s
 *                          (RFC 6298 2.1), a half-open connection's next twice as long each, SYN_SENT's perhaps only
 *                          later (tcp_syn_linear_timeouts)
 *   others                 unknown */
#ifndef MODEL_AGE_H
#define MODEL_AGE_H

#include "model/sock.h"

/* Sets `age` and `age_is`; `info` may be NULL or not known. */
void sock_set_age(struct sock *s, const struct sock_info *info);

/* "12.3 s", ">=12.3 s" (utf8: "≥12.3 s"); "" when unknown. */
void sock_age_text(struct buf *out, const struct sock *s, bool utf8);

#endif
