/* SPDX-License-Identifier: MIT
 * Running lastack doctor, when its words have been read. */
#ifndef CMD_DOCTOR_RUN_H
#define CMD_DOCTOR_RUN_H

#include "base/clock.h"
#include "doctor/doctor.h"
#include "sight/probing.h"

enum doctor_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_NAGIOS };
enum doctor_fail { FAIL_ON_WARNING, FAIL_ON_CRITICAL, FAIL_NEVER };

struct doctor_job {
	struct doctor_settings settings;
	struct span window; /* 0: one look */
	const char *engine, *netns;
	const char *offline[2]; /* folders of saved files, the earlier one first */
	size_t n_offline;       /* 0: this machine is looked at */
	pid_t only;
	uint16_t port; /* who holds it; 0: all that is wrong */
	pid_t follow;  /* whose calls are watched; 0: nobody's */
	struct span follow_for;
	enum doctor_format format;
	enum doctor_fail fail_on; /* from where on the exit code tells */
	bool verbose, quiet;
	bool stop_threads; /* of suspects, for whole stacks */
	bool watch;        /* round after round */
};

/* The exit code. */
int doctor_run(struct doctor_job *job);

/* Watches the socket calls of a process for so long, by stopping it at each: fills `f`. When it returns all of its
 * threads are let go, or are about to be, also those that do not stop. -1 with `e` filled: it may not be watched. */
int doctor_follow(struct followed *f, pid_t pid, struct span time, struct err *e);

#endif
