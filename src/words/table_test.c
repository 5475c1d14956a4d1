/* SPDX-License-Identifier: MIT
 * The tables of words: each row is whole and names only what there is; every name that kernels from 5.10 to 7.3 have,
 * and every one that the running kernel and the headers of this machine have, has a text. */
#include "words/table.h"
#include "base/file.h"
#include "base/system.h"
#include "base/tap.h"
#include "doctor/doctor.h"
#include "model/filter.h"
#include "model/word.h"
#include "script/scenario.h"
#include "source/btf.h"
#include "source/counter.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

const struct scenario scenarios[] = { { "none", "" } };
const size_t scenarios_n = 1;

/* --- each row is whole ------------------------------------------------------------------------------------------- */

/* Every rule that a text names is one. */
static bool names_rules(const char *text)
{
	for (const char *at = text; (at = strstr(at, "LA")); at += 2) {
		char id[6];

		if (!isdigit((unsigned char)at[2]))
			continue;
		snprintf(id, sizeof id, "%.5s", at);
		if (!doctor_rule(id)) {
			printf("# there is no rule %s: %s\n", id, text);
			return false;
		}
	}
	return true;
}

/* Words behind a command that are no part of it, and what stands for a value. */
static bool is_prose(const char *filter)
{
	static const char *const words[] = { "says", "tells",   "there", "here", "shows", "on the",
		                             "PORT", "ADDRESS", "PID",   "NAME", "PATH" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(filter, words[i]))
			return true;
	return false;
}

/* Every filter that is to be typed is one: "lastack list FILTER" up to an option, a bracket or a ';'. */
static bool names_filters(const char *text)
{
	static const char command[] = "lastack list ";

	for (const char *at = text; (at = strstr(at, command));) {
		char filter[200], *option;
		struct filter *f;
		struct err e;

		at += sizeof command - 1;
		snprintf(filter, sizeof filter, " %.*s", (int)strcspn(at, ";("), at);
		option = strstr(filter, " -");
		if (option)
			*option = 0;
		if (is_prose(filter))
			continue;
		f = filter_parse(filter, NULL, &e);
		if (!f) {
			printf("# '%s' is no filter: %s\n", filter, err_text(&e));
			return false;
		}
		filter_free(f);
	}
	return true;
}

static bool is_sentence(const char *text)
{
	size_t n = strlen(text);

	return !n || (text[n - 1] != '.' && !isspace((unsigned char)text[n - 1]) && !isspace((unsigned char)*text));
}

static bool is_filter(const char *text)
{
	struct err e;
	struct filter *f = filter_parse(text, NULL, &e);

	filter_free(f);
	return f != NULL;
}

static bool is_whole(const struct lore *w)
{
	const char *parts[] = { w->means, w->fine, w->with, w->look, w->source };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!is_sentence(parts[i]) || !names_rules(parts[i]) || !names_filters(parts[i]))
			return false;
	return *w->name && *w->means && *w->source && is_filter(w->list);
}

/* What moves with a word is a word, or an error, or a state. */
static bool is_known(const char *name)
{
	enum tcp_state state;

	for (size_t k = 0; k < word_kinds_n; k++)
		if (word_find(&word_kinds[k], name))
			return true;
	return errno_word_find(name) || tcp_state_parse(name, &state) || streq(name, "orphan") ||
	       streq(name, "not accepted") || strncmp(name, "Icmp.", 5) == 0 ||
	       streq(name, "net.ipv4.conf.all.arp_filter");
}

static bool moves_with_words(const char *with)
{
	while (*with) {
		char name[128];
		size_t n = strcspn(with, ",");

		snprintf(name, sizeof name, "%.*s", (int)n, with);
		if (!is_known(name)) {
			printf("# '%s' is no word\n", name);
			return false;
		}
		with += n + strspn(with + n, ", ");
	}
	return true;
}

static void rows(void)
{
	for (size_t k = 0; k < word_kinds_n; k++) {
		size_t whole = 0;

		for (size_t i = 0; i < word_kinds[k].n; i++) {
			const struct lore *w = &word_kinds[k].words[i];
			bool is = is_whole(w) && moves_with_words(w->with);

			if (!is)
				printf("# %s\n", w->name);
			whole += is;
		}
		ok(whole == word_kinds[k].n, "%s: all %zu rows are whole", word_kinds[k].name, word_kinds[k].n);
	}
	for (size_t i = 0; i < errno_words_n; i++) {
		const struct errno_word *w = &errno_words[i];

		ok(*w->fine && *w->source && names_rules(w->rules) && names_filters(w->advice) &&
		           moves_with_words(w->with),
		   "%s: its row is whole", w->name);
	}
}

/* No two rows of a kind have the same name. */
static void once(void)
{
	for (size_t k = 0; k < word_kinds_n; k++)
		for (size_t i = 0; i < word_kinds[k].n; i++) {
			const struct lore *w = &word_kinds[k].words[i];
			char first[100];

			snprintf(first, sizeof first, "%.*s", (int)strcspn(w->name, "|"), w->name);
			if (streq(word_kinds[k].name, "column") && streq(w->source, "lastack-list(1)"))
				continue; /* some are ss's too */
			if (word_find(&word_kinds[k], first) != w)
				ok(false, "%s: %s is another row's, too", word_kinds[k].name, first);
		}
}

/* --- what kernels have ------------------------------------------------------------------------------------------- */

static const struct {
	const char *kind, *name, *kernels;
} recorded[] = {
#define KERNEL_NAME(kind, name, kernels) { kind, name, kernels },
#include "words/kernel_counters.rows"
#include "words/kernel_names.rows"
#undef KERNEL_NAME
};

static bool has_text(const char *kind, const char *name)
{
	return word_find(word_kind_of(kind), name) != NULL;
}

static void recorded_kernels(void)
{
	size_t with = 0;

	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		bool has = has_text(recorded[i].kind, recorded[i].name);

		if (!has)
			printf("# %s %s of %s has no text\n", recorded[i].kind, recorded[i].name, recorded[i].kernels);
		with += has;
	}
	ok(with == ARRAY_SIZE(recorded), "of %zu names of kernels from 5.10 to 7.3 each has a text",
	   ARRAY_SIZE(recorded));
}

/* --- what this machine has --------------------------------------------------------------------------------------- */

/* Of one kind: how many names there are, and how many have a text. */
struct count {
	const char *kind, *prefix;
	size_t n, with;
};

static void count_name(struct count *c, const char *name)
{
	bool has = has_text(c->kind, name);

	if (!has)
		printf("# %s has no text\n", name);
	c->n++;
	c->with += has;
}

/* Kernels that are newer than those that were recorded may have names that nobody here knows. */
static bool kernel_is_recorded(void)
{
	return kernel_is_before(7, 4);
}

static void judge(const struct count *c, const char *where)
{
	char why[160];

	if (!c->n)
		snprintf(why, sizeof why, "there are no names of %s here", where);
	else
		snprintf(why, sizeof why, "%zu of %zu names of %s are of a kernel that is newer than the tables",
		         c->n - c->with, c->n, where);
	if (!c->n || (c->with < c->n && !kernel_is_recorded()))
		tap_skip(why);
	else
		ok(c->with == c->n, "of %zu names of %s %zu have a text", c->n, where, c->with);
}

static void counters_here(void)
{
	static const char *const files[] = { "/proc/self/net/snmp", "/proc/self/net/netstat" };
	static const char *const groups = " Tcp TcpExt IpExt MPTcpExt Ip ";
	struct count c = { .kind = "counter" };
	struct counters all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			counters_read_file(fd, &all);
		fd_close(&fd);
	}
	for (size_t i = 0; i < all.n; i++) {
		char name[128], group[32];

		snprintf(group, sizeof group, " %s ", all.all[i].group);
		snprintf(name, sizeof name, "%s.%s", all.all[i].group, all.all[i].name);
		if (strstr(groups, group))
			count_name(&c, name);
	}
	counters_free(&all);
	judge(&c, "/proc/net/snmp and /proc/net/netstat");
}

static void settings_in(const char *folder, const char *begin)
{
	struct count c = { .kind = "setting" };
	char path[100], name[300];
	struct dirent *entry;
	DIR *d;

	snprintf(path, sizeof path, "/proc/sys/net/%s", folder);
	d = opendir(path);
	while (d && (entry = readdir(d))) {
		if (*entry->d_name == '.' || strncmp(entry->d_name, begin, strlen(begin)) != 0)
			continue;
		snprintf(name, sizeof name, "net.%s.%s", folder, entry->d_name);
		count_name(&c, name);
	}
	if (d)
		closedir(d);
	judge(&c, path);
}

static void count_reason(void *ctx, const char *name, int64_t value)
{
	size_t n = strlen(name);

	(void)value;
	if (n > 4 && streq(name + n - 4, "_MAX"))
		return;
	if (!strstr(name, "SUBSYS_MASK"))
		count_name(ctx, name);
}

static void reasons(const char *kind, const char *enumeration)
{
	struct count c = { .kind = kind };
	struct err e;

	btf_enum(NULL, enumeration, count_reason, &c, &e);
	judge(&c, enumeration);
}

/* Every "#define NAME number" of a header whose name begins so. */
static void options_of(const char *header, const char *begin, const char *but)
{
	struct count c = { .kind = "option" };
	struct buf text = { 0 };
	char *save = NULL;

	if (file_read(header, &text, 1 << 20) == 0)
		for (char *line = strtok_r(text.text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			char name[100], padded[102];
			int number;

			if (sscanf(line, " # define %99s %d", name, &number) != 2 &&
			    sscanf(line, " #define %99s %d", name, &number) != 2)
				continue;
			snprintf(padded, sizeof padded, " %s ", name);
			if (strncmp(name, begin, strlen(begin)) == 0 && !strstr(but, padded))
				count_name(&c, name);
		}
	buf_free(&text);
	judge(&c, header);
}

static void this_machine(void)
{
	/* Values of options, and numbers that are none. */
	static const char no_options[] = " TCP_MSS_DEFAULT TCP_MSS_DESIRED TCP_MSS TCP_MAXWIN TCP_MAX_WINSHIFT "
					 "TCP_REPAIR_ON TCP_REPAIR_OFF TCP_REPAIR_OFF_NO_WP TCP_MD5SIG_MAXKEYLEN "
					 "TCP_MD5SIG_FLAG_PREFIX TCP_MD5SIG_FLAG_IFINDEX TCP_COOKIE_MIN "
					 "TCP_COOKIE_MAX TCP_AO_MAXKEYLEN "
					 "TCP_RECEIVE_ZEROCOPY_FLAG_TLB_CLEAN_HINT ";

	counters_here();
	settings_in("ipv4", "tcp_");
	settings_in("core", "");
	settings_in("mptcp", "");
	reasons("drop", "skb_drop_reason");
	reasons("reset", "sk_rst_reason");
	options_of("/usr/include/asm-generic/socket.h", "SO_", "");
	options_of("/usr/include/linux/tcp.h", "TCP_", no_options);
	options_of("/usr/include/netinet/tcp.h", "TCP_", no_options);
}

int main(void)
{
	rows();
	once();
	recorded_kernels();
	this_machine();
	return tap_done();
}
