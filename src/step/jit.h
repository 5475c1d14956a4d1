/* SPDX-License-Identifier: MIT
 * Code that a process has made while it runs, by the map that some interpreters write for perf(1): /tmp/perf-PID.map,
 * lines of "START SIZE NAME" (tools/perf/Documentation/jit-interface.txt). Node.js writes it with --perf-basic-prof,
 * Python 3.12 with -X perf, Java with an agent. */
#ifndef STEP_JIT_H
#define STEP_JIT_H

#include "step/stack.h"

struct jit;

/* Read as the process itself would open it: below its root, and by its number in its own PID namespace. A file that
 * neither it nor root owns is somebody else's, and is left alone. Never NULL: a process without a map has none of it.
 * For jit_free(), which takes NULL. */
struct jit *jit_read(pid_t pid);
void jit_free(struct jit *j);

/* Fills in function, file and line as far as the name of that code tells them: V8 says "JS:*serve /srv/app.js:12:5",
 * Python "py::serve:/srv/app.py". False, and nothing is changed: no such code is known. */
bool jit_place(const struct jit *j, uint64_t pc, struct frame *f);

#endif
