/* SPDX-License-Identifier: MIT
 * What every command begins with, and how it fails. */
#include "cmd/command.h"
#include "render/out.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

void command_version(void)
{
	out_line(stdout, "lastack " VERSION);
}

int command_fail(const struct command *c, const struct err *e)
{
	out_push(stdout); /* what was found before it stands before it */
	out_error(c->options->name, e);
	return EXIT_COULD_NOT;
}

bool command_begins(const struct command *c, int argc, char **argv, void *job, int *code)
{
	struct err e = { 0 };
	struct buf help = { 0 };
	int rc = opt_parse(c->options, argc, argv, job, &e);

	if (rc == 0)
		return true;
	if (rc < 0) {
		*code = command_fail(c, &e);
		return false;
	}
	*code = EXIT_OK;
	if (rc == OPT_VERSION) {
		command_version();
		return false;
	}
	opt_help(c->options, rc, &help);
	out_lines(stdout, buf_text(&help));
	buf_free(&help);
	return false;
}
