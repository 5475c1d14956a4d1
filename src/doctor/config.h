/* SPDX-License-Identifier: MIT
 * doctor.ini: thresholds, and findings that do not count. */
#ifndef DOCTOR_CONFIG_H
#define DOCTOR_CONFIG_H

#include "doctor/doctor.h"

#include <time.h>

/* Reads `path`, or if NULL $XDG_CONFIG_HOME/lastack/doctor.ini (~/.config/…) and /etc/lastack/doctor.ini, of which the
 * first one that is there counts. -1 with `e` filled: it is not there (and was named), or a line of it is wrong. */
int doctor_config(struct doctor_settings *s, const char *path, struct err *e);

/* Has that day, "2027-01-31", ended by then, in local time? false: it is no date. */
bool config_day_over(const char *date, time_t now, bool *over);

#endif
