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

/* Reads the command line into `job`. True: the command goes on; else what there was to say (help, or what is wrong with
 * an option) is said, and `*code` is the exit code. */
bool command_begins(const struct command *c, int argc, char **argv, void *job, int *code);

/* "lastack 1.0": of --version, which every command takes. */
void command_version(void);

/* Says on standard error why the command could not do what was asked: "lastack lab: WHAT (WHY); TRY". Always
 * EXIT_COULD_NOT, so that `return command_fail(c, &e)` is the whole error path. */
int command_fail(const struct command *c, const struct err *e);

/* `lastack` alone: what it is, what works here, what is there. */
int overview(void);

#endif
