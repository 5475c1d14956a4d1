/* SPDX-License-Identifier: MIT
 * lastack doctor --watch: what opens, changes and closes, from look to look. */
#ifndef CMD_DOCTOR_WATCH_H
#define CMD_DOCTOR_WATCH_H

#include "doctor/troubles.h"
#include "render/findings.h"

/* Takes the findings of one round, and prints what has opened, changed its severity or closed: a line of text each, or
 * of JSON. */
void watch_round(struct troubles *ts, const struct findings_view *v, bool json);

#endif
