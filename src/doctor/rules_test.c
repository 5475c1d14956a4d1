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
 *
 * Below edge and row: differences from the base, "+ " lines that the base has not, "= " what must be among what is
 * said, "= !" what must not (an edge's verdicts are then "said" and "silent").
 *
 * A verdict is severity, count and confidence of each finding, worst first, "; " between them, "unknown" if the rule
 * could not judge, or not all, and "-" if all is well.
 *
 * From each of these machines everything that may be missing is taken away, one at a time (without.h). The rule must
 * say the same then, or that it is unknown, and nothing that it did not say: neither accuse, nor find well what it
 * accused. */
#include "base/file.h"
#include "doctor/without.h"

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
	char *base;
	bool fires, silent; /* there is a machine on which it does, and one on which it is */
	bool edges[THRESHOLDS];
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

/* --- what is missing --------------------------------------------------------------------------------------- */

/* What a rule says in the end, to be compared. */
enum { FINDINGS_MOST = 8 };

struct said_by_rule {
	struct {
		enum severity severity;
		enum confidence confidence;
		size_t count;
	} all[FINDINGS_MOST];
	size_t n;
	bool unknown;
	char text[200]; /* as say_verdict() has it */
};

/* Judged by that rule alone. */
static void say_of(struct by_hand *h, const struct probes *probes, struct said_by_rule *out)
{
	struct doctor_settings s = { .only = now.rule->text.id };
	struct findings fs = { 0 };
	struct buf text = { 0 };

	thresholds_default(&s.thresholds);
	*out = (struct said_by_rule){ .n = 0 };
	doctor_examine(&h->o, &s, probes, &fs);
	for (size_t k = 0; k < fs.n && k < FINDINGS_MOST; k++) {
		out->all[out->n].severity = fs.all[k]->severity;
		out->all[out->n].confidence = fs.all[k]->confidence;
		out->all[out->n++].count = fs.all[k]->count;
	}
	out->unknown = fs.n_unjudged > 0;
	say_verdict(&text, &fs);
	snprintf(out->text, sizeof out->text, "%s", buf_text(&text));
	buf_free(&text);
	findings_free(&fs);
}

static bool is_same_verdict(const struct said_by_rule *full, const struct said_by_rule *is)
{
	if (full->n != is->n)
		return false;
	for (size_t i = 0; i < is->n; i++)
		if (full->all[i].severity != is->all[i].severity || full->all[i].count != is->all[i].count ||
		    full->all[i].confidence < is->all[i].confidence)
			return false;
	return true;
}

static size_t accused(const struct said_by_rule *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->all[i].count;
	return n;
}

/* No more are accused, and of nothing worse. */
static bool is_no_worse(const struct said_by_rule *full, const struct said_by_rule *is)
{
	if (accused(is) > accused(full))
		return false;
	return !is->n || (full->n && is->all[0].severity <= full->all[0].severity); /* worst first */
}

static bool is_honest(const struct without *w, const struct said_by_rule *full, const struct said_by_rule *is)
{
	if (is_same_verdict(full, is))
		return true;
	return is->unknown && (is_no_worse(full, is) || (w->weighs && is->n == full->n));
}

/* Rules about what is seen say what is missing: that is no trouble of the machine. */
static bool is_of_sight(const struct rule *r)
{
	return strncmp(r->text.id, "LA9", 3) == 0;
}

/* A machine from which something may be taken away. Sockets are made anew then, and only where it was there; what else
 * there is, is put back. */
struct whole {
	const char *but;
	struct by_hand *h;
	struct probes probes;
	struct observation o; /* as it was */
	struct net_facts *nets;
	struct process_facts *processes;
	struct said_by_rule says;
	size_t bad;
};

static void forget_whole(struct whole *m)
{
	if (m->h)
		by_hand_free(m->h);
	free(m->nets);
	free(m->processes);
}

static void make_whole(struct whole *m, unsigned lacks)
{
	forget_whole(m);
	m->h = by_hand_lacking(now.base, m->but, lacks);
	m->probes = by_hand_probes(m->h);
	m->o = m->h->o;
	m->nets = xcalloc(m->o.n_nets + 1, sizeof *m->nets);
	m->processes = xcalloc(m->o.n_processes + 1, sizeof *m->processes);
	for (size_t i = 0; i < m->o.n_nets; i++)
		m->nets[i] = m->o.nets[i];
	for (size_t i = 0; i < m->o.n_processes; i++)
		m->processes[i] = m->o.processes[i];
}

static void put_back(struct whole *m)
{
	m->h->o = m->o;
	m->probes = by_hand_probes(m->h);
	for (size_t i = 0; i < m->o.n_nets; i++)
		m->o.nets[i] = m->nets[i];
	for (size_t i = 0; i < m->o.n_processes; i++)
		m->o.processes[i] = m->processes[i];
}

static void try_without(struct whole *m, const struct without *w, size_t i)
{
	struct said_by_rule is;
	struct buf what = { 0 };

	if (w->lacks)
		make_whole(m, w->lacks);
	if (!without_take(w, m->h, &m->probes, i))
		return;
	say_of(m->h, &m->probes, &is);
	if (w->drop && !w->of_looks)
		put_back(m);
	else
		make_whole(m, 0);
	if (is_honest(w, &m->says, &is))
		return;
	without_say(&what, w, i);
	printf("# without %s: %s, and not %s\n", buf_text(&what), is.text, m->says.text);
	buf_free(&what);
	m->bad++;
}

static void try_all_without(const char *but, const char *what)
{
	struct whole m = { .but = but };

	if (is_of_sight(now.rule))
		return;
	make_whole(&m, 0);
	say_of(m.h, &m.probes, &m.says);
	for (size_t k = 0; k < ARRAY_SIZE(withouts); k++)
		for (size_t i = 0; i < without_count(&withouts[k]); i++)
			try_without(&m, &withouts[k], i);
	forget_whole(&m);
	ok(m.bad == 0, "%s: %s: whatever is missing, the same or unknown", now.rule->text.id, what);
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

	now.fires = *rest != '-';
	expect(verdict, rest, "fires");
	expect(says, s->body, "says whom, what, and by which figures");
	try_all_without("", "fires");
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
	try_all_without(s->but, threshold_info(of)->word);
}

static void do_row(struct statement *s, char *rest)
{
	const char *what = cut(rest, " : ");
	char *verdict = judged_by_default(s->but, say_verdict), *says = judged_by_default(s->but, say_all);

	expect(verdict, rest, what);
	if (*s->says && !ok(is_said(says, s->says), "%s: %s: says so", now.rule->text.id, what))
		printf("# should have: %s\n# says: %s\n", s->says, says);
	now.silent |= streq(rest, "-");
	try_all_without(s->but, what);
	free(verdict);
	free(says);
}

static const struct {
	const char *word;
	void (*run)(struct statement *s, char *rest);
} statements[] = {
	{ "base", do_base },
	{ "fires", do_fires },
	{ "edge", do_edge },
	{ "row", do_row },
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

/* --- a rule ------------------------------------------------------------------------------------------------ */

static void check_whole(void)
{
	const struct rule *r = now.rule;

	ok(now.fires && now.silent, "%s has a machine on which it fires, and one on which it is silent", r->text.id);
	for (unsigned i = 0; i < r->thresholds; i++)
		ok(now.edges[r->by[i]], "%s has an edge of %s", r->text.id, threshold_info(r->by[i])->word);
}

static void forget(void)
{
	free(now.base);
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
