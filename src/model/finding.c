/* SPDX-License-Identifier: MIT
 * What rules have found. */
#include "model/finding.h"
#include "base/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *severity_word(enum severity s)
{
	static const char *const words[] = { "ok", "info", "warning", "critical" };

	return words[s];
}

const char *confidence_word(enum confidence c)
{
	static const char *const words[] = { "possible", "likely", "proved" };

	return words[c];
}

const char *unit_word(enum unit u)
{
	static const char *const words[UNITS] = { "", "sockets", "bytes", "ns", "1/s", "%", "descriptors", "pages" };

	return words[u];
}

/* --- making ---------------------------------------------------------------------------------------------- */

struct finding *findings_add(struct findings *fs, const struct rule_text *rule, enum severity severity)
{
	struct finding *f = xcalloc(1, sizeof *f);

	f->rule = rule;
	f->severity = severity;
	f->confidence = CONFIDENCE_LIKELY;
	fs->all = grow(fs->all, fs->n, &fs->cap, sizeof(struct finding *));
	fs->all[fs->n++] = f;
	return f;
}

static struct unjudged *unjudged_of(struct findings *fs, const struct rule_text *rule)
{
	for (size_t i = 0; i < fs->n_unjudged; i++)
		if (fs->unjudged[i].rule == rule)
			return &fs->unjudged[i];
	fs->unjudged = grow(fs->unjudged, fs->n_unjudged, &fs->cap_unjudged, sizeof *fs->unjudged);
	fs->unjudged[fs->n_unjudged] = (struct unjudged){ .rule = rule };
	return &fs->unjudged[fs->n_unjudged++];
}

/* Of many sockets, or namespaces, the same is told once. */
void findings_unjudged(struct findings *fs, const struct rule_text *rule, const char *fmt, ...)
{
	struct unjudged *u = unjudged_of(fs, rule);
	char why[sizeof u->why];
	size_t n = strlen(u->why);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	if (!strstr(u->why, why))
		snprintf(u->why + n, sizeof u->why - n, "%s%s", n ? "; " : "", why);
}

struct buf *finding_line(struct finding *f)
{
	if (f->n_lines < LINES)
		f->n_lines++;
	return &f->lines[f->n_lines - 1];
}

void finding_figure(struct finding *f, const struct figure *figure)
{
	if (f->n_figures < FIGURES)
		f->figures[f->n_figures++] = *figure;
}

void finding_sock(struct finding *f, size_t index)
{
	f->socks = grow(f->socks, f->n_socks, &f->cap_socks, sizeof *f->socks);
	f->socks[f->n_socks++] = (uint32_t)index;
}

/* --- all of them ----------------------------------------------------------------------------------------- */

enum severity findings_worst(const struct findings *fs)
{
	enum severity worst = SEVERITY_OK;

	for (size_t i = 0; i < fs->n; i++)
		if (!fs->all[i]->suppressed && fs->all[i]->severity > worst)
			worst = fs->all[i]->severity;
	return worst;
}

size_t findings_count(const struct findings *fs, enum severity s)
{
	size_t n = 0;

	for (size_t i = 0; i < fs->n; i++)
		n += !fs->all[i]->suppressed && !finding_follows(fs->all[i]) && !fs->all[i]->rule->of_sight &&
		     fs->all[i]->severity == s;
	return n;
}

bool finding_follows(const struct finding *f)
{
	return f->root && !f->root->suppressed;
}

size_t findings_following(const struct findings *fs)
{
	size_t n = 0;

	for (size_t i = 0; i < fs->n; i++)
		n += !fs->all[i]->suppressed && finding_follows(fs->all[i]);
	return n;
}

/* What it is a consequence of, whatever that is a consequence of. */
static const struct finding *origin(const struct finding *f)
{
	while (f->root)
		f = f->root;
	return f;
}

static int compare(const struct finding *a, const struct finding *b)
{
	int worse = (int)b->severity - (int)a->severity;
	int id = worse ? worse : strcmp(a->rule->id, b->rule->id);

	if (id)
		return id;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->subject.pid < b->subject.pid ? -1 : a->subject.pid > b->subject.pid;
}

static int depth(const struct finding *f)
{
	return f->root ? 1 + depth(f->root) : 0;
}

/* One trouble stands together, in the place of its root. */
static int order(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a, *y = *(const struct finding *const *)b;

	if (origin(x) != origin(y))
		return compare(origin(x), origin(y));
	if (depth(x) != depth(y))
		return depth(x) - depth(y);
	return compare(x, y);
}

void findings_sort(struct findings *fs)
{
	if (fs->n)
		qsort(fs->all, fs->n, sizeof(struct finding *), order);
}

void finding_free(struct finding *f)
{
	for (size_t i = 0; i < LINES; i++)
		buf_free(&f->lines[i]);
	buf_free(&f->headline);
	buf_free(&f->cause);
	buf_free(&f->place);
	free(f->socks);
	free(f);
}

void findings_free(struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		finding_free(fs->all[i]);
	free(fs->all);
	free(fs->unjudged);
	*fs = (struct findings){ 0 };
}

static uint64_t mix_text(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = hash_mix(h, (unsigned char)*text);
	return hash_mix(h, 0);
}

uint64_t finding_fingerprint(const struct finding *f)
{
	uint64_t h = mix_text(0, f->rule->id);

	h = mix_text(h, f->subject.process ? f->subject.process->exe : f->subject.comm);
	h = hash_mix(h, f->subject.has_local ? f->subject.local.port : 0);
	h = hash_mix(h, f->subject.has_peer ? f->subject.peer.port : 0);
	return mix_text(h, buf_text(&f->place));
}
