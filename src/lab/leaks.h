/* SPDX-License-Identifier: MIT
 * Which connections programs leak: those that their peers have closed, that are held still. */
#ifndef LAB_LEAKS_H
#define LAB_LEAKS_H

#include "lab/programs.h"

/* Looks, and notes an EV_LEAK for each group of connections that were left at the same place; how many connections, -1
 * with `e` filled. */
int lab_leaks(struct lab *l, struct err *e);

/* The same for one program (NULL: all), without noting. `at`: only those whose end was read at a place whose text has
 * this in it; NULL: all. */
int leaks_count(struct lab *l, const struct program *p, const char *at, struct err *e);

#endif
