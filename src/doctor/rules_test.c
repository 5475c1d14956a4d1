/* SPDX-License-Identifier: MIT
 * What each rule must say of machines made by hand: laNNN.rows beside laNNN.c, in $SRC/src/doctor ($SRC: ".").
 *
 * A statement begins a line, what belongs to it stands below it behind a tab:
 *
 *     base                                 the machine on which the rule fires (by_hand.h)
 *     fires VERDICT                        what it says there, word by word
 *     edge THRESHOLD : LESS | SAME | MORE  the verdicts when the threshold is a little less than what is measured,
 *                                          the same, and a little more
 *     row VERDICT : of what                another machine
 *     debt DIFFERENCE : VERDICT            what may be unknown and makes another verdict than "unknown"; below it, why
 *
 * Below edge and row: differences from the base, "+ " lines that the base has not, "= " what must be among what is
 * said, "= !" what must not (an edge's verdicts are then "said" and "silent").
 *
 * A verdict is severity, count and confidence of each finding, worst first, "; " between them, "unknown" if the rule
 * could not judge, or not all, and "-" if all is well. */
#include "base/file.h"
#include "doctor/by_hand.h"

/* --- saying ------------------------------------------------------------------------------------------------ */

static void say_verdict(struct buf *out, const struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		buf_addf(out, "%s%s %zu %s", out->len ? "; " : "", severity_word(fs->all[i]->severity),
		         fs->all[i]->count, confidence_word(fs->all[i]->confidence));
	if (fs->n_unjudged)
		buf_puts(out, out->len ? "; unknown" : "unknown");
	if (!out->len)
		buf_puts(out, "-");
}

static void say_end(struct buf *out, const char *how, const struct endpoint *e)
{
	char at[ADDR_TEXT];

	endpoint_format(at, e);
	buf_addf(out, " %s %s", how, at);
}

static void say_subject(struct buf *out, const struct subject *s)
{
	if (s->pid)
		buf_addf(out, " %s[%d]", s->comm, s->pid);
	if (s->netns)
		buf_addf(out, " netns %llu", (unsigned long long)s->netns);
	if (s->has_local)
		say_end(out, "at", &s->local);
	if (s->has_peer)
		say_end(out, "to", &s->peer);
}

static void say_figure(struct buf *out, const struct figure *f)
{
	buf_addf(out, "%s %.6g %s", f->metric, f->value, unit_word(f->unit));
	if (f->has_threshold)
		buf_addf(out, " of %.6g", f->threshold);
	buf_addf(out, " (%s)\n", f->source);
}

static void say_finding(struct buf *out, const struct finding *f)
{
	buf_puts(out, "about");
	say_subject(out, &f->subject);
	buf_addf(out, ", sockets: %zu\n%s\n", f->n_socks, buf_text(&f->headline));
	for (size_t i = 0; i < f->n_lines; i++)
		buf_addf(out, "- %s\n", buf_text(&f->lines[i]));
	if (f->cause.len)
		buf_addf(out, "cause: %s\n", buf_text(&f->cause));
	if (f->place.len)
		buf_addf(out, "place: %s\n", buf_text(&f->place));
	for (size_t i = 0; i < f->n_figures; i++)
		say_figure(out, &f->figures[i]);
}

static void say_all(struct buf *out, const struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		say_finding(out, fs->all[i]);
	for (size_t i = 0; i < fs->n_unjudged; i++)
		buf_addf(out, "unknown: %s\n", fs->unjudged[i].why);
}

/* --- judging ----------------------------------------------------------------------------------------------- */

/* What is known of the rule whose file is read. */
static struct {
	const struct rule *rule;
	char *base, *verdict;
	bool edges[THRESHOLDS];
	size_t rows;
	struct debt {
		char *but, *verdict;
		bool paid;
	} debts[24];
	size_t n_debts;
} now;

typedef void sayer(struct buf *out, const struct findings *fs);

/* Of that rule alone; for free(). */
static char *judged(const char *but, const struct thresholds *t, sayer *say)
{
	struct by_hand *h = by_hand(now.base, but);
	struct probes probes = by_hand_probes(h);
	struct doctor_settings s = { .thresholds = *t, .only = now.rule->text.id };
	struct findings fs = { 0 };
	struct buf out = { 0 };

	doctor_examine(&h->o, &s, &probes, &fs);
	say(&out, &fs);
	findings_free(&fs);
	by_hand_free(h);
	return out.text ? out.text : xstrdup("");
}

static char *judged_by_default(const char *but, sayer *say)
{
	struct thresholds t;

	thresholds_default(&t);
	return judged(but, &t, say);
}

static void expect(const char *is, const char *should, const char *what)
{
	char name[300];

	snprintf(name, sizeof name, "%s: %s", now.rule->text.id, what);
	same_text(is, should, name);
}

/* --- statements -------------------------------------------------------------------------------------------- */

enum { DEEP = 4096 };

struct statement {
	char head[512];
	char but[DEEP]; /* differences, and behind them lines of their own */
	char says[DEEP];
	char body[DEEP]; /* all of it, as it stands there */
};

static void append(char to[DEEP], const char *before, const char *text)
{
	size_t n = strlen(to);

	if (n + strlen(before) + strlen(text) >= DEEP)
		hand_fail("%s: a statement is too long", now.rule->text.id);
	strcpy(to + n, before);
	strcat(to, text);
}

/* Cuts `head` at the first `mark`: what stands behind it. */
static char *cut(char *head, const char *mark)
{
	char *at = strstr(head, mark);

	if (!at)
		hand_fail("%s: '%s' has no '%s'", now.rule->text.id, head, mark);
	*at = 0;
	return at + strlen(mark);
}

static void do_base(struct statement *s, char *rest)
{
	(void)rest;
	now.base = xstrdup(s->body);
}

static void do_fires(struct statement *s, char *rest)
{
	char *verdict = judged_by_default("", say_verdict), *says = judged_by_default("", say_all);

	now.verdict = xstrdup(rest);
	expect(verdict, rest, "fires");
	expect(says, s->body, "says whom, what, and by which figures");
	free(verdict);
	free(says);
}

/* How much is a little. */
static double little(enum threshold of)
{
	static const double steps[] = { [THRESHOLD_SECONDS] = 0.001,
		                        [THRESHOLD_COUNT] = 1,
		                        [THRESHOLD_PERCENT] = 0.1,
		                        [THRESHOLD_BYTES] = 1,
		                        [THRESHOLD_RATE] = 0.01 };

	return steps[threshold_info(of)->kind];
}

static enum threshold threshold_named(const char *word)
{
	for (int t = 0; t < THRESHOLDS; t++)
		if (streq(threshold_info((enum threshold)t)->word, word))
			return (enum threshold)t;
	hand_fail("%s: there is no threshold %s", now.rule->text.id, word);
}

/* Each of the lines of `lines` is among what is said, and one behind "!" is not. */
static bool is_said(const char *says, const char *lines)
{
	char line[512];

	for (size_t n; *lines; lines += n + (lines[n] != 0)) {
		n = strcspn(lines, "\n");
		snprintf(line, sizeof line, "%.*s", (int)n, lines);
		if ((strstr(says, line + (*line == '!')) != NULL) == (*line == '!'))
			return false;
	}
	return true;
}

static char *judged_beside(const struct statement *s, const struct thresholds *t)
{
	bool said;
	char *is;

	if (!*s->says)
		return judged(s->but, t, say_verdict);
	is = judged(s->but, t, say_all);
	said = is_said(is, s->says);
	free(is);
	return xstrdup(said ? "said" : "silent");
}

static void expect_beside(const struct statement *s, enum threshold of, int side, const char *verdict)
{
	static const char *const words[] = { "less", "that", "more" };
	struct thresholds t;
	char what[200], *is;

	thresholds_default(&t);
	t.of[of] += side * little(of);
	is = judged_beside(s, &t);
	snprintf(what, sizeof what, "%s %g measured, and the threshold is %s", threshold_info(of)->word,
	         threshold_info(of)->value, words[side + 1]);
	expect(is, verdict, what);
	free(is);
}

/* One at which all three verdicts are the same would prove nothing. */
static void do_edge(struct statement *s, char *rest)
{
	char *below = cut(rest, " : "), *at = cut(below, " | "), *above = cut(at, " | ");
	enum threshold of = threshold_named(rest);

	if (streq(below, at) == streq(at, above))
		ok(false, "%s: the edge of %s is one", now.rule->text.id, rest);
	expect_beside(s, of, -1, below);
	expect_beside(s, of, 0, at);
	expect_beside(s, of, 1, above);
	now.edges[of] = true;
}

static void do_row(struct statement *s, char *rest)
{
	const char *what = cut(rest, " : ");
	char *verdict = judged_by_default(s->but, say_verdict), *says = judged_by_default(s->but, say_all);

	expect(verdict, rest, what);
	if (*s->says && !ok(is_said(says, s->says), "%s: %s: says so", now.rule->text.id, what))
		printf("# should have: %s\n# says: %s\n", s->says, says);
	now.rows++;
	free(verdict);
	free(says);
}

static void do_debt(struct statement *s, char *rest)
{
	const char *verdict = cut(rest, " : ");

	ok(*s->body, "%s: why %s is silent", now.rule->text.id, rest);
	if (now.n_debts == ARRAY_SIZE(now.debts))
		hand_fail("%s: too many debts", now.rule->text.id);
	now.debts[now.n_debts++] = (struct debt){ xstrdup(rest), xstrdup(verdict), false };
}

static const struct {
	const char *word;
	void (*run)(struct statement *s, char *rest);
} statements[] = {
	{ "base", do_base }, { "fires", do_fires }, { "edge", do_edge }, { "row", do_row }, { "debt", do_debt },
};

static void run(struct statement *s)
{
	size_t n = strcspn(s->head, " ");

	for (size_t i = 0; i < ARRAY_SIZE(statements) && n; i++)
		if (strlen(statements[i].word) == n && strncmp(s->head, statements[i].word, n) == 0) {
			statements[i].run(s, s->head + n + (s->head[n] == ' '));
			memset(s, 0, sizeof *s);
			return;
		}
	if (n)
		hand_fail("%s: '%s' is no statement", now.rule->text.id, s->head);
}

/* --- a file ------------------------------------------------------------------------------------------------ */

static void take_below(struct statement *s, const char *line)
{
	append(s->body, "", line);
	append(s->body, "", "\n");
	if (strncmp(line, "+ ", 2) == 0)
		append(s->but, "\n", line + 2);
	else if (strncmp(line, "= ", 2) == 0)
		append(s->says, *s->says ? "\n" : "", line + 2);
	else if (strchr(s->but, '\n'))
		hand_fail("%s: '%s' stands below a line of its own", now.rule->text.id, line);
	else
		append(s->but, " ", line);
}

static void take_line(struct statement *s, const char *line)
{
	if (*line == '\t') {
		take_below(s, line + 1);
		return;
	}
	if (*line == '#')
		return;
	run(s);
	snprintf(s->head, sizeof s->head, "%s", line);
}

static void read_rows(char *text)
{
	static struct statement s;

	for (char *line = text, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		take_line(&s, line);
	}
	run(&s);
}

/* --- what is unknown --------------------------------------------------------------------------------------- */

static struct debt *debt_of(const char *but)
{
	for (size_t i = 0; i < now.n_debts; i++)
		if (streq(now.debts[i].but, but))
			return &now.debts[i];
	return NULL;
}

static int worst(const char *verdict)
{
	static const char *const words[] = { "-", "info", "warning", "critical" };

	for (int i = 0; i < (int)ARRAY_SIZE(words); i++)
		if (strncmp(verdict, words[i], strlen(words[i])) == 0)
			return i;
	return 0;
}

/* The same; or it says that it does not know all, and nothing worse than if it did. */
static bool is_honest(const char *verdict)
{
	const char *unknown = strstr(verdict, "unknown");

	return streq(verdict, now.verdict) || (unknown && worst(verdict) <= worst(now.verdict));
}

/* What is missing makes the rule unknown, or it does not need it: it makes no other verdict. */
static void try_unknown(void *ctx, const char *but)
{
	char *is = judged_by_default(but, say_verdict);
	struct debt *debt = debt_of(but);

	(void)ctx;
	if (debt)
		ok(streq(is, debt->verdict), "%s: %s: %s, as is known, and not %s", now.rule->text.id, but,
		   debt->verdict, is);
	else
		ok(is_honest(is), "%s: %s: the same or unknown, and not %s", now.rule->text.id, but, is);
	if (debt)
		debt->paid = is_honest(is);
	free(is);
}

/* --- a rule ------------------------------------------------------------------------------------------------ */

static void check_whole(void)
{
	const struct rule *r = now.rule;

	ok(now.rows > 0, "%s has rows", r->text.id);
	for (unsigned i = 0; i < r->thresholds; i++)
		ok(now.edges[r->by[i]], "%s has an edge of %s", r->text.id, threshold_info(r->by[i])->word);
	for (size_t i = 0; i < now.n_debts; i++)
		ok(!now.debts[i].paid, "%s: %s is a debt still", r->text.id, now.debts[i].but);
}

static void forget(void)
{
	free(now.base);
	free(now.verdict);
	for (size_t i = 0; i < now.n_debts; i++) {
		free(now.debts[i].but);
		free(now.debts[i].verdict);
	}
	memset(&now, 0, sizeof now);
}

static void try_rule(const struct rule *r)
{
	const char *src = getenv("SRC");
	char path[512];
	struct buf text = { 0 };

	now.rule = r;
	snprintf(path, sizeof path, "%s/src/doctor/la%s.rows", src ? src : ".", r->text.id + 2);
	if (!ok(file_read(path, &text, 1 << 20) == 0, "%s has its rows in %s", r->text.id, path))
		return;
	read_rows(text.text);
	if (now.verdict)
		by_hand_unknowns(now.base, try_unknown, NULL);
	check_whole();
	buf_free(&text);
	forget();
}

int main(int argc, char **argv)
{
	for (const struct rule *const *r = doctor_rules; *r; r++)
		if (argc < 2 || streq(argv[1], (*r)->text.id))
			try_rule(*r);
	return tap_done();
}
