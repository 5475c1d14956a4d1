/* SPDX-License-Identifier: MIT
 * Code objects of CPython, of a process that may be anybody's: every length is looked at, every type compared. */
#include "step/python_code.h"
#include "base/util.h"

#include <stdlib.h>

/* Longer names do not exist; of a longer table of lines none is told. */
enum { TEXT_MOST = 4096, LINES_MOST = 256 << 10, HEAD_MOST = PYTHON_HEAD };

/* The bits of a text's state that do not change (Include/cpython/unicodeobject.h): what a character is, and that they
 * lie behind the head. */
enum { KIND = 0x1c, KIND_SHIFT = 2, COMPACT = 0x20, ASCII = 0x40 };

/* What of a code object is looked at. */
struct facts {
	uint64_t type, file, name, lines;
	int64_t first;
};

struct piece {
	uint64_t at;
	size_t n;
	unsigned char *bytes;
};

enum { FILE_NAME, FUNCTION_NAME, LINE_TABLE, PIECES };

struct known_code {
	uint64_t at;
	struct facts facts;
	struct piece piece[PIECES];
	struct python_code *code;
	unsigned turn;
};

static uint64_t word_at(const unsigned char *bytes, uint32_t at)
{
	uint64_t word;

	memcpy(&word, bytes + at, sizeof word);
	return word;
}

static uint32_t half_at(const unsigned char *bytes, uint32_t at)
{
	uint32_t half;

	memcpy(&half, bytes + at, sizeof half);
	return half;
}

bool python_read(const struct python_there *p, uint64_t at, void *to, size_t n)
{
	return p->again ? image_again_read(p->again, p->pid, at, to, n) : image_read(p->pid, at, to, n);
}

/* --- the code object ----------------------------------------------------------------------------------- */

static size_t head_size(const struct python_layout *l)
{
	const uint32_t used[] = { l->type, l->code_file, l->code_name, l->code_lines, l->code_first };
	uint32_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(used); i++)
		last = used[i] > last ? used[i] : last;
	return last + sizeof(uint64_t);
}

static struct facts facts_of(const struct python_layout *l, const unsigned char *head)
{
	return (struct facts){ .type = word_at(head, l->type),
		               .file = word_at(head, l->code_file),
		               .name = word_at(head, l->code_name),
		               .lines = word_at(head, l->code_lines),
		               .first = (int32_t)half_at(head, l->code_first) };
}

/* --- texts and bytes ----------------------------------------------------------------------------------- */

/* What may change while the object stays the same: who uses it, its hash once somebody has asked for it, and, of a
 * text, whether it is the one of its kind, and a copy in UTF-8. */
static void wipe_object(const struct python_layout *l, struct piece *x)
{
	memset(x->bytes, 0, l->type);
	memset(x->bytes + l->length + sizeof(uint64_t), 0, sizeof(uint64_t));
}

static void wipe_text(const struct python_layout *l, struct piece *x)
{
	uint32_t state = half_at(x->bytes, l->text_state) & (KIND | COMPACT | ASCII);
	uint32_t to = state & ASCII ? l->text_ascii : l->text_other, from = l->text_state + (uint32_t)sizeof state;

	wipe_object(l, x);
	memcpy(x->bytes + l->text_state, &state, sizeof state);
	memset(x->bytes + from, 0, (to < x->n ? to : x->n) - from); /* the state may be another one by now */
}

static void wipe(const struct python_layout *l, struct piece x[PIECES])
{
	wipe_text(l, &x[FILE_NAME]);
	wipe_text(l, &x[FUNCTION_NAME]);
	wipe_object(l, &x[LINE_TABLE]);
}

/* How long a text is with its head; 0: it does not fit. */
static size_t text_size(const struct python_there *p, const unsigned char *head)
{
	uint32_t state = half_at(head, p->at.text_state), kind = (state & KIND) >> KIND_SHIFT;
	uint64_t length = word_at(head, p->at.length);

	if (word_at(head, p->at.type) != p->text_type || !(state & COMPACT) || length > TEXT_MOST ||
	    (kind != 1 && kind != 2 && kind != 4) || (state & ASCII && kind != 1))
		return 0;
	return (state & ASCII ? p->at.text_ascii : p->at.text_other) + length * kind;
}

static size_t bytes_size(const struct python_there *p, const unsigned char *head)
{
	uint64_t length = word_at(head, p->at.length);

	if (word_at(head, p->at.type) != p->bytes_type)
		return 0;
	return length > LINES_MOST ? p->at.bytes : p->at.bytes + length;
}

static bool read_piece(const struct python_there *p, struct piece *x, uint64_t at, size_t n_head,
                       size_t (*size)(const struct python_there *, const unsigned char *))
{
	unsigned char head[HEAD_MOST];

	if (!python_read(p, at, head, n_head))
		return false;
	*x = (struct piece){ .at = at, .n = size(p, head) };
	if (x->n < n_head)
		return false;
	x->bytes = xcalloc(x->n, 1);
	return python_read(p, at, x->bytes, x->n) && size(p, x->bytes) == x->n;
}

/* --- names --------------------------------------------------------------------------------------------- */

/* A byte that was no UTF-8 in a name of the system's is kept by Python as one of these (PEP 383). */
static bool is_stray_byte(uint32_t c)
{
	return c >= 0xdc80 && c <= 0xdcff;
}

static size_t put_character(char *to, uint32_t c)
{
	static const uint32_t below[] = { 0x80, 0x800, 0x10000 };
	static const unsigned char mark[] = { 0, 0xc0, 0xe0, 0xf0 };
	size_t more = 0;

	if (is_stray_byte(c)) {
		*to = (char)(c & 0xff);
		return 1;
	}
	if (!c || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	while (more < ARRAY_SIZE(below) && c >= below[more])
		more++;
	*to = (char)(mark[more] | c >> 6 * more);
	for (size_t i = 1; i <= more; i++)
		to[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3f));
	return more + 1;
}

static uint32_t character(const unsigned char *at, size_t kind)
{
	uint32_t c = 0;

	memcpy(&c, at, kind);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	c >>= 8 * (sizeof c - kind);
#endif
	return c;
}

static char *utf8_of(const struct python_layout *l, const struct piece *x)
{
	uint32_t state = half_at(x->bytes, l->text_state), kind = (state & KIND) >> KIND_SHIFT;
	size_t at = state & ASCII ? l->text_ascii : l->text_other, n = 0;
	char *text = xcalloc((x->n - at) / kind * 4 + 1, 1);

	for (; at < x->n; at += kind)
		n += put_character(text + n, character(x->bytes + at, kind));
	return text;
}

/* No character is cut in two. */
static void keep_name(char to[PYTHON_NAME], const char *name)
{
	size_t n = strnlen(name, PYTHON_NAME - 1);

	while (name[n] && n > 0 && (name[n] & 0xc0) == 0x80)
		n--;
	memcpy(to, name, n);
	to[n] = 0;
}

/* /usr/lib/python3.11/socket.py is, what lies in its site-packages is not. */
static bool is_standard(const char *path)
{
	const char *lib = strstr(path, "/python3");

	if (!strncmp(path, "<frozen ", 8))
		return true;
	return lib && strchr(lib + 1, '/') && (strstr(path, "/lib/python3") || strstr(path, "/lib64/python3")) &&
	       !strstr(lib, "/site-packages/") && !strstr(lib, "/dist-packages/");
}

static struct python_code *make_code(const struct python_there *p, const struct known_code *k)
{
	const struct piece *lines = &k->piece[LINE_TABLE];
	size_t n = lines->n - p->at.bytes;
	struct python_code *c = xcalloc(1, sizeof *c + n);
	char *path = utf8_of(&p->at, &k->piece[FILE_NAME]), *name = utf8_of(&p->at, &k->piece[FUNCTION_NAME]);
	const char *slash = strrchr(path, '/');

	*c = (struct python_code){
		.users = 1, .standard = is_standard(path), .first = (int)k->facts.first, .kind = p->at.lines, .n = n
	};
	keep_name(c->file, slash ? slash + 1 : path);
	keep_name(c->function, name);
	memcpy(c->lines, lines->bytes + p->at.bytes, n);
	free(path);
	free(name);
	return c;
}

/* --- remembering --------------------------------------------------------------------------------------- */

void python_code_let_go(struct python_code *code)
{
	if (code && --code->users == 0)
		free(code);
}

static void known_free(struct known_code *k)
{
	if (!k)
		return;
	for (int i = 0; i < PIECES; i++)
		free(k->piece[i].bytes);
	python_code_let_go(k->code);
	free(k);
}

void python_codes_free(struct python_codes *c)
{
	for (size_t i = 0; i < CODES_KEPT; i++)
		known_free(c->kept[i]);
	*c = (struct python_codes){ 0 };
}

static bool read_parts(const struct python_there *p, struct known_code *k)
{
	unsigned char head[HEAD_MOST];

	if (!python_read(p, k->at, head, head_size(&p->at)))
		return false;
	k->facts = facts_of(&p->at, head);
	return k->facts.type == p->code_type &&
	       read_piece(p, &k->piece[FILE_NAME], k->facts.file, p->at.text_ascii, text_size) &&
	       read_piece(p, &k->piece[FUNCTION_NAME], k->facts.name, p->at.text_ascii, text_size) &&
	       read_piece(p, &k->piece[LINE_TABLE], k->facts.lines, p->at.bytes, bytes_size);
}

static struct known_code *read_code(const struct python_there *p, uint64_t at)
{
	struct known_code *k = xcalloc(1, sizeof *k);

	k->at = at;
	if (!read_parts(p, k)) {
		known_free(k);
		return NULL;
	}
	wipe(&p->at, k->piece);
	k->code = make_code(p, k);
	return k;
}

/* Its parts as they are now. */
static bool read_again(const struct python_there *p, const struct known_code *k, unsigned char *head, size_t n_head,
                       struct piece now[PIECES])
{
	bool all = python_read(p, k->at, head, n_head);

	for (int i = 0; all && i < PIECES; i++)
		all = python_read(p, now[i].at, now[i].bytes, now[i].n);
	return all;
}

static bool are_same(const struct python_there *p, const struct known_code *k, const unsigned char *head,
                     struct piece now[PIECES])
{
	struct facts facts = facts_of(&p->at, head);

	if (memcmp(&facts, &k->facts, sizeof facts) != 0)
		return false;
	wipe(&p->at, now);
	for (int i = 0; i < PIECES; i++)
		if (memcmp(now[i].bytes, k->piece[i].bytes, now[i].n) != 0)
			return false;
	return true;
}

static bool is_still(const struct python_there *p, const struct known_code *k)
{
	unsigned char head[HEAD_MOST], *room;
	size_t n_head = head_size(&p->at), n = 0;
	struct piece now[PIECES];
	bool same;

	for (int i = 0; i < PIECES; i++)
		n += k->piece[i].n;
	room = xcalloc(n, 1);
	for (size_t i = 0, at = 0; i < PIECES; at += now[i++].n)
		now[i] = (struct piece){ k->piece[i].at, k->piece[i].n, room + at };
	same = read_again(p, k, head, n_head, now) && are_same(p, k, head, now);
	free(room);
	return same;
}

struct python_code *python_code_at(struct python_codes *c, const struct python_there *p, uint64_t at)
{
	struct known_code **k = &c->kept[(at >> 4) % CODES_KEPT];

	if (!*k || (*k)->at != at || ((*k)->turn != c->turn && !is_still(p, *k))) {
		known_free(*k);
		*k = read_code(p, at);
	}
	if (!*k)
		return NULL;
	(*k)->turn = c->turn;
	(*k)->code->users++;
	return (*k)->code;
}
