/* SPDX-License-Identifier: MIT
 * Tables of lines as the compilers of CPython 3.9 to 3.13 wrote them, against what those say of them themselves: for
 * each instruction what co_lines() (3.9: dis.findlinestarts()) told, as "so many × line"; 0 is no line. */
#include "base/tap.h"
#include "step/python_lines.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* `walk` has loops, a call over several lines, and an end that is there twice; `far` jumps over hundreds of lines. */
static const struct {
	const char *what;
	enum lines_are kind;
	int first;
	const char *table, *lines;
} rows[] = {
	/* clang-format off */
	{ "3.9 walk", LINES_STEPS, 5,
	  "00010401060202fe060304010401020106fe0808040102ff04f80204040102ff0c022002040102ff0a0102ff",
	  "2x6 3x7 1x9 3x7 2x10 2x11 1x12 3x13 4x11 2x19 1x20 2x19 1x11 2x15 1x16 6x15 16x17 2x19 1x20 5x19 "
	  "1x20 5x19" },
	{ "3.9 far", LINES_STEPS, 5,
	  "0001047f0004027f0019028000e8047f001a12010a012601",
	  "2x6 1x137 1x289 2x137 9x290 5x291 19x292 2x293" },
	{ "3.9 far", LINES_STEPS, 5,
	  "0001047f007f007f007f007f0042027f0019028000e8047f001a12010a012601",
	  "2x6 1x707 1x859 2x707 9x860 5x861 19x862 2x863" },
	{ "3.10 walk", LINES_RANGES, 5,
	  "04010601020206fe040304010201060108fe0408020106ff04fc02010cff1402088002fe0202040202010cff020106ff",
	  "2x6 3x7 1x9 3x7 2x10 2x11 1x12 3x13 4x11 2x19 1x20 3x19 2x15 1x16 6x15 10x17 4x0 1x15 1x17 2x19 "
	  "1x20 6x19 1x20 3x19" },
	{ "3.10 far", LINES_RANGES, 5,
	  "0401007f0204007f0219008104e7007f121a0a010a010aff040210fe0402",
	  "2x6 1x137 1x289 2x137 9x290 5x291 5x292 5x291 2x293 8x291 2x293" },
	{ "3.11 walk", LINES_PLACES, 5,
	  "8000d80708f000030510f002020d10f000020d10e00d0ef005020d10f100020d10f400020d108801f0060a0511dd0f129031"
	  "d80c0df002011112f000011112f005031013f100031013f400031013f51000090e8861d80e0ff103010911f400010911f000"
	  "010911f000010911f8f509000d17dd0c15f003010c17f000020511f000020511f000020511e5080d886189088c0888088808"
	  "8808880888088808f8f8f8f8f005020511f8f8f8e00810e5080d8861d80e0ff103010911f400010911f000010911f0000109"
	  "11f000010911f88d058861d80e0ff103010911f400010911f000010911f000010911f8f8f8",
	  "1x5 2x6 2x7 1x9 9x7 1x10 7x11 1x12 2x13 8x11 7x19 1x20 9x19 1x0 6x15 6x16 4x15 20x17 4x0 1x15 3x0 "
	  "1x17 7x19 1x20 10x19 1x0 7x19 1x20 9x19 3x0" },
	{ "3.11 far", LINES_PLACES, 5,
	  "8000d808098041f04604000a0bf0700400090af1710458020a0a8041f07204000e0fd00418d0041888019505906191089408"
	  "90089008dd090d886189178c17f0000105119041d808098f068a0689088c088808f003010511f000010511f000010511f100"
	  "010511f400010511f000010511f000010511f000010511f000010511f000010511f000010511f8f8f8f000010511f0000105"
	  "11f000010511f000010511e00b0c8048",
	  "1x5 2x6 1x137 1x289 3x137 20x290 16x291 20x292 16x291 3x0 4x291 2x293" },
	{ "3.12 walk", LINES_PLACES, 5,
	  "8000d90708f006000e0ff605020d10d81112f203000e0ff000020d108801f000020d10f0060a0511dc0f129031d80c0df102"
	  "011112f405031013f41000090e8861d80e0ff503010911f9f219020d10f8f410000d17dc0c15f003010c17f200020511e408"
	  "0d88618f088908fbf005020511fae00810e4080d8861d80e0ff503010911f88c058861d80e0ff503010911fa",
	  "1x5 2x6 1x9 7x7 1x8 6x7 1x10 6x11 1x12 2x13 5x11 6x19 1x20 6x19 2x0 3x7 1x0 5x15 5x16 4x15 16x17 "
	  "4x0 1x15 3x0 1x17 6x19 1x20 6x19 1x0 6x19 1x20 6x19 3x0" },
	{ "3.12 far", LINES_PLACES, 5,
	  "8000d808098041f04604000a0bf0700400090af1710458020a0a8041f07204000e0fd204188801940590619508d00418dc09"
	  "0d88618b17f0000105119041d808098f0689068c08f703010511e00b0c8048f705010511e00b0c8048fa",
	  "1x5 2x6 1x137 1x289 3x137 18x290 12x291 16x292 8x291 2x293 8x291 2x293 3x0" },
	{ "3.13 walk", LINES_PLACES, 5,
	  "8000de0708f106000e0ff305020d10e10d0ef003001213f303000e0fe10d0ef00500090af000020d10f0060a0511dc0f1290"
	  "31d80c0df102011112f105031013f41000090e8861d80e0ff503010911f9f219020d10f8f410000d17dc0c15f003010c17f3"
	  "00020511e4080d88618f088908fbf005020511fae00810e4080d8861d80e0ff503010911f88c058861d80e0ff503010911fa",
	  "1x5 7x6 2x9 4x7 2x9 1x8 4x7 2x9 2x7 1x10 6x11 1x12 2x13 2x11 6x19 1x20 6x19 2x0 3x7 1x0 5x15 5x16 "
	  "5x15 16x17 4x0 1x15 3x0 1x17 6x19 1x20 6x19 1x0 6x19 1x20 6x19 3x0" },
	{ "3.13 far", LINES_PLACES, 5,
	  "8000d808098041f04604000a0bf0700400090af1710458020a0a8041f37204000e0f88019405906196088951dc090d88618c"
	  "179041d808098f0689068c08f703000a11e00b0c8048f705000a118c17e00b0c8048fa",
	  "1x5 2x6 1x137 1x289 3x137 20x290 12x291 16x292 8x291 2x293 13x291 2x293 3x0" },
	{ "3.13 far", LINES_PLACES, 5,
	  "8000d808098041f07a15000a0bf0700400090af1710458020a0a8041f37204000e0f88019405906196088951dc090d88618c"
	  "179041d808098f0689068c08f703000a11e00b0c8048f705000a118c17e00b0c8048fa",
	  "1x5 2x6 1x707 1x859 3x707 20x860 12x861 16x862 8x861 2x863 13x861 2x863 3x0" },
	/* clang-format on */
};

static size_t bytes_of(const char *hex, unsigned char *out)
{
	unsigned byte;
	size_t n = 0;

	for (; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		out[n] = (unsigned char)byte;
	return n;
}

static void as_recorded(size_t row)
{
	unsigned char table[1024];
	size_t n = bytes_of(rows[row].table, table);
	const char *next = rows[row].lines;
	int times, line, skip, wrong = 0;
	uint32_t at = 0;

	for (; sscanf(next, "%dx%d%n", &times, &line, &skip) == 2; next += skip)
		for (; times > 0; times--, at += 2)
			wrong += python_line(rows[row].kind, table, n, rows[row].first, at) != line;
	ok(at > 40 && !wrong, "%s: %u instructions, each of the line that Python says", rows[row].what, at / 2);
}

/* Whatever it is, it is read to its end and no further: a sanitizer looks. */
static void any_bytes(void)
{
	unsigned seed = 1, told = 0;

	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)(rand_r(&seed) % 40);
		unsigned char *table = malloc(n + 1), *exact;

		for (size_t k = 0; k < n; k++)
			table[k] = (unsigned char)rand_r(&seed);
		exact = realloc(table, n ? n : 1);
		for (int kind = LINES_STEPS; kind <= LINES_PLACES; kind++)
			told += python_line(kind, exact, n, (int)(rand_r(&seed) % 99), (uint32_t)rand_r(&seed) % 99) >
			        0;
		free(exact);
	}
	ok(told > 0, "any bytes are read to their end");
}

static void ends(void)
{
	/* a long entry whose number never ends; a place beyond the last; below the first line; beyond the last one */
	static const unsigned char endless[] = { 0xf0, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f };
	static const unsigned char back[] = { 2, 0x81 }, on[] = { 2, 127 };

	ok(python_line(LINES_PLACES, endless, sizeof endless, 1, 0) == 0, "a number without an end is no line");
	ok(python_line(LINES_RANGES, on, 2, 1, 2) == 0, "beyond the table there is no line");
	ok(python_line(LINES_RANGES, back, 2, 5, 0) == 0, "nor below the first line of the file");
	ok(python_line(LINES_STEPS, on, 2, INT_MAX, 2) == 0, "nor beyond what a number holds");
	ok(python_line(LINES_PLACES, NULL, 0, 1, 0) == 0, "an empty table tells none");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		as_recorded(i);
	any_bytes();
	ends();
	return tap_done();
}
