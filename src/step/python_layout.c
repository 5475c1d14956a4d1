/* SPDX-License-Identifier: MIT
 * Where what lies in CPython. */
#include "step/python_layout.h"
#include "base/util.h"

#define TEXT_OF(ascii, other)                                                                                          \
	.type = 8, .length = 16, .text_state = 32, .text_ascii = ascii, .text_other = other, .bytes = 32

static const struct {
	unsigned version;
	struct python_layout is;
} rows[] = {
	{ 0x0309,
	  { .interpreters = 32,
	    .interpreter_next = 0,
	    .threads = 8,
	    .thread_prev = 0,
	    .thread_next = 8,
	    .thread_id = 176,
	    .thread_frame = 24,
	    .frame_back = 24,
	    .frame_code = 32,
	    .frame_at = 104,
	    .number_size = 1,
	    .runs = RUN_IS_ONE,
	    .code_file = 104,
	    .code_name = 112,
	    .code_lines = 120,
	    .code_first = 40,
	    .lines = LINES_STEPS,
	    TEXT_OF(48, 72) } },
	{ 0x030a,
	  { .interpreters = 32,
	    .interpreter_next = 0,
	    .threads = 8,
	    .thread_prev = 0,
	    .thread_next = 8,
	    .thread_id = 176,
	    .thread_frame = 24,
	    .frame_back = 24,
	    .frame_code = 32,
	    .frame_at = 96,
	    .number_size = 2,
	    .runs = RUN_IS_ONE,
	    .code_file = 104,
	    .code_name = 112,
	    .code_lines = 120,
	    .code_first = 40,
	    .lines = LINES_RANGES,
	    TEXT_OF(48, 72) } },
	{ 0x030b,
	  { .interpreters = 40,
	    .interpreter_next = 0,
	    .threads = 16,
	    .thread_prev = 0,
	    .thread_next = 8,
	    .thread_id = 152,
	    .native_id = 160,
	    .thread_frame = 56,
	    .indirect = true,
	    .indirect_frame = 8,
	    .frame_back = 48,
	    .frame_code = 32,
	    .frame_at = 56,
	    .frame_owner = 69,
	    .frame_marked = 68,
	    .runs = RUN_MARKED,
	    .code_file = 112,
	    .code_name = 128,
	    .code_lines = 136,
	    .code_first = 72,
	    .code_bytes = 184,
	    .lines = LINES_PLACES,
	    TEXT_OF(48, 72) } },
	{ 0x030c,
	  { .interpreters = 40,
	    .interpreter_next = 0,
	    .threads = 72,
	    .thread_prev = 0,
	    .thread_next = 8,
	    .thread_id = 136,
	    .native_id = 144,
	    .thread_frame = 56,
	    .indirect = true,
	    .indirect_frame = 0,
	    .frame_back = 8,
	    .frame_code = 0,
	    .frame_at = 56,
	    .frame_owner = 70,
	    .runs = RUN_BY_SHIM,
	    .code_file = 112,
	    .code_name = 128,
	    .code_lines = 136,
	    .code_first = 68,
	    .code_bytes = 192,
	    .lines = LINES_PLACES,
	    TEXT_OF(40, 56) } },
};

const struct python_layout *python_layout_of(unsigned version)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].version == version)
			return &rows[i].is;
	return NULL;
}

/* --- what 3.13 says ------------------------------------------------------------------------------------ */

/* Which word of struct _Py_DebugOffsets says what. */
static const struct {
	uint8_t word;
	uint16_t member;
} words[] = {
#define SAID(word, name)                                                                                               \
	{                                                                                                              \
		word, offsetof(struct python_layout, name)                                                             \
	}
	SAID(5, interpreters), SAID(8, interpreter_next), SAID(9, threads),
	SAID(20, thread_prev), SAID(21, thread_next),     SAID(23, thread_frame),
	SAID(24, thread_id),   SAID(25, native_id),       SAID(29, frame_back),
	SAID(30, frame_code),  SAID(31, frame_at),        SAID(33, frame_owner),
	SAID(35, code_file),   SAID(37, code_name),       SAID(38, code_lines),
	SAID(39, code_first),  SAID(43, code_bytes),      SAID(45, type),
	SAID(66, bytes),       SAID(68, text_state),      SAID(69, length),
	SAID(70, text_ascii),
#undef SAID
};

/* Behind the head of a text that is not ASCII: its length and itself in UTF-8. A length has the hash behind it. */
enum { VERSION_WORD = 1, OTHER_TEXT = 16, OBJECT_LENGTH = 16, MOST = 1 << 16 };

static uint64_t word_of(const unsigned char *said, unsigned word)
{
	uint64_t value;

	memcpy(&value, said + word * sizeof value, sizeof value);
	return value;
}

/* Buffers are of that size, so this is what all who read by it rely on. */
static bool fits(const struct python_layout *l)
{
	const uint32_t heads[] = { l->thread_prev, l->thread_next, l->thread_frame, l->thread_id,   l->native_id,
		                   l->frame_back,  l->frame_code,  l->frame_at,     l->frame_owner, l->code_file,
		                   l->code_name,   l->code_lines,  l->code_first,   l->type,        l->text_ascii,
		                   l->text_other,  l->bytes };
	uint32_t text_ends = l->text_state + (uint32_t)sizeof(uint32_t), length_ends = l->length + OBJECT_LENGTH;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (heads[i] > PYTHON_HEAD - sizeof(uint64_t))
			return false;
	return l->type + sizeof(uint64_t) <= l->length && text_ends <= l->text_ascii && length_ends <= l->text_ascii &&
	       length_ends <= l->bytes;
}

bool python_layout_said(struct python_layout *l, const unsigned char said[PYTHON_SAYS])
{
	*l = (struct python_layout){ .runs = RUN_BY_SHIM, .lines = LINES_PLACES };
	if (memcmp(said, "xdebugpy", 8) != 0 || word_of(said, VERSION_WORD) >> 16 != 0x030d)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		uint64_t at = word_of(said, words[i].word);
		uint32_t kept = (uint32_t)at;

		if (at >= MOST)
			return false;
		memcpy((char *)l + words[i].member, &kept, sizeof kept);
	}
	l->text_other = l->text_ascii + OTHER_TEXT;
	return fits(l);
}
