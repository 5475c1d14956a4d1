/* SPDX-License-Identifier: MIT
 * Every word of every table is found by all that people call it, and says all that its table has of it. The scenarios
 * are this file's own. */
#include "words/words.h"
#include "base/buf.h"
#include "base/system.h"
#include "base/tap.h"
#include "doctor/doctor.h"
#include "model/word.h"
#include "script/scenario.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

const struct scenario scenarios[] = {
	{ "first", "title \"CLOSE_WAIT\"\nclient close\nexpect server CLOSE_WAIT timer on\n" },
	{ "longer-word", "expect server NOT_CLOSE_WAIT\nexpect server CLOSE_WAITS\nexpect server XCLOSE_WAIT\n" },
	{ "elsewhere", "# CLOSE_WAIT\nserver CLOSE_WAIT\nunexpected CLOSE_WAIT\n" },
	{ "second-not", "expect server CLOSE_WAIT\n" },
	{ "late", "expect server FIN_WAIT1\nexpect client FIN_WAIT2 and CLOSE_WAIT" },
	{ "behind-it", "expect server LISTEN\nserver send CLOSE_WAIT\n" },
	{ "third", "expect server CLOSE_WAIT\nexpect client CLOSE_WAIT\n" },
	{ "fourth", "expect server CLOSE_WAIT, and stays so\n" },
	{ "fifth", "expect server CLOSE_WAIT\n" },
	{ "options", "server set nodelay 1\nclient set keepcnt 2\nset nodelay\nnote \"set linger\"\n" },
	{ "settings", "sysctl server net.core.somaxconn 5\nexpect net.ipv4.tcp_sack\n" },
};
const size_t scenarios_n = ARRAY_SIZE(scenarios);

/* --- asking ---------------------------------------------------------------------------------------------------- */

/* What is printed of a word, each run of blanks and line breaks as one blank; "nothing" if it is none. For free(). */
static char *explained(const char *word)
{
	FILE *kept = stdout;
	char *text = NULL;
	size_t n = 0, to = 0;
	bool known;

	stdout = open_memstream(&text, &n);
	known = words_explain(word, true);
	fclose(stdout);
	stdout = kept;
	if (!known) {
		free(text);
		return xstrdup("nothing");
	}
	for (size_t i = 0; i < n; i++)
		if (!isspace((unsigned char)text[i]) || (to && text[to - 1] != ' '))
			text[to++] = isspace((unsigned char)text[i]) ? ' ' : text[i];
	text[to] = 0;
	return text;
}

/* It begins so. */
static void is_called(const char *word, const char *begins)
{
	char *is = explained(word);

	if (!ok(strncmp(is, begins, strlen(begins)) == 0, "'%s' is %s", word, begins))
		printf("# is: %.100s\n", is);
	free(is);
}

/* Blanks as explained() has them. */
static char *squeezed(const char *text)
{
	char *out = xstrdup(text);
	size_t to = 0;

	for (size_t i = 0; text[i]; i++)
		if (!isspace((unsigned char)text[i]) || (to && out[to - 1] != ' '))
			out[to++] = isspace((unsigned char)text[i]) ? ' ' : text[i];
	out[to] = 0;
	return out;
}

static bool has(const char *all, const char *text)
{
	char *part = squeezed(text ? text : "");
	bool there = strstr(all, part) != NULL;

	free(part);
	return there;
}

/* --- rules ----------------------------------------------------------------------------------------------------- */

static void lower(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
	for (; *to; to++)
		*to = (char)tolower((unsigned char)*to);
}

static void rule_is_whole(const struct rule *r)
{
	const struct rule_text *t = &r->text;
	const char *parts[] = { t->sentence, t->picture, t->cause,  t->fix,      t->caveat, t->no_help,
		                t->not_when, t->verify,  t->source, t->scenario, t->twin };
	char *is = explained(t->id);
	bool whole = true;
	struct buf by = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		whole &= has(is, parts[i]);
	rule_add_thresholds(&by, r);
	ok(whole && has(is, buf_text(&by)), "%s: all of it is there, its picture and its thresholds too", t->id);
	buf_free(&by);
	free(is);
}

/* Each symptom leads to the rule: by the rules about it, or as trouble of a state, an error, a counter. */
static void symptoms_lead(const struct rule *r)
{
	const char *at = r->text.symptoms;
	bool all = true;

	while (at && *at) {
		char symptom[160], *is;
		size_t n = strcspn(at, "|");

		snprintf(symptom, sizeof symptom, "%.*s", (int)n, at);
		is = explained(symptom);
		if (!strstr(is, r->text.id) && strncmp(is, "LA", 2) != 0) {
			printf("# '%s': %.100s\n", symptom, is);
			all = false;
		}
		free(is);
		at += n + (at[n] != 0);
	}
	ok(all, "%s: each of its symptoms leads to it", r->text.id);
}

/* A number is an error's first. */
static bool is_error(const char *number)
{
	for (size_t i = 0; i < errno_words_n; i++)
		if (errno_words[i].number == atoi(number))
			return true;
	return false;
}

static void rules(void)
{
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		char title[100], id[16];

		snprintf(title, sizeof title, "%s %s (%s) ", (*r)->text.id, (*r)->text.name,
		         severity_word((*r)->severity));
		lower(id, sizeof id, (*r)->text.id);
		is_called((*r)->text.id, title);
		is_called(id, title);
		if (!is_error(id + 2))
			is_called(id + 2, title);
		is_called((*r)->text.name, title);
		rule_is_whole(*r);
		symptoms_lead(*r);
	}
}

/* --- other words ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *word, *is;
} words[] = {
	{ "CLOSED", "CLOSED, a state of TCP (ss: UNCONN, netstat: CLOSE)" },
	{ "LISTEN", "LISTEN, a state of TCP (ss: LISTEN, netstat: LISTEN)" },
	{ "listening", "LISTEN, a state" },
	{ "SYN_SENT", "SYN_SENT, a state of TCP (ss: SYN-SENT, netstat: SYN_SENT)" },
	{ "syn-sent", "SYN_SENT, a state" },
	{ "SYN_RECV", "SYN_RECV, a state of TCP (ss: SYN-RECV, netstat: SYN_RECV)" },
	{ "SYN-RECEIVED", "SYN_RECV, a state" },
	{ "syn_rcvd", "SYN_RECV, a state" },
	{ "NEW_SYN_RECV", "NEW_SYN_RECV, a state of TCP (ss: SYN-RECV, netstat: SYN_RECV)" },
	{ "ESTABLISHED", "ESTABLISHED, a state of TCP (ss: ESTAB, netstat: ESTABLISHED)" },
	{ "estab", "ESTABLISHED, a state" },
	{ "FIN_WAIT1", "FIN_WAIT1, a state of TCP (ss: FIN-WAIT-1, netstat: FIN_WAIT1)" },
	{ "fin-wait-1", "FIN_WAIT1, a state" },
	{ "fin wait 1", "FIN_WAIT1, a state" },
	{ "FIN_WAIT_2", "FIN_WAIT2, a state" },
	{ "FIN_WAIT2", "FIN_WAIT2, a state of TCP (ss: FIN-WAIT-2, netstat: FIN_WAIT2)" },
	{ "CLOSE_WAIT", "CLOSE_WAIT, a state of TCP (ss: CLOSE-WAIT, netstat: CLOSE_WAIT)" },
	{ "close wait", "CLOSE_WAIT, a state" },
	{ "CLOSING", "CLOSING, a state of TCP (ss: CLOSING, netstat: CLOSING)" },
	{ "LAST_ACK", "LAST_ACK, a state of TCP (ss: LAST-ACK, netstat: LAST_ACK)" },
	{ "TIME_WAIT", "TIME_WAIT, a state of TCP (ss: TIME-WAIT, netstat: TIME_WAIT)" },
	{ "Time-Wait", "TIME_WAIT, a state" },
	{ "BOUND", "BOUND, a state of TCP (ss: UNCONN, netstat: CLOSE)" },
	{ "not-accepted", "not accepted, why no process holds a socket" },
	{ "Not Accepted", "not accepted, why" },
	{ "syn-queue", "SYN queue, why" },
	{ "SYN queue", "SYN queue, why" },
	{ "orphan", "orphan, why" },
	{ "kernel", "kernel, why" },
	{ "in flight", "in flight, why" },
	{ "hidden", "hidden, why" },
	{ "kernel or in flight", "kernel or in flight, why" },
	{ "on", "on, a timer of a socket the retransmission timer" },
	{ "keepalive", "keepalive, a timer of a socket SO_KEEPALIVE" },
	{ "timewait", "TIME_WAIT, a state" }, /* and the timer of that name */
	{ "persist", "persist, a timer of a socket the peer's window is closed" },
	{ "Connection timed out", "ETIMEDOUT (110 here)" },
	{ "curl: (28) Failed to connect: Connection timed out", "ETIMEDOUT" },
	{ "errno=EPIPE", "EPIPE (32 here)" },
	{ "[econnreset]", "ECONNRESET (104 here)" },
	{ "connect: connection refused", "ECONNREFUSED (111 here)" },
	{ "address already", "EADDRINUSE (98 here)" },
	{ "accept4: Too many open files", "EMFILE (24 here)" },
	{ "Too many open files in system", "ENFILE (23 here)" },
	{ "Transport endpoint is not connected", "ENOTCONN (107 here)" },
	{ "Transport endpoint is already connected", "EISCONN (106 here)" },
	{ "Bad file descriptor", "EBADF (9 here)" },
	{ "bind: アドレスは既に使用中です", "EADDRINUSE" },
	{ "ファイルを開きすぎです", "EMFILE" },
	{ "システム中のファイルを開きすぎです", "ENFILE" },
	{ "연결이 거부됨", "ECONNREFUSED" },
	{ "시스템에 파일을 너무 많이 열었음", "ENFILE" },
	/* Part of a word is none. */
	{ "EPIPES", "nothing" },
	{ "XEPIPE", "nothing" },
	{ "nofi", "nothing" }, /* too short to tell one trouble from another */
	{ "nofil", "it may be: LA701 nofile-near" },
	{ "too man", "it may be: " }, /* too short to be an error's text */
	{ "too many", "EMFILE" },
	{ "off", "off, a timer of a socket netstat's word" },
	{ "delack", "delack, a timer of a socket an ACK that waits" },
	/* Numbers are errors first, then rules. */
	{ "104", "ECONNRESET (104 here)" },
	{ "errno 110", "ETIMEDOUT (110 here)" },
	{ "Errno=111", "ECONNREFUSED (111 here)" },
	{ "os error 98", "EADDRINUSE (98 here)" },
	{ "301", "LA301 accept-queue-overflow" },
	{ "LA104", "LA104 close-wait-idle-pool" },
	{ "999999", "nothing" },
	{ "104x", "nothing" },
	/* Every kind by each of its spellings. */
	{ "syn", "SYN, a flag of TCP" },
	{ "[R.]", "RST, a flag of TCP" },
	{ "SYN/ACK", "SYN+ACK, a flag of TCP" },
	{ "Recv-Q", "Recv-Q, a column of tables of sockets bytes that came" },
	{ "Half-open", "Half-open, a column of tables of sockets of a listener: its SYN queue" },
	{ "size/off", "SIZE/OFF, a column" },
	{ "somaxconn", "net.core.somaxconn, a setting of the kernel (sysctl)" },
	{ "net.ipv4.tcp_sack", "net.ipv4.tcp_sack, a setting" },
	{ "net/ipv4/tcp_sack", "net.ipv4.tcp_sack, a setting" },
	{ "/proc/sys/net/ipv4/tcp_sack", "net.ipv4.tcp_sack, a setting" },
	{ "/proc/sys/net/ipv4/tcp_sac", "nothing" },
	{ "SO_LINGER", "SO_LINGER, an option of sockets (setsockopt)" },
	{ "SO_TIMESTAMP_NEW", "SO_TIMESTAMP_NEW, an option" },
	{ "TCP_NODELAY", "TCP_NODELAY, an option" },
	{ "IPV6_V6ONLY", "IPV6_V6ONLY, an option" },
	{ "backlog", "backlog, a word of the trade" },
	{ "2MSL", "MSL, a word of the trade" },
	{ "TCP_LISTEN_OVERFLOW", "TCP_LISTEN_OVERFLOW, why the kernel throws a packet away" },
	{ "SKB_DROP_REASON_NETFILTER_DROP", "NETFILTER_DROP, why the kernel throws a packet away" },
	{ "SK_RST_REASON_TCP_STATE", "TCP_STATE, why the kernel sends a reset" },
	{ "SKB_DROP_REASON_SO_IT_IS", "nothing" },
	{ "", "nothing" },
	{ "LA1", "nothing" },
	{ "Tcp", "nothing" },
	{ "a state whose name is longer than any state's", "nothing" },
};

/* Of every error its name, in a line and alone, and its text in three languages. */
static void errors(void)
{
	for (size_t i = 0; i < errno_words_n; i++) {
		const struct errno_word *w = &errno_words[i];
		const char *texts[] = { w->name, errno_text(w->number), w->japanese, w->korean };
		char line[300], *is;

		for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
			snprintf(line, sizeof line, "2024-01-01 app[7]: %s: failed", texts[k]);
			is_called(texts[k], w->name);
			is_called(line, w->name);
		}
		is = explained(w->name);
		ok(has(is, w->sentence) && has(is, w->fine) && has(is, w->advice) && has(is, w->calls) &&
		           has(is, w->source),
		   "%s: what it means, when it is harmless, what to do, who says so", w->name);
		ok(!*w->rules || has(is, doctor_rule((char[]){ w->rules[0], w->rules[1], w->rules[2], w->rules[3],
		                                               w->rules[4], 0 })
		                                 ->text.name),
		   "%s: and the rule about it", w->name);
		free(is);
	}
}

/* The counters that rules go by are words, as nstat and others write them. */
static void counters(void)
{
	for (int c = 0; c < COUNTERS; c++) {
		const struct counter_info *i = counter_info((enum counter_id)c);
		char nstat[100], dotted[100], title[300];

		snprintf(nstat, sizeof nstat, "%s%s", i->group, i->word);
		snprintf(dotted, sizeof dotted, "%s.%s", i->group, i->word);
		snprintf(title, sizeof title, "%s, a counter of each network namespace (%s; nstat: %s) ", i->word,
		         i->group, nstat);
		is_called(i->word, title);
		is_called(nstat, title);
		is_called(dotted, title);
	}
}

/* --- what a state has ------------------------------------------------------------------------------------------- */

static void a_state(void)
{
	char *is = explained("CLOSE_WAIT");

	ok(has(is, "way in ESTABLISHED ──▶ CLOSE_WAIT: "), "a state has its way in");
	ok(has(is, "way out CLOSE_WAIT ──▶ CLOSED: ") && has(is, "] CLOSE_WAIT ──▶ LAST_ACK: "), "and its ways out");
	ok(!has(is, "FIN_WAIT1 ──▶"), "and no other arrow");
	ok(has(is, "trouble LA101 close-wait-leak: "), "and the rules about it, a line each");
	ok(has(is, "LA104 close-wait-idle-pool: "), "all of them");
	ok(!has(is, "LA105 "), "and no others");
	ok(has(is, "see it lastack lab first; also late, third, fourth"),
	   "four scenarios show it: those that expect that very word, and no twin");
	ok(!has(is, "longer-word") && !has(is, "elsewhere") && !has(is, "behind-it") && !has(is, "second-not") &&
	           !has(is, "fifth"),
	   "and no others");
	free(is);
	is = explained("timewait");
	ok(has(is, "as a timer a minisocket in TIME_WAIT, 60 s"), "a state that is a timer's name says so");
	free(is);
	is = explained("CLOSING");
	ok(!has(is, "as a timer"), "and others do not");
	free(is);
}

/* --- near, and all ---------------------------------------------------------------------------------------------- */

static void near(void)
{
	static const struct {
		const char *word, *near;
	} rows[] = {
		{ "clos_wait", "CLOSE_WAIT" },
		{ "LA1011", "LA101" },
		{ "close-wait-leek", "close-wait-leak" },
		{ "EADDRINUS", "EADDRINUSE" },
		{ "ListenDrop", "ListenDrops" },
		{ "presist", "persist" },
		{ "not-acepted", "not-accepted" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *near_one = words_near(rows[i].word);

		same_text(near_one ? near_one : "none", rows[i].near, rows[i].word);
	}
	ok(!words_near("something else altogether"), "nothing is near to what is far from all");
}

/* --- where it can be seen ---------------------------------------------------------------------------------------- */

static void shown_where(void)
{
	static const struct {
		const char *word, *see; /* NULL: nowhere */
	} rows[] = {
		{ "TCP_NODELAY", "see it lastack lab options" },
		{ "TCP_KEEPCNT", "see it lastack lab options" },
		{ "SO_LINGER", NULL }, /* a note sets nothing */
		{ "somaxconn", "see it lastack lab settings" },
		{ "tcp_sack", NULL }, /* an expectation sets nothing */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *is = explained(rows[i].word);

		ok(rows[i].see ? has(is, rows[i].see) : !has(is, "see it"), "%s: %s", rows[i].word,
		   rows[i].see ? rows[i].see : "no scenario shows it");
		free(is);
	}
}

/* A name that several kinds have is the first one's, and the others are told. */
static void of_several_kinds(void)
{
	char *is = explained("NO_SOCKET");

	ok(has(is, "NO_SOCKET, why the kernel throws a packet away ") &&
	           has(is, "also NO_SOCKET, why the kernel sends a reset"),
	   "a name of two kinds: one is said, the other told");
	free(is);
	is = explained("104");
	ok(has(is, "also the rule close-wait-idle-pool: lastack explain LA104"), "and the rule of an error's number");
	free(is);
	ok(!words_explain("a line with EPIPE in it", false), "where nothing is to be looked for in a text, nothing is");
}

/* What is listed, and how many lines it is. */
static char *listed(const char *kind, size_t *lines)
{
	FILE *kept = stdout;
	char *text = NULL;
	size_t n = 0;
	bool known;

	stdout = open_memstream(&text, &n);
	known = words_list(kind);
	fclose(stdout);
	stdout = kept;
	*lines = 0;
	for (const char *c = text; *c; c++)
		*lines += *c == '\n';
	if (known)
		return text;
	free(text);
	return NULL;
}

static void list(void)
{
	size_t all, lines, sum = 0, rules_n = 0;
	char *text = listed(NULL, &all), *one;
	struct buf kinds = { 0 };
	bool whole = true;

	for (const struct rule *const *r = doctor_rules; *r; r++, rules_n++)
		whole &= strstr(text, (*r)->text.sentence) != NULL;
	for (size_t i = 0; i < errno_words_n; i++)
		whole &= strstr(text, errno_words[i].sentence) != NULL;
	ok(whole, "the list has every rule and every error");
	free(text);
	words_kinds(&kinds);
	for (char *save, *kind = strtok_r(kinds.text, ", ", &save); kind; kind = strtok_r(NULL, ", ", &save)) {
		one = listed(kind, &lines);
		ok(one && lines, "of %s there are %zu", kind, lines);
		free(one);
		sum += lines;
	}
	ok(sum == all, "all kinds together are the whole list: %zu of %zu", sum, all);
	one = listed("rule", &lines);
	ok(lines == rules_n, "each rule once");
	free(one);
	ok(!listed("nonsense", &lines), "there is no kind of that name");
	buf_free(&kinds);
}

int main(void)
{
	rules();
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		is_called(words[i].word, words[i].is);
	errors();
	counters();
	a_state();
	shown_where();
	of_several_kinds();
	near();
	list();
	return tap_done();
}
