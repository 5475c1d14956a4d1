/* SPDX-License-Identifier: MIT
 * Words and sentences of a connection's story. */
#include "model/story.h"

static const struct remark_info remark_rows[] = {
#define REMARK(name, word, label, sentence) { word, label, sentence },
#include "model/remark.def"
#undef REMARK
};

static const struct word_info opening_rows[] = {
#define OPENING(name, word, sentence) { word, word, sentence },
#include "model/opening.def"
#undef OPENING
};

static const struct word_info ending_rows[] = {
#define ENDING(name, word, label, sentence) { word, label, sentence },
#include "model/ending.def"
#undef ENDING
};

static const struct word_info reset_rows[] = {
#define RESET(name, word, label, sentence) { word, label, sentence },
#include "model/reset.def"
#undef RESET
};

_Static_assert(REMARKS <= 32, "a set of remarks is 32 bits");

const struct remark_info *remark_info(enum remark r)
{
	return &remark_rows[r];
}

const struct word_info *opening_info(enum opening o)
{
	return &opening_rows[o];
}

const struct word_info *ending_info(enum ending e)
{
	return &ending_rows[e];
}

const struct word_info *reset_info(enum reset r)
{
	return &reset_rows[r];
}

void sentence_add(struct buf *out, const char *sentence, enum side side)
{
	const char *mark;

	while ((mark = strstr(sentence, "SIDE"))) {
		buf_add(out, sentence, (size_t)(mark - sentence));
		buf_puts(out, side == NO_SIDE ? "one side" : side_name(side));
		sentence = mark + strlen("SIDE");
	}
	buf_puts(out, sentence);
}

void story_label(struct buf *out, const struct story *s)
{
	sentence_add(out, ending_info(s->ending)->label, s->closer);
	buf_puts(out, reset_info(s->reset)->label);
}

void story_sentence(struct buf *out, const struct story *s)
{
	if (s->ending == ENDING_RESET)
		sentence_add(out, reset_info(s->reset)->sentence, s->closer);
	else
		sentence_add(out, ending_info(s->ending)->sentence, s->closer);
}
