/* SPDX-License-Identifier: MIT
 * pages PAGE…: prints C that holds manual pages as plain text (cmd/page.h). It knows the part of mdoc(7) that the pages
 * of doc/ use; what it does not know is an error, so that nothing is lost in silence. */
#include <ctype.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 78, STEP = 6, DEEP = 8, TEXT_MAX = 1 << 16 };

/* What is being laid out. */
static struct {
	char para[TEXT_MAX]; /* words that wait for their line */
	char name[64], what[200];
	int indent; /* of the body */
	int hang;   /* lines after the first stand so much further in */
	int lists[DEEP], n_lists;
	bool compact[DEEP], bullet[DEEP], literal, no_space, in_tag, synopsis, blank, nd;
} p;

static FILE *out;

/* --- lines --------------------------------------------------------------------------------------------- */

static void put(const char *text, size_t n)
{
	fputs("\n\t\t\"", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, text[i] == '"' || text[i] == '\\' ? "\\%c" : "%c", text[i]);
	fputs("\\n\"", out);
	p.blank = n == 0;
}

static void blank_line(void)
{
	if (!p.blank)
		put("", 0);
}

static size_t width_of(const char *s, size_t n)
{
	size_t w = 0;

	for (size_t i = 0; i < n; i++)
		w += (s[i] & 0xc0) != 0x80;
	return w;
}

/* A line of the paragraph from `at`, at most so wide; where the next begins. */
static const char *one_line(const char *at, int indent)
{
	char line[TEXT_MAX];
	size_t room = (size_t)(WIDTH - indent), n = 0;

	while (at[n]) {
		size_t word = n + strspn(at + n, " ");

		word += strcspn(at + word, " ");
		if (n && width_of(at, word) > room)
			break;
		n = word;
	}
	snprintf(line, sizeof line, "%*s%.*s", indent, "", (int)n, at);
	put(line, strlen(line));
	return at + n + strspn(at + n, " ");
}

static void flush(void)
{
	const char *at = p.para + strspn(p.para, " ");
	int indent = p.indent;

	for (; *at; indent = p.indent + p.hang)
		at = one_line(at, indent);
	p.para[0] = 0;
	p.no_space = true;
}

/* --- words --------------------------------------------------------------------------------------------- */

/* Without roff's escapes. */
static void plain(char *to, const char *from)
{
	static const struct {
		const char *escape, *is;
	} escapes[] = { { "\\e", "\\" }, { "\\&", "" }, { "\\(dq", "\"" }, { "\\-", "-" }, { "\\ ", " " } };

	while (*from) {
		size_t i;

		for (i = 0; i < sizeof escapes / sizeof *escapes; i++)
			if (!strncmp(from, escapes[i].escape, strlen(escapes[i].escape)))
				break;
		if (i == sizeof escapes / sizeof *escapes) {
			if (*from == '\\') {
				fprintf(stderr, "pages: unknown escape in: %s\n", from);
				exit(1);
			}
			*to++ = *from++;
			continue;
		}
		to = stpcpy(to, escapes[i].is);
		from += strlen(escapes[i].escape);
	}
	*to = 0;
}

static void add(const char *word, bool joined)
{
	size_t n = strlen(p.para);

	if (n + strlen(word) + 2 > sizeof p.para) {
		fputs("pages: a paragraph is too long\n", stderr);
		exit(1);
	}
	snprintf(p.para + n, sizeof p.para - n, "%s%s", joined || p.no_space || !n ? "" : " ", word);
	p.no_space = false;
}

static bool closes(const char *word)
{
	return strlen(word) == 1 && strchr(".,;:)]?!", *word);
}

/* --- macros within a line ------------------------------------------------------------------------------ */

struct words {
	char text[4096];
	char *w[256];
	bool quoted[256];
	int n;
};

static void split(struct words *ws, const char *line)
{
	char *to = ws->text;

	ws->n = 0;
	while (*(line += strspn(line, " "))) {
		bool quoted = *line == '"';

		ws->quoted[ws->n] = quoted;
		ws->w[ws->n++] = to;
		line += quoted;
		while (*line && (quoted ? *line != '"' : *line != ' '))
			*to++ = *line++;
		line += quoted && *line;
		*to++ = 0;
	}
}

static void word(const char *text, bool joined)
{
	char bare[4096];

	plain(bare, text);
	add(bare, joined || closes(bare));
	if (!strcmp(bare, "(") || !strcmp(bare, "["))
		p.no_space = true;
}

static bool is_macro(const char *w)
{
	static const char known[] = " Fl Ar Cm Li Pa Em Sx Ic Op Pq Qq Sq Ql Ns Xr Nm Fn No Ev Dv Va Er Sy ";
	char padded[8];

	snprintf(padded, sizeof padded, " %.4s ", w);
	return strlen(w) == 2 && strstr(known, padded);
}

static void inline_words(const struct words *ws, int from, int to);

/* Brackets and quotes, around the rest of the line but for the marks at its end. */
static void enclosed(const struct words *ws, int from, int to, const char *open, const char *close)
{
	int end = to;

	while (end > from && closes(ws->w[end - 1]))
		end--;
	word(open, false);
	p.no_space = true;
	inline_words(ws, from, end);
	word(close, true);
	for (; end < to; end++)
		word(ws->w[end], true);
}

/* Options: a dash before each. */
static int flags(const struct words *ws, int i, int to)
{
	int first = i;

	for (; i < to && !(is_macro(ws->w[i]) && !ws->quoted[i]); i++) {
		char flag[256];

		snprintf(flag, sizeof flag, "%s%s", strcmp(ws->w[i], "|") && !closes(ws->w[i]) ? "-" : "", ws->w[i]);
		word(flag, false);
	}
	if (i == first)
		word("-", false);
	return i;
}

static const struct {
	const char *macro, *open, *close;
} enclosures[] = {
	{ "Op", "[", "]" }, { "Pq", "(", ")" }, { "Qq", "\"", "\"" }, { "Sq", "'", "'" }, { "Ql", "'", "'" }
};

static int reference(const struct words *ws, int i, int to)
{
	char text[128];

	snprintf(text, sizeof text, "%s(%s)", ws->w[i], i + 1 < to ? ws->w[i + 1] : "");
	word(text, false);
	return i + 2;
}

static int function(const struct words *ws, int i)
{
	char text[128];

	snprintf(text, sizeof text, "%s()", ws->w[i]);
	word(text, false);
	return i + 1;
}

/* One macro and its words; where the next begins. */
static int macro(const struct words *ws, int i, int to)
{
	const char *m = ws->w[i++];

	for (size_t k = 0; k < sizeof enclosures / sizeof *enclosures; k++) {
		if (strcmp(enclosures[k].macro, m))
			continue;
		enclosed(ws, i, to, enclosures[k].open, enclosures[k].close);
		return to;
	}
	if (!strcmp(m, "Fl"))
		return flags(ws, i, to);
	if (!strcmp(m, "Xr"))
		return reference(ws, i, to);
	if (!strcmp(m, "Fn"))
		return function(ws, i);
	if (!strcmp(m, "Ns")) {
		p.no_space = true;
		return i;
	}
	if (!strcmp(m, "Nm") && (i == to || closes(ws->w[i])))
		word(p.name, false);
	return i;
}

static void inline_words(const struct words *ws, int from, int to)
{
	for (int i = from; i < to;) {
		if (is_macro(ws->w[i]) && !ws->quoted[i]) {
			i = macro(ws, i, to);
			continue;
		}
		word(ws->w[i], false);
		i++;
	}
}

/* --- macros of a whole line ---------------------------------------------------------------------------- */

static void heading(const struct words *ws, int indent)
{
	flush();
	p.indent = indent;
	p.hang = 0;
	p.n_lists = 0;
	blank_line();
	inline_words(ws, 1, ws->n);
	flush();
	p.indent = 4;
	p.synopsis = !strcmp(ws->w[1], "SYNOPSIS");
}

static void list_begins(const struct words *ws)
{
	flush();
	p.lists[p.n_lists] = p.indent;
	p.bullet[p.n_lists] = ws->n > 1 && !strcmp(ws->w[1], "-bullet");
	p.compact[p.n_lists] = ws->n > 1 && !strcmp(ws->w[ws->n - 1], "-compact");
	if (++p.n_lists == DEEP)
		exit(1);
}

static void list_ends(void)
{
	flush();
	p.hang = 0;
	p.indent = p.lists[--p.n_lists];
}

static void tag_ends(void)
{
	p.hang = STEP;
	flush();
	p.hang = 0;
	p.in_tag = false;
	p.indent = p.lists[p.n_lists - 1] + STEP;
}

static void item(const struct words *ws)
{
	flush();
	p.indent = p.lists[p.n_lists - 1];
	if (!p.compact[p.n_lists - 1])
		blank_line();
	p.in_tag = ws->n > 1 && !strcmp(ws->w[1], "Xo");
	if (p.in_tag)
		return;
	if (p.bullet[p.n_lists - 1]) {
		p.hang = 2;
		word("•", false);
		return;
	}
	inline_words(ws, 1, ws->n);
	tag_ends();
}

static void literal(bool begins)
{
	flush();
	blank_line();
	p.literal = begins;
}

static void display(const struct words *ws)
{
	flush();
	p.indent += STEP;
	p.hang = 4;
	inline_words(ws, 1, ws->n);
	flush();
	p.hang = 0;
	p.indent -= STEP;
}

static void name(const struct words *ws)
{
	if (p.synopsis) {
		flush();
		p.hang = 8;
	}
	if (ws->n > 1 && !*p.name) /* the first one is meant by those that say none */
		snprintf(p.name, sizeof p.name, "%s", ws->w[1]);
	if (ws->n > 1)
		inline_words(ws, 1, ws->n);
	else
		word(p.name, false);
}

static void described(const struct words *ws)
{
	word("-", false);
	p.what[0] = 0;
	for (int i = 1; i < ws->n; i++)
		snprintf(p.what + strlen(p.what), sizeof p.what - strlen(p.what), "%s%s", i > 1 ? " " : "", ws->w[i]);
	inline_words(ws, 1, ws->n);
}

static void paragraph(void)
{
	flush();
	blank_line();
}

static bool of_line(const struct words *ws)
{
	const char *m = ws->w[0];

	if (!strcmp(m, "Dd") || !strcmp(m, "Dt") || !strcmp(m, "Os"))
		return true;
	if (!strcmp(m, "Sh") || !strcmp(m, "Ss"))
		heading(ws, m[1] == 'h' ? 0 : 2);
	else if (!strcmp(m, "Pp"))
		paragraph();
	else if (!strcmp(m, "br"))
		flush();
	else if (!strcmp(m, "Bl"))
		list_begins(ws);
	else if (!strcmp(m, "El"))
		list_ends();
	else if (!strcmp(m, "It"))
		item(ws);
	else if (!strcmp(m, "Xc"))
		tag_ends();
	else if (!strcmp(m, "Bd") || !strcmp(m, "Ed"))
		literal(m[0] == 'B');
	else if (!strcmp(m, "Dl"))
		display(ws);
	else if (!strcmp(m, "Nm"))
		name(ws);
	else if (!strcmp(m, "Nd"))
		described(ws);
	else
		return false;
	return true;
}

/* --- a page -------------------------------------------------------------------------------------------- */

static void as_it_is(const char *text)
{
	char bare[4096], line[4096 + 64];

	plain(bare, text);
	snprintf(line, sizeof line, "%*s%s", *bare ? p.indent + 2 : 0, "", bare);
	put(line, strlen(line));
}

static void text_line(const char *text)
{
	char bare[TEXT_MAX];

	plain(bare, text);
	add(bare, false);
}

static void take(char *line)
{
	static struct words ws;

	line[strcspn(line, "\n")] = 0;
	if (p.literal && strcmp(line, ".Ed")) {
		as_it_is(line);
	} else if (*line != '.') {
		text_line(line);
	} else {
		split(&ws, line + 1);
		if (ws.n == 0 || of_line(&ws))
			return;
		if (!is_macro(ws.w[0])) {
			fprintf(stderr, "pages: unknown macro: %s\n", line);
			exit(1);
		}
		inline_words(&ws, 0, ws.n);
	}
}

static void page(const char *path)
{
	FILE *f = fopen(path, "r");
	char *copy = strdup(path), *base = basename(copy), line[TEXT_MAX], *text = NULL;
	size_t len = 0;

	if (!f) {
		perror(path);
		exit(1);
	}
	memset(&p, 0, sizeof p);
	p.no_space = p.blank = true;
	out = open_memstream(&text, &len);
	while (fgets(line, sizeof line, f))
		take(line);
	flush();
	fclose(out);
	base[strcspn(base, ".")] = 0;
	printf("\t{ \"%s\", \"%s\",%s },\n", strncmp(base, "lastack-", 8) ? base : base + 8, p.what, text);
	fclose(f);
	free(copy);
	free(text);
}

int main(int argc, char **argv)
{
	puts("/* Made by tools/pages from the manual pages; not to be edited. */\n#include \"cmd/page.h\"\n\n"
	     "const struct page pages[] = {");
	for (int i = 1; i < argc; i++)
		page(argv[i]);
	printf("};\nconst size_t pages_n = %d;\n", argc - 1);
	return 0;
}
