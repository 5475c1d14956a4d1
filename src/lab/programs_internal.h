/* SPDX-License-Identifier: MIT
 * What the files about programs know of one another: program_note.c notes what they do, programs.c starts them, steer.c
 * tells them how far to go. Nobody else includes this. */
#ifndef LAB_PROGRAMS_INTERNAL_H
#define LAB_PROGRAMS_INTERNAL_H

#include "lab/programs.h"

/* An event of a program, or of one of its threads (NULL: the program). */
void note_text(struct lab *l, enum event_kind kind, struct program *p, const struct thread *t, const struct buf *text);

/* The line of the program's source that makes its call; NULL if nothing is known. For free(). */
char *where_is(const struct thread *t);

/* What of the thread's process could not be read for where it is is told once. */
void programs_tell_trouble(struct lab *l, const struct thread *t);

/* No process of it is left: its first one may have ended before others. */
bool program_is_gone(struct lab *l, const struct program *p);

#endif
