/* SPDX-License-Identifier: MIT
 * What the rules about CLOSE_WAIT share: they differ in what was read, and on which side. */
#ifndef DOCTOR_CLOSE_WAIT_H
#define DOCTOR_CLOSE_WAIT_H

#include "doctor/rule.h"

/* A group of one service, judged by number, growth and what is left of the descriptors: one stuck socket is an info,
 * many or a growing number a warning, and critical where the limit is near. */
void close_wait_judge(struct visit *v, const struct gather *g, size_t from, size_t to);

/* Adds what the process waits for: its epoll sets, and where its threads are. */
void close_wait_explain(struct visit *v, struct finding *f);

/* Was the peer's FIN read? It counts as a byte until read() has returned 0 (tcp_data_queue(), measured F1). */
static inline bool close_wait_was_read(const struct sock *s)
{
	return s->rq == 0;
}

#endif
