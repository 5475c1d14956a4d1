/* SPDX-License-Identifier: MIT
 * lastack: the table of commands, and the door to them. */
#include "base/near.h"
#include "cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION "unknown"
#endif

const struct command *const commands[] = { &command_lab,    &command_step,    &command_list, &command_top,
	                                   &command_doctor, &command_explain, NULL };

static int help(void)
{
	puts("usage: lastack [COMMAND [OPTION...] [ARGUMENT...]]\n\ncommands:");
	for (const struct command *const *c = commands; *c; c++)
		printf("  %-8s %s\n", (*c)->name, (*c)->summary);
	puts("\nlastack alone tells what works on this machine; lastack COMMAND --help; man lastack");
	return EXIT_OK;
}

static int unknown(const char *name)
{
	struct near near = { .word = name };

	for (const struct command *const *c = commands; *c; c++)
		near_try(&near, (*c)->name);
	fprintf(stderr, "lastack: there is no command '%.60s'", name);
	if (near.best)
		fprintf(stderr, "; did you mean '%s'?\n", near.best);
	else
		fputs("; 'lastack --help' lists them\n", stderr);
	return EXIT_COULD_NOT;
}

static const struct command *find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (streq((*c)->name, name))
			return *c;
	return NULL;
}

static int dispatch(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2)
		return overview();
	if (streq(argv[1], "--help") || streq(argv[1], "-h") || streq(argv[1], "help"))
		return help();
	if (streq(argv[1], "--version")) {
		puts("lastack " VERSION);
		return EXIT_OK;
	}
	c = find(argv[1]);
	return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}

/* A descriptor that was closed when we came would be given to the next thing opened, and an actor's socket or the wire
 * would then be written to as if it were the terminal. Read-only: writing to a closed output still fails, and is
 * told. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	int code;

	fill_standard_descriptors();
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* "1.97 s" in every country */
	code = dispatch(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "lastack: the output cannot be written (%s)\n", strerror(errno));
	return EXIT_COULD_NOT;
}
