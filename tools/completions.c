/* SPDX-License-Identifier: MIT
 * completions SHELL: what bash, zsh or fish is to know of the command line, from the tables by which it is read. */
#include "cmd/command.h"
#include "script/scenario.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

const struct command *const commands[] = { &command_lab,    &command_step,    &command_list, &command_top,
	                                   &command_doctor, &command_explain, NULL };

/* What follows an option: a file, one of its words, or something that nobody can guess. */
static bool wants_file(const struct opt *o)
{
	return o->arg && (strstr(o->arg, "FILE") || strstr(o->arg, "DIR"));
}

/* Between single quotes. */
static void quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	putchar('\'');
}

static void scenario_names(void)
{
	for (size_t i = 0; i < scenarios_n; i++)
		printf("%s%s", i ? " " : "", scenarios[i].name);
}

/* --- bash ------------------------------------------------------------------------------------------------ */

static void bash_values(const struct command *c)
{
	for (const struct opt *o = c->options->opts; o->name; o++) {
		if (wants_file(o))
			printf("\t%s:--%s) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", c->name, o->name);
		if (!o->words)
			continue;
		printf("\t%s:--%s) COMPREPLY=($(compgen -W '", c->name, o->name);
		for (size_t i = 0; o->words[i]; i++)
			printf("%s%s", i ? " " : "", o->words[i]);
		puts("' -- \"$word\")); return ;;");
	}
}

static void bash_options(const struct command *c)
{
	printf("\t%s) options='--help --usage --version", c->name);
	for (const struct opt *o = c->options->opts; o->name; o++)
		printf(" --%s%s", o->name, o->arg ? "=" : "");
	puts("' ;;");
}

static void bash_names(void)
{
	for (const struct command *const *c = commands; *c; c++)
		printf("%s ", (*c)->name);
}

static void bash(void)
{
	puts("# bash completion for lastack; made by tools/completions.\n_lastack() {\n"
	     "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=\n\tCOMPREPLY=()\n"
	     "\tif [ \"$word\" = = ]; then word=; elif [ \"$before\" = = ]; then before=${COMP_WORDS[COMP_CWORD-2]}; "
	     "fi");
	fputs("\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W '", stdout);
	bash_names();
	fputs("help --help --version' -- \"$word\"))\n\t\treturn\n\tfi\n\tif [ \"${COMP_WORDS[1]}\" = help ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      stdout);
	bash_names();
	puts("rules words scenario lastack' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]}:$before in");
	for (const struct command *const *c = commands; *c; c++)
		bash_values(*c);
	puts("\tesac\n\tcase ${COMP_WORDS[1]} in");
	for (const struct command *const *c = commands; *c; c++)
		bash_options(*c);
	fputs("\tesac\n\tcase ${COMP_WORDS[1]}:$word in\n\t*:-*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) "
	      ";;\n"
	      "\tlab:*) COMPREPLY=($(compgen -f -X '!*.lab' -- \"$word\") $(compgen -W '",
	      stdout);
	scenario_names();
	puts("' -- \"$word\")) ;;\n\tstep:*) COMPREPLY=($(compgen -c -- \"$word\") $(compgen -f -- \"$word\")) ;;\n"
	     "\texplain:*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n\tesac\n"
	     "\t[[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace\n}\ncomplete -o filenames -F _lastack lastack");
}

/* --- zsh ------------------------------------------------------------------------------------------------- */

/* A description: brackets and colons would end it. */
static void zsh_text(const char *text)
{
	for (; *text; text++) {
		if (strchr("[]:\\", *text))
			putchar('\\');
		fputs(*text == '\'' ? "'\\''" : (char[2]){ *text }, stdout);
	}
}

static void zsh_option(const struct opt *o)
{
	printf("\t\t'--%s%s[", o->name, o->arg ? "=" : "");
	zsh_text(o->help);
	putchar(']');
	if (o->arg)
		printf(":%s:%s", o->arg, wants_file(o) ? "_files" : o->words ? "(" : " ");
	for (size_t i = 0; o->words && o->words[i]; i++)
		printf("%s%s", i ? " " : "", o->words[i]);
	puts(o->words ? ")' \\" : "' \\");
}

static void zsh_command(const struct command *c)
{
	printf("\t%s)\n\t\t_arguments \\\n", c->name);
	for (const struct opt *o = c->options->opts; o->name; o++)
		zsh_option(o);
	if (streq(c->name, "lab")) {
		fputs("\t\t'*:scenario:{ compadd -- ", stdout);
		scenario_names();
		puts("; _files -g \"*.lab\" }' ;;");
	} else {
		puts(streq(c->name, "step") ? "\t\t'*:program:_command_names -e' ;;" : "\t\t'*:word:_files' ;;");
	}
}

static void zsh(void)
{
	puts("#compdef lastack\n# zsh completion for lastack; made by tools/completions.\n_lastack() {\n"
	     "\tif (( CURRENT == 2 )); then\n\t\tlocal -a commands=(");
	for (const struct command *const *c = commands; *c; c++) {
		printf("\t\t\t'%s:", (*c)->name);
		zsh_text((*c)->summary);
		puts("'");
	}
	puts("\t\t)\n\t\t_describe command commands\n\t\treturn\n\tfi\n\tshift words\n\t(( CURRENT-- ))\n\tcase "
	     "$words[1] in");
	for (const struct command *const *c = commands; *c; c++)
		zsh_command(*c);
	puts("\tesac\n}\n_lastack \"$@\"");
}

/* --- fish ------------------------------------------------------------------------------------------------ */

static void fish_option(const struct command *c, const struct opt *o)
{
	printf("complete -c lastack -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->arg)
		printf(" -r%s", wants_file(o) ? " -F" : "");
	if (o->words) {
		fputs(" -a '", stdout);
		for (size_t i = 0; o->words[i]; i++)
			printf("%s%s", i ? " " : "", o->words[i]);
		putchar('\'');
	}
	fputs(" -d ", stdout);
	quoted(o->help);
	putchar('\n');
}

static void fish(void)
{
	puts("# fish completion for lastack; made by tools/completions.\ncomplete -c lastack -f -n "
	     "__fish_use_subcommand");
	for (const struct command *const *c = commands; *c; c++) {
		printf("complete -c lastack -f -n __fish_use_subcommand -a %s -d ", (*c)->name);
		quoted((*c)->summary);
		putchar('\n');
		for (const struct opt *o = (*c)->options->opts; o->name; o++)
			fish_option(*c, o);
	}
	fputs("complete -c lastack -n '__fish_seen_subcommand_from lab' -a '", stdout);
	scenario_names();
	puts("'");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *shell;
		void (*print)(void);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(shells); i++) {
		if (!streq(argv[1], shells[i].shell))
			continue;
		shells[i].print();
		return 0;
	}
	fputs("usage: completions bash|zsh|fish\n", stderr);
	return 3;
}
