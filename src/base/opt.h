/* SPDX-License-Identifier: MIT
 * Options are rows of a table: parsing, where the value goes, --help and the manual page's OPTIONS section all come
 * from it. A value that is none is refused here, in the same words for every command. */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

enum opt_kind {
	OPT_NOTHING, /* taken, and without effect */
	OPT_FLAG,    /* a bool becomes true */
	OPT_TEXT,    /* a const char * to what was said */
	OPT_NUMBER,  /* an integer of any size becomes a number from `least` to `most` */
	OPT_SPAN,    /* a struct span becomes a time of `least` milliseconds to 24 hours; a number alone is seconds; 0
	                too where `zero` says what it means */
	OPT_CHOICE,  /* an enum becomes the index of one of `words`, in whatever case */
	OPT_WORDS,   /* a struct buf grows by what was said, behind a blank */
	OPT_CALL     /* a function is asked */
};

struct opt {
	char letter;      /* of the short option; 0: it has none */
	const char *name; /* long name without dashes */
	const char *arg;  /* the argument's name, NULL for none */
	const char *help; /* one sentence, no full stop */
	enum opt_kind kind;
	size_t at, size; /* the member of the context that it fills */
	long least, most;
	const char *zero;         /* of a span: "0 for one look" */
	const char *const *words; /* ended by NULL */
	int (*call)(void *ctx, const char *value, struct err *e);
	const char *given;  /* the value of an option that takes none */
	const char *advice; /* behind the sentence that refuses a value; NULL: none */
};

/* What stands at the end of a row: the member, by its type and name, and what may become of it. A member that is not
 * of the kind's type does not compile. */
#define OPT_AT_(type, member, is)                                                                                      \
	.at = offsetof(type, member) +                                                                                 \
	      0 * sizeof(char[__builtin_types_compatible_p(typeof(((type *)0)->member), is) ? 1 : -1]),                \
	.size = sizeof(((type *)0)->member)
#define TO_NOTHING            .kind = OPT_NOTHING
#define TO_FLAG(type, member) .kind = OPT_FLAG, OPT_AT_(type, member, bool)
#define TO_TEXT(type, member) .kind = OPT_TEXT, OPT_AT_(type, member, const char *)
#define TO_NUMBER(type, member, from, to)                                                                              \
	.kind = OPT_NUMBER, OPT_AT_(type, member, typeof(((type *)0)->member)), .least = (from), .most = (to)
#define TO_SPAN(type, member, least_ms) .kind = OPT_SPAN, OPT_AT_(type, member, struct span), .least = (least_ms)
#define TO_CHOICE(type, member, of)                                                                                    \
	.kind = OPT_CHOICE, OPT_AT_(type, member, typeof(((type *)0)->member)), .words = (of)
#define TO_WORDS(type, member) .kind = OPT_WORDS, OPT_AT_(type, member, struct buf)
#define TO_CALL(function)      .kind = OPT_CALL, .call = (function)

struct opt_command {
	const char *name;       /* "lastack lab", as --help calls it */
	const char *args;       /* "[NAME|FILE]" */
	const char *summary;    /* one sentence */
	const struct opt *opts; /* ended by a row without a name */
	/* What becomes of each other word; its name is what refusals call it ("scenario"). But for OPT_WORDS and
	 * OPT_CALL there may be one. */
	struct opt word;
	/* Where the first other word begins somebody else's command line: takes it and all that follows. NULL: `word`
	 * takes them. */
	int (*rest)(void *ctx, int argc, char **argv, struct err *e);
};

/* Parses argv[1..] into `ctx` (getopt_long(3); options and words in any order; of an option that comes twice the last
 * one counts). 0, OPT_HELP, OPT_USAGE or OPT_VERSION where that was asked for, or -1 with `e` filled. Nothing is
 * printed. */
enum { OPT_HELP = 1, OPT_USAGE, OPT_VERSION };
int opt_parse(const struct opt_command *cmd, int argc, char **argv, void *ctx, struct err *e);

/* Gives one option its value, NULL for one that takes none: what opt_parse() does. */
int opt_set(const struct opt *o, const char *value, void *ctx, struct err *e);

/* What --help prints, or --usage: which of these two opt_parse() returned. */
void opt_help(const struct opt_command *cmd, int which, struct buf *out);

/* The OPTIONS list in mdoc(7). */
void opt_manual(const struct opt *opts, struct buf *out);

#endif
