/* SPDX-License-Identifier: MIT
 * Code objects, laid out by hand as CPython 3.12 has them, in this process itself: names of all kinds, what does not
 * fit, and another one at the same address. And what a table of 3.13 may say. */
#include "base/tap.h"
#include "step/python_code.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CODE_TYPE = 1, TEXT_TYPE, BYTES_TYPE };

struct text {
	uint64_t users, type, length, hash;
	uint32_t state, fill;
	uint64_t utf8_length, utf8; /* not in ASCII */
	unsigned char characters[512];
};

struct bytes {
	uint64_t users, type, length, hash;
	unsigned char all[64];
};

struct code {
	uint64_t users, type;
	unsigned char before[52];
	int32_t first;
	unsigned char between[40];
	uint64_t file, name, qualified, lines;
	unsigned char behind[64];
};

_Static_assert(offsetof(struct code, first) == 68 && offsetof(struct code, file) == 112 &&
                       offsetof(struct code, lines) == 136,
               "as 3.12 has it");

static struct text file, name;
static struct bytes lines;
static struct code code;
static struct python_there here;
static struct python_codes codes;

/* Characters of one byte each, in ASCII. */
static void ascii(struct text *t, const char *is)
{
	*t = (struct text){ .users = 3, .type = TEXT_TYPE, .length = strlen(is), .state = 1 << 2 | 0x20 | 0x40 };
	memcpy((char *)t + 40, is, strlen(is) + 1);
}

static void wide(struct text *t, unsigned kind, const void *is, size_t n)
{
	*t = (struct text){ .users = 3, .type = TEXT_TYPE, .length = n, .state = kind << 2 | 0x20 };
	memcpy(t->characters, is, n * kind);
}

/* A function of two instructions, in lines 8 and 9. */
static void anew(void)
{
	ascii(&file, "/srv/app.py");
	ascii(&name, "serve");
	lines = (struct bytes){ .type = BYTES_TYPE, .length = 4, .all = { 0xd8, 0x00, 0xd8, 0x08 } };
	code = (struct code){ .users = 1, .type = CODE_TYPE, .first = 8 };
	code.file = (uintptr_t)&file;
	code.qualified = (uintptr_t)&name;
	code.lines = (uintptr_t)&lines;
	codes.turn++;
}

static void is_told(const char *path, const char *function, const char *what)
{
	struct python_code *c;

	codes.turn++;
	c = python_code_at(&codes, &here, (uintptr_t)&code);
	same_text(c ? c->file : "?", path, what);
	same_text(c ? c->function : "?", function, "  its function");
	python_code_let_go(c);
}

static void is_nothing(const char *what)
{
	struct python_code *c;

	codes.turn++;
	c = python_code_at(&codes, &here, (uintptr_t)&code);
	ok(!c, "%s", what);
	python_code_let_go(c);
	anew();
	is_told("app.py", "serve", "  and then it is there again");
}

static void of_names(void)
{
	static const uint16_t two[] = { '/', 0x4f60, 0xdcff, '.', 'p', 0xd800, 0 };
	static const uint32_t four[] = { 0x1f40d, 0x110000, 0xe9, 0xffffffff };

	anew();
	wide(&file, 1, "/na\xefve.py", 9);
	wide(&name, 2, two + 1, 4);
	is_told("naïve.py", "你\xff.p", "one byte each; two, with a byte that was no UTF-8");
	anew();
	wide(&file, 2, two, 7);
	wide(&name, 4, four, 4);
	is_told("你\xff.p\xef\xbf\xbd\xef\xbf\xbd", "🐍\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd",
	        "what is no character is shown as such");
	anew();
	ascii(&file, "/usr/lib/python3.12/socket.py");
	code.first = 10;
	is_told("socket.py", "serve", "of Python's own library");
}

static void of_cutting(void)
{
	struct python_code *c;
	char longest[401];

	for (size_t i = 0; i < 200; i++)
		memcpy(longest + 2 * i, "\xe9\x00", 2);
	anew();
	wide(&name, 2, longest + 2, 100);
	memset(longest, 'x', 400);
	longest[400] = 0;
	ascii(&file, longest);
	codes.turn++;
	c = python_code_at(&codes, &here, (uintptr_t)&code);
	ok(c && strlen(c->file) == PYTHON_NAME - 1, "as much as there is room for");
	ok(c && strlen(c->function) == PYTHON_NAME - 2, "and no character is cut in two");
	python_code_let_go(c);
}

/* An address is used again. */
static void of_others(void)
{
	struct python_code *first, *again, *other;

	anew();
	first = python_code_at(&codes, &here, (uintptr_t)&code);
	codes.turn++;
	lines.users = name.users = 99;
	lines.hash = name.hash = 12345;
	name.state |= 2; /* it is the only one of its kind now */
	again = python_code_at(&codes, &here, (uintptr_t)&code);
	ok(first && first == again, "with another user and its hash it is the same");
	lines.all[3] = 0x10;
	codes.turn++;
	other = python_code_at(&codes, &here, (uintptr_t)&code);
	ok(other && other != first && other->lines[3] == 0x10, "with another line it is another one");
	ok(first && first->lines[3] == 0x08, "and the first is as it was");
	python_code_let_go(first);
	python_code_let_go(again);
	python_code_let_go(other);
}

/* What lies just before what may not be read. */
static void of_edges(void)
{
	const uint64_t longer = 13;
	long page = sysconf(_SC_PAGESIZE);
	char *two = mmap(NULL, 2 * (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(two + page, (size_t)page, PROT_NONE);
	anew();
	memcpy(two + page - 52, &file, 52); /* 40, and "/srv/app.py" with its end */
	code.file = (uintptr_t)(two + page - 52);
	is_told("app.py", "serve", "a text at the end of what is mapped");
	memcpy(two + page - 52 + offsetof(struct text, length), &longer, sizeof longer);
	is_nothing("one that is longer than what is mapped");
	munmap(two, 2 * (size_t)page);
}

static void of_misfits(void)
{
	anew();
	code.type = 99;
	is_nothing("another type");
	file.type = BYTES_TYPE;
	is_nothing("a file that is no text");
	name.length = UINT64_MAX;
	is_nothing("a name without an end");
	name.length = 4097;
	is_nothing("and one of more characters than any has");
	name.state = 3 << 2 | 0x20;
	is_nothing("characters of three bytes");
	name.state = 2 << 2 | 0x20 | 0x40;
	is_nothing("ASCII of two");
	name.state = 1 << 2 | 0x40;
	is_nothing("characters that lie elsewhere");
	lines.type = TEXT_TYPE;
	is_nothing("lines that are no bytes");
	code.lines = 8;
	is_nothing("lines at an address that nobody has");
	lines.length = UINT64_MAX - 40;
	is_told("app.py", "serve", "of a table without an end the lines are not told");
	code.file = (uintptr_t)&code;
	is_nothing("a file that is the code");
}

/* --- what 3.13 says ------------------------------------------------------------------------------------ */

static uint64_t said[PYTHON_SAYS / 8];

static bool is_believed(void)
{
	struct python_layout l;

	return python_layout_said(&l, (const unsigned char *)said);
}

static void of_tables(void)
{
	static const struct {
		unsigned word;
		uint64_t is;
	} good[] = { { 1, 0x030d00f0 }, { 5, 632 },  { 8, 7264 }, { 9, 7344 }, { 20, 0 },  { 21, 8 },
		     { 23, 72 },        { 24, 152 }, { 25, 160 }, { 29, 8 },   { 30, 0 },  { 31, 56 },
		     { 33, 70 },        { 35, 112 }, { 37, 128 }, { 38, 136 }, { 39, 68 }, { 43, 200 },
		     { 45, 8 },         { 66, 32 },  { 68, 32 },  { 69, 16 },  { 70, 40 } };
	/* the version; what a buffer would not hold; a length and a state behind the head */
	static const unsigned wrong[][2] = { { 1, 0x030e00f0 }, { 31, 250 }, { 35, 4096 }, { 66, 16 },
		                             { 68, 38 },        { 69, 30 },  { 45, 16 },   { 5, 1 << 20 } };

	memcpy(said, "xdebugpy", 8);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		said[good[i].word] = good[i].is;
	ok(is_believed(), "3.13 says where what lies");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		uint64_t right = said[wrong[i][0]];

		said[wrong[i][0]] = wrong[i][1];
		ok(!is_believed(), "word %u is %u: not believed", wrong[i][0], wrong[i][1]);
		said[wrong[i][0]] = right;
	}
	said[0]++;
	ok(!is_believed(), "and nothing of what is no such table");
	ok(!python_layout_of(0x0308) && !python_layout_of(0x030d) && python_layout_of(0x030c),
	   "others are known, or not");
}

int main(void)
{
	here = (struct python_there){ .pid = getpid(),
		                      .at = *python_layout_of(0x030c),
		                      .code_type = CODE_TYPE,
		                      .text_type = TEXT_TYPE,
		                      .bytes_type = BYTES_TYPE };
	of_names();
	of_cutting();
	of_others();
	of_edges();
	of_misfits();
	of_tables();
	python_codes_free(&codes);
	return tap_done();
}
