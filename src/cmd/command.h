/* SPDX-License-Identifier: MIT
 * A command is a file that ends with its own description. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "base/opt.h"

struct command {
	const char *name;    /* "lab" */
	const char *summary; /* one sentence, no full stop */
	const struct opt_command *options;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
};

extern const struct command command_lab, command_step, command_list, command_top, command_doctor, command_explain;

/* All of them; ended by NULL. */
extern const struct command *const commands[];

/* `lastack` alone: what it is, what works here, what is there. */
int overview(void);

#endif
