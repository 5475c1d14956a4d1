/* SPDX-License-Identifier: MIT
 * Option rows to glibc's argp, to members of a struct, and to mdoc. */
#include "base/opt.h"
#include "base/near.h"
#include "base/text.h"

#include <argp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* -?, -h and --help are one. Rows without a letter get keys behind all letters. */
enum { KEY_HELP = '?', KEY_ALSO_HELP = 'h', FIRST_KEY = 256, KEY_USAGE = 0x10000 };

/* --- values ---------------------------------------------------------------------------------------------- */

/* "--jobs is a number from 1 to 10000, not 'x'"; a word of the command line has no dashes. */
static int opt_refuse(const struct opt *o, const char *value, const char *wanted, struct err *e)
{
	const char *dashes = o->help ? "--" : "the ";

	if (o->advice)
		return err_set(e, "%s%s is %s, not '%.40s'; %s", dashes, o->name, wanted, value, o->advice);
	return err_set(e, "%s%s is %s, not '%.40s'", dashes, o->name, wanted, value);
}

static int set_flag(const struct opt *o, const char *value, void *to, struct err *e)
{
	(void)o, (void)value, (void)e;
	*(bool *)to = true;
	return 0;
}

static int set_text(const struct opt *o, const char *value, void *to, struct err *e)
{
	(void)o, (void)e;
	*(const char **)to = value;
	return 0;
}

/* Into an integer of whatever size; the row's bounds fit it. */
static void store_number(void *to, size_t size, long n)
{
	switch (size) {
	case 1:
		*(uint8_t *)to = (uint8_t)n;
		break;
	case 2:
		*(uint16_t *)to = (uint16_t)n;
		break;
	case 4:
		*(uint32_t *)to = (uint32_t)n;
		break;
	default:
		*(uint64_t *)to = (uint64_t)n;
	}
}

static int set_number(const struct opt *o, const char *value, void *to, struct err *e)
{
	char wanted[80];
	long n;

	snprintf(wanted, sizeof wanted, "a number from %ld to %ld", o->least, o->most);
	if (!number_parse(value, &n) || n < o->least || n > o->most)
		return opt_refuse(o, value, wanted, e);
	store_number(to, o->size, n);
	return 0;
}

enum { DAY_S = 24 * 60 * 60 };

/* "5s", and "5" as well. */
static bool read_span(const struct opt *o, const char *value, struct span *d)
{
	long seconds;

	if (number_parse(value, &seconds) && seconds >= 0 && seconds <= DAY_S)
		*d = span_s(seconds);
	else if (!span_parse(value, d))
		return false;
	return d->ns >= span_ms(o->least).ns || (o->zero && d->ns == 0);
}

static int set_span(const struct opt *o, const char *value, void *to, struct err *e)
{
	char wanted[120];

	snprintf(wanted, sizeof wanted, "a time from %ldms to 24h, as 500ms, 5s or 2m%s%s", o->least,
	         o->zero ? ", or " : "", o->zero ? o->zero : "");
	return read_span(o, value, to) ? 0 : opt_refuse(o, value, wanted, e);
}

/* "text, json or nagios" */
static void add_choices(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_addf(out, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static int set_choice(const struct opt *o, const char *value, void *to, struct err *e)
{
	struct buf wanted = { 0 };

	for (size_t i = 0; o->words[i]; i++) {
		if (strcasecmp(value, o->words[i]) != 0)
			continue;
		store_number(to, o->size, (long)i);
		return 0;
	}
	add_choices(&wanted, o->words);
	opt_refuse(o, value, buf_text(&wanted), e);
	buf_free(&wanted);
	return -1;
}

static int set_words(const struct opt *o, const char *value, void *to, struct err *e)
{
	struct buf *words = to;

	(void)o, (void)e;
	buf_puts(words, words->len ? " " : "");
	buf_puts(words, value);
	return 0;
}

int opt_set(const struct opt *o, const char *value, void *ctx, struct err *e)
{
	static int (*const set[])(const struct opt *o, const char *value, void *to, struct err *e) = {
		[OPT_FLAG] = set_flag, [OPT_TEXT] = set_text,     [OPT_NUMBER] = set_number,
		[OPT_SPAN] = set_span, [OPT_CHOICE] = set_choice, [OPT_WORDS] = set_words,
	};
	const char *said = value ? value : o->given;

	if (o->kind == OPT_NOTHING)
		return 0;
	return o->kind == OPT_CALL ? o->call(ctx, said, e) : set[o->kind](o, said, (char *)ctx + o->at, e);
}

/* --- options that are none ------------------------------------------------------------------------------- */

/* How many rows the beginning of a name may stand for; the last of them. */
static size_t opts_that_begin(const struct opt_command *cmd, const char *name, size_t n, const struct opt **is)
{
	size_t found = 0;

	for (const struct opt *o = cmd->opts; o->name; o++) {
		if (strncmp(o->name, name, n) != 0)
			continue;
		*is = o;
		if (strlen(o->name) == n)
			return 1;
		found++;
	}
	return found;
}

static int unknown_long(const struct opt_command *cmd, const char *word, struct err *e)
{
	struct near near = { .word = word };
	const struct opt *o = cmd->opts;
	size_t n = strcspn(word, "="), found = opts_that_begin(cmd, word, n, &o);

	if (found > 1)
		return err_set(e, "--%.40s may be one of several options; '%s --help' lists them", word, cmd->name);
	if (found && word[n])
		return err_set(e, "--%s takes no value; write --%s alone", o->name, o->name);
	if (found)
		return err_set(e, "--%s is not complete; write --%s=%s", o->name, o->name, o->arg);
	for (o = cmd->opts; o->name; o++)
		near_try(&near, o->name);
	if (near.best)
		return err_set(e, "there is no option '--%.40s'; did you mean '--%s'?", word, near.best);
	return err_set(e, "there is no option '--%.40s'; '%s --help' lists them", word, cmd->name);
}

static const struct opt *opt_of_letter(const struct opt *opts, char letter)
{
	while (opts->name && opts->letter != letter)
		opts++;
	return opts;
}

/* The letter of "-vx" that was not taken; 0: all of them may be taken. */
static char wrong_letter(const struct opt_command *cmd, const char *letters)
{
	for (; *letters; letters++) {
		const struct opt *o = opt_of_letter(cmd->opts, *letters);

		if (!o->name || (o->arg && !letters[1]))
			return *letters;
		if (o->arg)
			return 0;
	}
	return 0;
}

static int unknown_letter(const struct opt_command *cmd, char letter, struct err *e)
{
	const struct opt *o = opt_of_letter(cmd->opts, letter);

	if (o->name)
		return err_set(e, "-%c is not complete; write -%c %s", letter, letter, o->arg);
	return err_set(e, "there is no option '-%c'; '%s --help' lists them", letter, cmd->name);
}

/* argp says that something is wrong, and not with what: with the word before the next one, or, if it has letters left
 * that were not read, with that one. */
static int unknown_option(const struct opt_command *cmd, const struct argp_state *state, struct err *e)
{
	const char *word = state->argv[state->next - 1];

	if (strncmp(word, "--", 2) == 0)
		return unknown_long(cmd, word + 2, e);
	if (word[0] != '-' || !wrong_letter(cmd, word + 1))
		word = state->next < state->argc ? state->argv[state->next] : word;
	return unknown_letter(cmd, wrong_letter(cmd, word + 1), e);
}

/* --- the command line ------------------------------------------------------------------------------------ */

struct opt_parsing {
	const struct opt_command *cmd;
	void *ctx;
	struct err *e;
	const char *word; /* the last one that was none of an option's */
	int help;         /* OPT_HELP, OPT_USAGE, or 0 */
};

/* Somebody else's words, options among them, are no longer argp's. */
static int take_rest(const struct opt_parsing *p, struct argp_state *state)
{
	int first = state->next - 1;

	state->next = state->argc;
	return p->cmd->rest(p->ctx, state->argc - first, state->argv + first, p->e);
}

static int take_word(struct opt_parsing *p, const char *word)
{
	const struct opt *o = &p->cmd->word;

	if (p->word && o->kind != OPT_WORDS && o->kind != OPT_CALL)
		return err_set(p->e, "one %s at a time: '%.40s' and '%.40s'", o->name, p->word, word);
	p->word = word;
	return opt_set(o, word, p->ctx, p->e);
}

static const struct opt *opt_of_key(const struct opt *opts, int key)
{
	return key >= FIRST_KEY ? &opts[key - FIRST_KEY] : opt_of_letter(opts, (char)key);
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct opt_parsing *p = state->input;

	if (key == KEY_HELP || key == KEY_ALSO_HELP || key == KEY_USAGE) {
		p->help = key == KEY_USAGE ? OPT_USAGE : OPT_HELP;
		return 0;
	}
	if (key == ARGP_KEY_ERROR && !err_is_set(p->e))
		return unknown_option(p->cmd, state, p->e);
	if (key >= ARGP_KEY_END) /* argp's own stages */
		return ARGP_ERR_UNKNOWN;
	if (key != ARGP_KEY_ARG)
		return opt_set(opt_of_key(p->cmd->opts, key), arg, p->ctx, p->e);
	return p->cmd->rest ? take_rest(p, state) : take_word(p, arg);
}

static struct argp_option *rows_to_argp(const struct opt *opts)
{
	static const struct argp_option help[] = {
		{ .name = "help", .key = KEY_HELP, .doc = "Give this help list", .group = -1 },
		{ .name = "usage", .key = KEY_USAGE, .doc = "Give a short usage message", .group = -1 },
		{ .key = KEY_ALSO_HELP, .flags = OPTION_HIDDEN },
		{ 0 },
	};
	size_t n = 0;
	struct argp_option *out;

	while (opts[n].name)
		n++;
	out = xcalloc(n + ARRAY_SIZE(help), sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct argp_option){ .name = opts[i].name,
			                       .key = opts[i].letter ? opts[i].letter : FIRST_KEY + (int)i,
			                       .arg = opts[i].arg,
			                       .doc = opts[i].help };
	memcpy(out + n, help, sizeof help);
	return out;
}

static struct argp argp_of(const struct opt_command *cmd)
{
	return (struct argp){
		.options = rows_to_argp(cmd->opts), .parser = take, .args_doc = cmd->args, .doc = cmd->summary
	};
}

int opt_parse(const struct opt_command *cmd, int argc, char **argv, void *ctx, struct err *e)
{
	struct opt_parsing p = { .cmd = cmd, .ctx = ctx, .e = e };
	struct argp argp = argp_of(cmd);
	int rc = argp_parse(&argp, argc, argv, ARGP_SILENT | (cmd->rest ? ARGP_IN_ORDER : 0), NULL, &p);

	free((void *)argp.options);
	if (p.help)
		return p.help; /* whoever asks for help is told nothing else */
	return rc ? -1 : 0;
}

void opt_help(const struct opt_command *cmd, int which, struct buf *out)
{
	struct argp argp = argp_of(cmd);
	char *name = xstrdup(cmd->name), *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (f) {
		argp_help(&argp, f, which == OPT_USAGE ? ARGP_HELP_USAGE : ARGP_HELP_STD_HELP, name);
		fclose(f);
		buf_add(out, text, size);
	}
	free(text);
	free(name);
	free((void *)argp.options);
}

/* --- the manual page ------------------------------------------------------------------------------------- */

static void manual_flag(const struct opt *o, struct buf *out)
{
	if (o->letter)
		buf_addf(out, "Fl %c , ", o->letter);
	buf_addf(out, "Fl -%s", o->name);
	if (o->arg)
		buf_addf(out, " Ns = Ns Ar %s", o->arg);
}

void opt_manual(const struct opt *opts, struct buf *out)
{
	buf_puts(out, ".Bl -tag -width Ds\n");
	for (const struct opt *o = opts; o->name; o++) {
		buf_puts(out, ".It ");
		manual_flag(o, out);
		buf_addf(out, "\n%s.\n", o->help);
	}
	buf_puts(out, ".El\n");
}
