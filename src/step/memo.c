/* SPDX-License-Identifier: MIT
 * Places in the code. */
#include "step/memo.h"

#include <stdlib.h>

/* Some MB. A program that has more places begins anew. */
enum { PLACES_KEPT = 4096 };

static uint64_t key_of(uint64_t pc, bool innermost)
{
	return pc << 1 | innermost;
}

static const struct place *find(const struct memo *m, uint64_t pc, bool innermost)
{
	struct table_walk w = table_find(&m->by_pc, key_of(pc, innermost));

	for (uint32_t i; table_next(&m->by_pc, &w, &i);)
		if (m->all[i].rule.pc == pc && !m->all[i].rule.innermost == !innermost)
			return &m->all[i];
	return NULL;
}

/* --- keeping ------------------------------------------------------------------------------------------- */

void memo_clear(struct memo *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->all[i].frames);
	free(m->all);
	table_free(&m->by_pc);
	*m = (struct memo){ 0 };
}

/* In no module: something was mapped since, and the next time it may be known. */
static bool may_be_kept(const struct caller_rule *r, const struct frame *frames)
{
	bool kept = r->n > 0 && r->caller != CALLER_UNSAID;

	for (uint32_t i = 0; i < r->n; i++)
		kept = kept && !frames[i].made && frames[i].module[0];
	return kept;
}

static void keep(struct memo *m, const struct caller_rule *r, const struct frame *frames)
{
	struct place p = { *r, NULL };

	if (!may_be_kept(r, frames) || find(m, r->pc, r->innermost))
		return;
	if (m->n == PLACES_KEPT)
		memo_clear(m);
	p.frames = xcalloc(r->n, sizeof *p.frames);
	memcpy(p.frames, frames, r->n * sizeof *p.frames);
	m->all = grow(m->all, m->n, &m->cap, sizeof *m->all);
	table_add(&m->by_pc, key_of(r->pc, r->innermost), (uint32_t)m->n);
	m->all[m->n++] = p;
}

void memo_keep(struct memo *m, const struct caller_rule *rules, size_t n, const struct frame *frames, size_t n_frames)
{
	for (size_t i = 0; i < n && rules[i].n <= n_frames; i++) {
		keep(m, &rules[i], frames);
		frames += rules[i].n;
		n_frames -= rules[i].n;
	}
}

/* --- walking ------------------------------------------------------------------------------------------- */

/* Where a walk is. */
struct walk {
	const struct stack *s;
	uint64_t pc, sp, frame_pointer;
	bool innermost;
};

/* Beyond the sample only the child can read. */
static bool word_at(const struct stack *s, uint64_t at, uint64_t *word)
{
	if (at < s->sp || s->n < sizeof *word || at - s->sp > s->n - sizeof *word)
		return false;
	memcpy(word, s->bytes + (at - s->sp), sizeof *word);
	return true;
}

/* To the caller; false: it is not told by what is here. */
static bool go_up(struct walk *w, const struct caller_rule *r)
{
	uint64_t top = (r->by_frame_pointer ? w->frame_pointer : w->sp) + (uint64_t)r->top;

	if (!word_at(w->s, top + (uint64_t)r->pc_at, &w->pc) || r->frame_pointer == POINTER_LOST)
		return false;
	if (r->frame_pointer == POINTER_SAVED && !word_at(w->s, top + (uint64_t)r->saved_at, &w->frame_pointer))
		return false;
	w->sp = top;
	w->innermost = false;
	return true;
}

ssize_t memo_frames(const struct memo *m, const struct stack *s, struct frame *frames, size_t max, enum until until)
{
	struct walk w = { s, s->pc, s->sp, s->reg[processor.frame], true };
	size_t n = 0;

	if (s->partial || !processor.frame)
		return -1;
	do {
		const struct place *p = find(m, w.pc, w.innermost);

		if (!p || p->rule.n > max - n)
			return -1;
		memcpy(frames + n, p->frames, p->rule.n * sizeof *frames);
		n += p->rule.n;
		if (p->rule.caller == CALLER_NONE || frames_end(p->frames, p->rule.n, until))
			return (ssize_t)n;
		if (!go_up(&w, &p->rule))
			return -1;
	} while (w.pc); /* where some outermost functions say they return to */
	return (ssize_t)n;
}
