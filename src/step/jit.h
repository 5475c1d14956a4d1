/* SPDX-License-Identifier: MIT
 * Code that a process has made while it runs, by the map that some interpreters write for perf(1): /tmp/perf-PID.map,
 * lines of "START SIZE NAME" (tools/perf/Documentation/jit-interface.txt). Node.js writes it with --perf-basic-prof,
 * Python 3.12 with -X perf, Java with an agent. */
#ifndef STEP_JIT_H
#define STEP_JIT_H

#include "step/stack.h"

struct jit;

/* Opens the map as the process itself would: below its root, and by its number in its own PID namespace. For close().
 * -1: it has none, or what is there is a link, or neither its own nor root's. -2 with `e` filled: one of more
 * than JIT_MOST, which is not read. */
#define JIT_MOST (16 << 20)
int jit_open(pid_t pid, struct err *e);

/* Reads an open map, and closes it; below 0: an empty one. Never NULL. For jit_free(), which takes NULL. */
struct jit *jit_read(int map);
void jit_free(struct jit *j);

/* Fills in function, file and line as far as the name of that code tells them: V8 says "JS:*serve /srv/app.js:12:5",
 * Python "py::serve:/srv/app.py". False, and nothing is changed: no such code is known. */
bool jit_place(const struct jit *j, uint64_t pc, struct frame *f);

#endif
