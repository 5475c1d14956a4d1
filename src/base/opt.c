/* SPDX-License-Identifier: MIT
 * Option rows to getopt_long(3), to members of a struct, and to mdoc. */
#include "base/opt.h"
#include "base/near.h"
#include "base/text.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

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

/* --- what getopt_long() wants ---------------------------------------------------------------------------- */

/* What every command has besides its rows. */
static const struct opt help_rows[] = {
	{ '?', "help", NULL, "Give this help list", TO_NOTHING },
	{ 0, "usage", NULL, "Give a short usage message", TO_NOTHING },
	{ 'V', "version", NULL, "Give the version", TO_NOTHING },
};
enum { HELP_ROWS = ARRAY_SIZE(help_rows) };

/* A long name is told by its row's place, behind all letters; a letter by itself; -h is help, and not shown. */
enum { IS_WORD = 1, ALSO_HELP = 'h', FIRST_LONG = 256 };

struct grammar {
	const struct opt **row; /* the command's and help_rows */
	size_t n;
	struct option *longs;
	struct buf letters;
};

static void grammar_add(struct grammar *g, const struct opt *o)
{
	g->row[g->n] = o;
	g->longs[g->n] =
		(struct option){ o->name, o->arg ? required_argument : no_argument, NULL, FIRST_LONG + (int)g->n };
	g->n++;
	if (o->letter && o->letter != '?') /* what getopt_long() says of every letter that is none */
		buf_addf(&g->letters, "%c%s", o->letter, o->arg ? ":" : "");
}

/* "-": words are given in their order; "+": the first one ends the options; ":": what lacks its value is told from what
 * is none. */
static struct grammar grammar_of(const struct opt_command *cmd)
{
	struct grammar g = { 0 };
	size_t n = 0;

	while (cmd->opts[n].name)
		n++;
	g.row = xcalloc(n + HELP_ROWS, sizeof *g.row);
	g.longs = xcalloc(n + HELP_ROWS + 1, sizeof *g.longs);
	buf_puts(&g.letters, cmd->rest ? "+:h" : "-:h");
	for (size_t i = 0; i < n; i++)
		grammar_add(&g, &cmd->opts[i]);
	for (size_t i = 0; i < HELP_ROWS; i++)
		grammar_add(&g, &help_rows[i]);
	return g;
}

static void grammar_free(struct grammar *g)
{
	free(g->row);
	free(g->longs);
	buf_free(&g->letters);
}

static const struct opt *opt_of_letter(const struct grammar *g, int letter)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->row[i]->letter == letter)
			return g->row[i];
	return NULL;
}

/* --- options that are none ------------------------------------------------------------------------------- */

/* How many rows the beginning of a name may stand for; the last of them. */
static size_t opts_that_begin(const struct grammar *g, const char *name, size_t n, const struct opt **is)
{
	size_t found = 0;

	for (size_t i = 0; i < g->n; i++) {
		if (strncmp(g->row[i]->name, name, n) != 0)
			continue;
		*is = g->row[i];
		if (strlen(g->row[i]->name) == n)
			return 1;
		found++;
	}
	return found;
}

static int unknown_long(const struct opt_command *cmd, const struct grammar *g, const char *word, struct err *e)
{
	struct near near = { .word = word };
	const struct opt *o = NULL;
	size_t n = strcspn(word, "="), found = opts_that_begin(g, word, n, &o);

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

/* getopt_long() has gone past a long option that it did not take, and tells a letter. */
static int unknown_option(const struct opt_command *cmd, const struct grammar *g, char **argv, struct err *e)
{
	const struct opt *o = optopt && optopt < FIRST_LONG ? opt_of_letter(g, optopt) : NULL;

	if (o)
		return err_set(e, "-%c is not complete; write -%c %s", o->letter, o->letter, o->arg);
	if (optopt && optopt < FIRST_LONG)
		return err_set(e, "there is no option '-%c'; '%s --help' lists them", optopt, cmd->name);
	return unknown_long(cmd, g, argv[optind - 1] + 2, e);
}

/* --- the command line ------------------------------------------------------------------------------------ */

struct opt_parsing {
	const struct opt_command *cmd;
	struct grammar grammar;
	void *ctx;
	struct err *e;
	const char *word; /* the last one that was none of an option's */
};

static int take_word(struct opt_parsing *p, const char *word)
{
	const struct opt *o = &p->cmd->word;

	if (p->word && o->kind != OPT_WORDS && o->kind != OPT_CALL)
		return err_set(p->e, "one %s at a time: '%.40s' and '%.40s'", o->name, p->word, word);
	p->word = word;
	return opt_set(o, word, p->ctx, p->e);
}

static int take_row(struct opt_parsing *p, const struct opt *o)
{
	static const int asked[HELP_ROWS] = { OPT_HELP, OPT_USAGE, OPT_VERSION };

	for (size_t i = 0; i < HELP_ROWS; i++)
		if (o == &help_rows[i])
			return asked[i];
	return opt_set(o, optarg, p->ctx, p->e);
}

/* What getopt_long() has found. 0, OPT_HELP, OPT_USAGE, OPT_VERSION, -1. */
static int take(struct opt_parsing *p, int key, char **argv)
{
	if (key == ALSO_HELP || (key == '?' && optopt == '?'))
		return OPT_HELP;
	if (key == '?' || key == ':')
		return unknown_option(p->cmd, &p->grammar, argv, p->e);
	if (key == IS_WORD)
		return take_word(p, optarg);
	return take_row(p, key >= FIRST_LONG ? p->grammar.row[key - FIRST_LONG] : opt_of_letter(&p->grammar, key));
}

/* Behind "--", or somebody else's words, options among them. */
static int take_rest(struct opt_parsing *p, int argc, char **argv)
{
	int rc = 0;

	if (p->cmd->rest && argc > 0)
		return p->cmd->rest(p->ctx, argc, argv, p->e);
	for (int i = 0; i < argc && rc == 0; i++)
		rc = take_word(p, argv[i]);
	return rc;
}

int opt_parse(const struct opt_command *cmd, int argc, char **argv, void *ctx, struct err *e)
{
	struct opt_parsing p = { .cmd = cmd, .grammar = grammar_of(cmd), .ctx = ctx, .e = e };
	int key, rc = 0;

	opterr = 0;
	optind = 0; /* begins anew */
	while (rc == 0 && (key = getopt_long(argc, argv, buf_text(&p.grammar.letters), p.grammar.longs, NULL)) != -1)
		rc = take(&p, key, argv);
	if (rc == 0)
		rc = take_rest(&p, argc - optind, argv + optind);
	grammar_free(&p.grammar);
	return rc;
}

/* --- help ------------------------------------------------------------------------------------------------ */

enum { HELP_WIDTH = 79, HELP_NAME_AT = 6, HELP_AT = 29, USAGE_AT = 12 };

/* A line that stands at column `at`, and those below it. */
static void add_wrapped(struct buf *out, const char *text, size_t at)
{
	const char *rest = text;

	for (;;) {
		buf_add(out, text, text_wrap(text, HELP_WIDTH - at, &rest));
		buf_puts(out, "\n");
		if (!*rest)
			return;
		buf_repeat(out, " ", at);
		text = rest;
	}
}

static void help_row(struct buf *out, const struct opt *o)
{
	struct buf head = { 0 };

	if (o->letter)
		buf_addf(&head, "  -%c, ", o->letter);
	text_pad(&head, "", head.len ? 0 : HELP_NAME_AT);
	buf_addf(&head, "--%s%s%s", o->name, o->arg ? "=" : "", o->arg ? o->arg : "");
	text_pad(out, buf_text(&head), HELP_AT);
	if (head.len >= HELP_AT) {
		buf_puts(out, "\n");
		buf_repeat(out, " ", HELP_AT);
	}
	add_wrapped(out, o->help, HELP_AT);
	buf_free(&head);
}

static void help_long(const struct opt_command *cmd, const struct grammar *g, struct buf *out)
{
	bool values = false;

	buf_addf(out, "Usage: %s [OPTION...]%s%s\n", cmd->name, *cmd->args ? " " : "", cmd->args);
	add_wrapped(out, cmd->summary, 0);
	buf_puts(out, "\n");
	for (size_t i = 0; i < g->n; i++) {
		help_row(out, g->row[i]);
		values |= g->row[i]->letter && g->row[i]->arg;
	}
	if (values)
		buf_puts(out, "\nA value that a long option wants is wanted by its letter too: -x VALUE.\n");
}

/* One piece of the short form, which is not broken: the line it stands in may be. */
static void usage_piece(struct buf *out, size_t *at, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void usage_piece(struct buf *out, size_t *at, const char *fmt, ...)
{
	struct buf piece = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&piece, fmt, ap);
	va_end(ap);
	if (*at + 1 + piece.len > HELP_WIDTH) {
		buf_puts(out, "\n");
		buf_repeat(out, " ", USAGE_AT - 1);
		*at = USAGE_AT - 1;
	}
	buf_addf(out, " %s", buf_text(&piece));
	*at += 1 + piece.len;
	buf_free(&piece);
}

static void usage_options(const struct grammar *g, struct buf *out, size_t *at)
{
	struct buf letters = { 0 };

	for (size_t i = 0; i < g->n; i++)
		if (g->row[i]->letter && !g->row[i]->arg)
			buf_addf(&letters, "%c", g->row[i]->letter);
	usage_piece(out, at, "[-%s]", buf_text(&letters));
	for (size_t i = 0; i < g->n; i++)
		if (g->row[i]->letter && g->row[i]->arg)
			usage_piece(out, at, "[-%c %s]", g->row[i]->letter, g->row[i]->arg);
	for (size_t i = 0; i < g->n; i++)
		usage_piece(out, at, "[--%s%s%s]", g->row[i]->name, g->row[i]->arg ? "=" : "",
		            g->row[i]->arg ? g->row[i]->arg : "");
	buf_free(&letters);
}

static void help_short(const struct opt_command *cmd, const struct grammar *g, struct buf *out)
{
	size_t at = strlen("Usage: ") + strlen(cmd->name);
	char *words = xstrdup(cmd->args), *rest = NULL;

	buf_addf(out, "Usage: %s", cmd->name);
	usage_options(g, out, &at);
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		usage_piece(out, &at, "%s", word);
	buf_puts(out, "\n");
	free(words);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct opt *const *)a)->name, (*(const struct opt *const *)b)->name);
}

void opt_help(const struct opt_command *cmd, int which, struct buf *out)
{
	struct grammar g = grammar_of(cmd);

	qsort(g.row, g.n - HELP_ROWS, sizeof(struct opt *), by_name);
	(which == OPT_USAGE ? help_short : help_long)(cmd, &g, out);
	grammar_free(&g);
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

/* mdoc wants each sentence on a line of its own; the last one has no full stop in the table. */
static void manual_sentences(struct buf *out, const char *help)
{
	for (const char *end; (end = strstr(help, ". ")); help = end + 2) {
		buf_add(out, help, (size_t)(end - help));
		buf_puts(out, ".\n");
	}
	buf_addf(out, "%s.\n", help);
}

void opt_manual(const struct opt *opts, struct buf *out)
{
	buf_puts(out, ".Bl -tag -width Ds\n");
	for (const struct opt *o = opts; o->name; o++) {
		buf_puts(out, ".It ");
		manual_flag(o, out);
		buf_puts(out, "\n");
		manual_sentences(out, o->help);
	}
	buf_puts(out, ".El\n");
}
