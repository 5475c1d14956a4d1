/* SPDX-License-Identifier: MIT
 * lastack: the table of commands, and the door to them. */
#include "base/near.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "render/out.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

const struct command *const commands[] = { &command_lab,    &command_step,    &command_list, &command_top,
	                                   &command_doctor, &command_explain, NULL };

static const struct command *find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (streq((*c)->name, name))
			return *c;
	return NULL;
}

static int page(const char *name)
{
	struct near near = { .word = name };
	struct err e;

	name += strncmp(name, "lastack-", 8) ? 0 : 8;
	for (size_t i = 0; i < pages_n; i++) {
		if (streq(pages[i].name, name)) {
			out_lines(stdout, pages[i].text);
			return EXIT_OK;
		}
		near_try(&near, pages[i].name);
	}
	if (near.best)
		err_set(&e, "there is no page '%.60s'; did you mean '%s'?", near.word, near.best);
	else
		err_set(&e,
		        "there is no page '%.60s'; 'lastack help' lists them, and 'lastack explain WORD' knows words",
		        name);
	out_error("lastack help", &e);
	return EXIT_COULD_NOT;
}

static int help(void)
{
	out_lines(stdout, "usage: lastack [COMMAND [OPTION...] [ARGUMENT...]]\n\ncommands:");
	for (const struct command *const *c = commands; *c; c++)
		out_line(stdout, "  %-8s %s", (*c)->name, (*c)->summary);
	out_lines(stdout, "\nlastack help PAGE shows the manual page of a command, or:");
	for (size_t i = 0; i < pages_n; i++)
		if (!find(pages[i].name))
			out_line(stdout, "  %-8s %s", pages[i].name, pages[i].what);
	out_lines(stdout, "\nlastack alone tells what works on this machine; lastack COMMAND --help has its options");
	return EXIT_OK;
}

static int unknown(const char *name)
{
	struct near near = { .word = name };
	struct err e;

	for (const struct command *const *c = commands; *c; c++)
		near_try(&near, (*c)->name);
	if (near.best)
		err_set(&e, "there is no command '%.60s'; did you mean '%s'?", name, near.best);
	else
		err_set(&e, "there is no command '%.60s'; 'lastack --help' lists them", name);
	out_error("lastack", &e);
	return EXIT_COULD_NOT;
}

static int dispatch(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2)
		return overview();
	if (streq(argv[1], "help") && argc > 2)
		return page(argv[2]);
	if (streq(argv[1], "--help") || streq(argv[1], "-h") || streq(argv[1], "help"))
		return help();
	if (streq(argv[1], "--version") || streq(argv[1], "-V")) {
		command_version();
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

/* The sentence is ready: nothing can be put together any more. */
static void say_memory_gone(void)
{
	static const char text[] =
		"lastack: no memory left; try again with fewer sockets, or a higher limit (ulimit -v)\n";

	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		return; /* nobody hears it */
}

/* "1.97 s" in every country. For other character sets than UTF-8, and for messages, glibc opens modules and catalogues
 * at run time; the static program has no use for those of another glibc. */
static void use_locale(void)
{
#ifdef LASTACK_STATIC
	setlocale(LC_CTYPE, "");
	if (!streq(nl_langinfo(CODESET), "UTF-8"))
		setlocale(LC_CTYPE, "C");
#else
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
#endif
}

int main(int argc, char **argv)
{
	struct err e;
	int code;

	memory_gone(say_memory_gone);
	fill_standard_descriptors();
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is told as a full disk is: by the write that fails */
	use_locale();
	code = dispatch(argc, argv);
	if (out_flush(&e) == 0)
		return code;
	out_error("lastack", &e);
	return EXIT_COULD_NOT;
}
