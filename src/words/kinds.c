/* SPDX-License-Identifier: MIT
 * The kinds of words whose knowledge is a row of a table. */
#include "base/util.h"
#include "words/here.h"
#include "words/say.h"
#include "words/table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_name(const char *name, const char *typed)
{
	return strcasecmp(name, typed) == 0;
}

/* --- flags, timers, words of the trade ------------------------------------------------------------------------ */

static const struct lore flags[] = {
#define FLAG(name, means, fine, with, look, source) { name, means, fine, with, look, source, "" },
#include "words/flag.def"
#undef FLAG
};

static const struct lore terms[] = {
#define TERM(name, means, fine, with, look, source, list) { name, means, fine, with, look, source, list },
#include "words/term.def"
#undef TERM
};

static const struct lore timers[] = {
#define TIMER(name, means, fine, with, look, source, list) { name, means, fine, with, look, source, list },
#include "words/timer.def"
#undef TIMER
};

/* --- counters ------------------------------------------------------------------------------------------------- */

static const struct lore counters[] = {
#define COUNTER(group, word, means, fine, with, look, source) { group "." word, means, fine, with, look, source, "" },
#include "words/counter_tcp.def"
#include "words/counter_mptcp.def"
#include "words/counter_ip.def"
#undef COUNTER
};

/* "ListenDrops", "TcpExtListenDrops" as nstat has it, "TcpExt.ListenDrops". */
static bool is_counter(const char *name, const char *typed)
{
	size_t group = strcspn(name, ".");
	const char *word = name + group + 1;

	if (strncasecmp(typed, name, group) == 0 && strcasecmp(typed + group + (typed[group] == '.'), word) == 0)
		return true;
	return strcasecmp(typed, word) == 0;
}

static void counter_title(struct buf *title, const struct lore *w)
{
	size_t group = strcspn(w->name, ".");

	buf_addf(title, " (%.*s; nstat: %.*s%s)", (int)group, w->name, (int)group, w->name, w->name + group + 1);
}

static void counter_here(struct buf *here, const struct lore *w, const char *name)
{
	(void)name;
	if (here_counter(here, w->name))
		buf_puts(here, " since this network namespace was made: when, it does not tell; its rate does");
	else
		buf_puts(here, "this kernel does not count it");
}

static const char *counter_shown(const struct lore *w)
{
	return strchr(w->name, '.') + 1;
}

/* --- settings ------------------------------------------------------------------------------------------------- */

static const struct lore settings[] = {
#define SETTING(name, means, fine, with, look, source) { name, means, fine, with, look, source, "" },
#include "words/setting_tcp.def"
#include "words/setting_core.def"
#undef SETTING
};

static bool same_path(const char *name, const char *typed)
{
	for (; *name && *typed; name++, typed++)
		if (*name != (*typed == '/' ? '.' : *typed))
			return false;
	return !*name && !*typed;
}

/* "net.core.somaxconn", "somaxconn", "net/core/somaxconn", "/proc/sys/net/core/somaxconn". */
static bool is_setting(const char *name, const char *typed)
{
	static const char proc[] = "/proc/sys/";

	if (strncmp(typed, proc, sizeof proc - 1) == 0)
		typed += sizeof proc - 1;
	return same_path(name, typed) || streq(strrchr(name, '.') + 1, typed);
}

static void setting_here(struct buf *here, const struct lore *w, const char *name)
{
	(void)name;
	if (!here_setting(here, w->name))
		buf_puts(here, "this kernel, or this network namespace, has no such setting");
}

/* --- options, columns ----------------------------------------------------------------------------------------- */

static const struct lore options[] = {
#define OPTION(name, means, fine, with, look, source) { name, means, fine, with, look, source, "" },
#include "words/option.def"
#undef OPTION
};

/* The lab's word for an option: "nodelay". */
static const char *option_in_labs(const struct lore *w)
{
	static char name[64];
	const char *begins = strchr(w->name, '_');
	size_t n = strcspn(w->name, "|");

	snprintf(name, sizeof name, "%.*s", (int)(n - (size_t)(begins + 1 - w->name)), begins + 1);
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return name;
}

/* What lastack list alone has comes from its own table. */
static const struct lore columns[] = {
#define TABLE_COLUMN(name, means, fine, with, look, source, list) { name, means, fine, with, look, source, list },
#include "words/column.def"
#undef TABLE_COLUMN
#define COLUMN(id, word, title, align, want, sentence)                                                                 \
	{ title "|" word, sentence, "", "", "lastack list -o +" word, "lastack-list(1)", "" },
#include "model/column.def"
#undef COLUMN
};

/* --- reasons -------------------------------------------------------------------------------------------------- */

static const struct lore drops[] = {
#define DROP(name, means, fine, with, look, source) { name, means, fine, with, look, source, "" },
#include "words/drop.def"
#undef DROP
};

static const struct lore resets[] = {
#define RESET(name, means, fine, with, look, source) { name, means, fine, with, look, source, "" },
#include "words/reset.def"
#undef RESET
};

static const char drop_prefix[] = "SKB_DROP_REASON_", reset_prefix[] = "SK_RST_REASON_";

static bool is_behind(const char *prefix, const char *name, const char *typed)
{
	size_t n = strlen(prefix);

	return is_name(name, strncasecmp(typed, prefix, n) == 0 ? typed + n : typed);
}

static bool is_drop(const char *name, const char *typed)
{
	return is_behind(drop_prefix, name, typed);
}

static bool is_reset(const char *name, const char *typed)
{
	return is_behind(reset_prefix, name, typed);
}

static void drop_here(struct buf *here, const struct lore *w, const char *name)
{
	(void)w;
	here_reason(here, "skb_drop_reason", drop_prefix, name);
}

static void reset_here(struct buf *here, const struct lore *w, const char *name)
{
	(void)w;
	here_reason(here, "sk_rst_reason", reset_prefix, name);
}

/* --- the kinds ------------------------------------------------------------------------------------------------ */

#define ROWS(table) .words = (table), .n = ARRAY_SIZE(table)

/* A name that is of several kinds is the first one's; the others are told. */
const struct word_kind word_kinds[] = {
	{ "flag", "a flag of TCP", ROWS(flags), .is = is_name, .verbs = "expect wire|hold |drop " },
	{ "timer", "a timer of a socket", ROWS(timers), .is = is_name, .verbs = SAY_EXPECTS },
	{ "counter", "a counter of each network namespace", ROWS(counters), .is = is_counter,
	  .add_title = counter_title, .add_here = counter_here, .verbs = SAY_EXPECTS, .shown = counter_shown },
	{ "setting", "a setting of the kernel (sysctl)", ROWS(settings), .is = is_setting, .add_here = setting_here,
	  .verbs = "sysctl " },
	{ "option", "an option of sockets (setsockopt)", ROWS(options), .apart = true, .is = is_name, .verbs = " set ",
	  .in_labs = option_in_labs },
	{ "column", "a column of tables of sockets", ROWS(columns), .is = is_name },
	{ "drop", "why the kernel throws a packet away", ROWS(drops), .apart = true, .is = is_drop,
	  .add_here = drop_here, .verbs = "note \"drop " },
	{ "reset", "why the kernel sends a reset", ROWS(resets), .apart = true, .is = is_reset, .add_here = reset_here,
	  .verbs = "note \"reset " },
	{ "term", "a word of the trade", ROWS(terms), .is = is_name },
};
const size_t word_kinds_n = ARRAY_SIZE(word_kinds);
