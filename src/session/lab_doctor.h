/* SPDX-License-Identifier: MIT
 * The doctor of a lab: what `expect finding` and `threshold` ask. */
#ifndef SESSION_LAB_DOCTOR_H
#define SESSION_LAB_DOCTOR_H

#include "doctor/doctor.h"
#include "lab/lab.h"

struct lab_doctor {
	struct doctor_settings settings;
	struct span window;
};

void lab_doctor_init(struct lab_doctor *d);

/* Hooks of a lab (struct lab_hooks), with the doctor itself as context. */
int lab_doctor_diagnose(struct lab_doctor *d, struct lab *l, struct buf *found, struct err *e);
void lab_doctor_rules(void *ctx, struct near *near); /* the context is not looked at */
int lab_doctor_threshold(struct lab_doctor *d, const char *name, const char *value, struct err *e);

#endif
