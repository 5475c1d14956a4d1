/* SPDX-License-Identifier: MIT
 * lastack doctor --watch: what opens, changes and closes, from look to look. */
#ifndef CMD_DOCTOR_WATCH_H
#define CMD_DOCTOR_WATCH_H

#include "render/findings.h"

/* Troubles that are open, or about to be. A finding opens when it was there twice in a row, a critical one at once; it
 * closes when it was missing twice in a row: so nothing flickers. */
struct watch_list;

struct watch_list *watch_new(void);
void watch_free(struct watch_list *w);

/* Takes the findings of one round, and prints what has opened, changed its severity or closed: a line of text each, or
 * of JSON. */
void watch_round(struct watch_list *w, const struct findings_view *v, bool json);

/* The worst that is open. */
enum severity watch_worst(const struct watch_list *w);

#endif
