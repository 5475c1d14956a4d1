/* SPDX-License-Identifier: MIT
 * Option rows to glibc's argp, to members of a struct, and to mdoc. */
#include "base/opt.h"
#include "base/text.h"

#include <argp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* -h, as well as argp's --help and -?. Rows without a letter get keys behind all letters. */
enum { SHORT_HELP = 'h', FIRST_KEY = 256 };

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

/* --- the command line ------------------------------------------------------------------------------------ */

struct opt_parsing {
	const struct opt_command *cmd;
	void *ctx;
	struct err *e;
	const char *word; /* the last one that was none of an option's */
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
	if (key >= FIRST_KEY)
		return &opts[key - FIRST_KEY];
	while (opts->name && opts->letter != key)
		opts++;
	return opts;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct opt_parsing *p = state->input;

	if (key == SHORT_HELP)
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
	if (key >= ARGP_KEY_END) /* argp's own stages */
		return ARGP_ERR_UNKNOWN;
	if (key != ARGP_KEY_ARG)
		return opt_set(opt_of_key(p->cmd->opts, key), arg, p->ctx, p->e);
	return p->cmd->rest ? take_rest(p, state) : take_word(p, arg);
}

static struct argp_option *rows_to_argp(const struct opt *opts)
{
	size_t n = 0;
	struct argp_option *out;

	while (opts[n].name)
		n++;
	out = xcalloc(n + 2, sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct argp_option){ .name = opts[i].name,
			                       .key = opts[i].letter ? opts[i].letter : FIRST_KEY + (int)i,
			                       .arg = opts[i].arg,
			                       .doc = opts[i].help };
	out[n] = (struct argp_option){ .key = SHORT_HELP, .flags = OPTION_HIDDEN };
	return out;
}

int opt_parse(const struct opt_command *cmd, int argc, char **argv, void *ctx, struct err *e)
{
	struct opt_parsing p = { cmd, ctx, e, NULL };
	struct argp_option *options = rows_to_argp(cmd->opts);
	struct argp argp = { .options = options, .parser = take, .args_doc = cmd->args, .doc = cmd->summary };
	char *name = xstrdup(cmd->name), *was = argv[0];
	int rc;

	argp_err_exit_status = EXIT_COULD_NOT;
	argv[0] = name;
	rc = argp_parse(&argp, argc, argv, cmd->rest ? ARGP_IN_ORDER : 0, NULL, &p);
	argv[0] = was;
	free(name);
	free(options);
	return rc ? -1 : 0;
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
