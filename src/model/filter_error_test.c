/* SPDX-License-Identifier: MIT
 * What is no filter: the sentences, the carets, the limits. */
#include "model/filter_test.h"

/* --- errors ----------------------------------------------------------------------------------------------- */

/* The error of a text that is no filter. Valid until the next call. */
static const char *error_of(const char *text)
{
	static struct err e;
	struct filter *f = filter_parse(text, NULL, &e);

	filter_free(f);
	return f ? "no error" : err_text(&e);
}

static void whole_errors(void)
{
	same_text(error_of("stat close-wait"),
	          "there is no filter word 'stat'; did you mean 'state'?\n    stat close-wait\n    ^",
	          "the sentence, the text, the caret");
	same_text(error_of("comm \xed\x95\x9c\xea\xb8\x80 spotr 80"),
	          "there is no filter word 'spotr'; did you mean 'sport'?\n    comm \xed\x95\x9c\xea\xb8\x80 spotr 80\n"
	          "              ^",
	          "the caret counts columns, not bytes");
	same_text(error_of("comm '\x1b[2J' spotr 80"),
	          "there is no filter word 'spotr'; did you mean 'sport'?\n    comm '\\x1b[2J' spotr 80\n              "
	          "     ^",
	          "what is escaped is counted as it is shown");
	same_text(error_of("comm \xff\xfe spotr"),
	          "there is no filter word 'spotr'; did you mean 'sport'?\n    comm \\xff\\xfe spotr\n                 "
	          " ^",
	          "bytes that are no UTF-8 too");
	same_text(
		error_of("sport 80 or\tdpott 5"),
		"there is no filter word 'dpott'; did you mean 'dport'?\n    sport 80 or\\tdpott 5\n                 ^",
		"a tab is \\t");
}

static const struct {
	const char *text;
	size_t column;
	const char *says;
} wrong[] = {
	{ "sport 80 clsoe-wait", 9, "there is no filter word 'clsoe-wait'; did you mean 'close-wait'?" },
	{ "recv_qq gt 0", 0, "did you mean 'recvq'?" },
	{ "nginx", 0, "there is no filter word 'nginx'; for a process of that name write 'comm nginx'" },
	{ "listen 80", 7, "'80' alone is no term of a filter; for a port write 'port 80'" },
	{ "listen :80", 7, "a port or an address needs a word before it" },
	{ "10.0.0.1", 0, "for an address write 'addr 10.0.0.1'" },
	{ "10.0.0.0/8", 0, "for an address write 'addr 10.0.0.0/8'" },
	{ "state clsoe-wait", 6, "there is no state 'clsoe-wait'; did you mean 'close-wait'?" },
	{ "state listen,zzzzzz", 13, "there is no state 'zzzzzz'; states are listen, " },
	{ "state", 5, "'state' needs a value: a state (close-wait)" },
	{ "state gt listen", 6, "'state' has no order, so 'gt' says nothing" },
	{ "listen,", 7, "'state' needs a value: a state" },
	{ "sport", 5, "'sport' needs a value: a port up to 65535" },
	{ "sport gt", 8, "'sport' needs a value: a port" },
	{ "sport 80,", 9, "'sport' needs a value: a port" },
	{ "sport = 65536", 8, "'65536' behind 'sport' is not a port up to 65535" },
	{ "sport 8x", 6, "'8x' behind 'sport' is not a port" },
	{ "sport 80,8x", 9, "'8x' behind 'sport'" },
	{ "sport 9000-8000", 6, "'9000-8000' behind 'sport' is not" },
	{ "sport gt 80-90", 9, "an order compares with one port" },
	{ "sport gt 80,90", 11, "a list means any of its values, and 'sport' compares with one here" },
	{ "src 10.0.0.256", 4, "'10.0.0.256' behind 'src' is not an address" },
	{ "src 10.0.0.0/33", 4, "is not an address" },
	{ "src [::1", 4, "is not an address" },
	{ "src [::1]80", 4, "is not an address" },
	{ "src ::1/129", 4, "is not an address" },
	{ "src 10.0.0.1:", 4, "is not an address" },
	{ "src */8", 4, "is not an address" },
	{ "src < 10.0.0.1", 4, "'src' has no order, so '<' says nothing" },
	{ "pid nginx", 4, "'nginx' behind 'pid' is not the number of a process" },
	{ "pid 5k", 4, "is not the number of a process" },
	{ "recvq gt -1", 9, "'-1' behind 'recvq' is not a number" },
	{ "recvq gt 99999999999999999999", 9, "is not a number" },
	{ "recvq gt 99999999999999999m", 9, "is not a number" },
	{ "recvq gt 1.5", 9, "is not a number" },
	{ "recvq gt 5x", 9, "is not a number" },
	{ "rtt gt 100", 7, "'100' behind 'rtt' is not a time with its unit (500us, 100ms" },
	{ "older gt 60s", 6, "'older' takes no operator; write 'older'" },
	{ "older 5s,6s", 8, "a list means any of its values, and 'older' compares with one here" },
	{ "older soon", 6, "is not a time with its unit" },
	{ "uid no-such-user-here", 4, "there is no user 'no-such-user-here' on this machine" },
	{ "netns blue", 6, "no network namespace can be looked up by the name 'blue' here" },
	{ "cgroup /x", 7, "no control group can be looked up by the name '/x' here" },
	{ "timer tick", 6, "is not off, on, keepalive" },
	{ "family ip", 7, "is not inet or inet6" },
	{ "comm", 4, "'comm' needs a value: the name of a process" },
	{ "comm (sd-pam)", 5, "one with blanks or brackets is quoted" },
	{ "comm 'abc", 5, "a quoted value has no closing '" },
	{ "comm *aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 5, "a pattern for a name has at most 31 bytes" },
	{ "listen and", 10, "the filter ends where a term is expected" },
	{ "not", 3, "the filter ends where a term is expected" },
	{ "or listen", 0, "'or' joins two terms, and the one before it is missing" },
	{ "listen or or bound", 10, "'or' joins two terms" },
	{ "gt 80", 0, "'gt' compares, and the word before it is missing; try 'sport gt 80'" },
	{ "!= 80", 0, "'!=' compares, and the word before it is missing" },
	{ "listen ,", 8, "'state' needs a value: a state" },
	{ "\"listen\"", 0, "a term is expected here" },
	{ "[ listen", 0, "this '[' is never closed; a ']' belongs behind" },
	{ "[ listen )", 9, "this ')' closes nothing: the group before it was opened with '['" },
	{ "listen ]", 7, "this ']' closes nothing: no group is open" },
	{ "[ ]", 2, "a term is expected here" },
};

static void error_rows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *is = error_of(wrong[i].text), *last = strrchr(is, '\n');

		if (!ok(strstr(is, wrong[i].says), "'%s': %s", wrong[i].text, wrong[i].says))
			printf("# is: %s\n", is);
		if (!ok(last && strlen(last) == wrong[i].column + 6 && streq(last + wrong[i].column + 5, "^"),
		        "and the caret is under column %zu", wrong[i].column))
			printf("# is: %s\n", is);
	}
	ok(strstr(found("netns green"), "there is no network namespace 'green'"),
	   "a name that is none is said to be none");
}

/* --- limits ----------------------------------------------------------------------------------------------- */

static void repeated(struct buf *b, const char *before, const char *each, size_t times, const char *behind)
{
	buf_clear(b);
	buf_puts(b, before);
	buf_repeat(b, each, times);
	buf_puts(b, behind);
}

static void limits(void)
{
	struct buf b = { 0 };

	repeated(&b, "", "[", FILTER_DEPTH, "listen");
	buf_repeat(&b, "]", FILTER_DEPTH);
	same_text(found(buf_text(&b)), "LM", "brackets nest 32 deep");
	repeated(&b, "", "[", FILTER_DEPTH + 1, "listen");
	ok(strstr(error_of(buf_text(&b)), "brackets stand in one another more than 32 deep") &&
	           well_formed(error_of(buf_text(&b))),
	   "and no deeper");
	repeated(&b, "", "not ", 10001, "listen");
	same_text(found(buf_text(&b)), "QNEWTFSBK", "ten thousand 'not' need no depth");
	repeated(&b, "sport 80", ",80", FILTER_LIST - 1, "");
	same_text(found(buf_text(&b)), "LQNEWT", "a list has up to 100 values");
	repeated(&b, "sport 80", ",80", FILTER_LIST, "");
	ok(strstr(error_of(buf_text(&b)), "a list has at most 100 values"), "and no more");
	repeated(&b, "mini", " or mini", FILTER_TERMS - 2, "");
	same_text(found(buf_text(&b)), "QTF", "nearly a thousand terms are joined");
	repeated(&b, "mini", " or mini", FILTER_TERMS, "");
	ok(strstr(error_of(buf_text(&b)), "a filter has at most 1000 terms") && well_formed(error_of(buf_text(&b))),
	   "and no more");
	repeated(&b, "cgroup ", "x", FILTER_VALUE + 1, "");
	ok(strstr(error_of(buf_text(&b)), "a value is longer than 1023 bytes"), "a value has an end");
	buf_free(&b);
}

static void long_texts(void)
{
	struct buf b = { 0 };
	const char *is;

	repeated(&b, "", "sport 80 or ", 20, "dpott 80");
	buf_repeat(&b, " or sport 80", 20);
	is = error_of(buf_text(&b));
	ok(well_formed(is) && strstr(is, "\n    …") && strstr(is, " or dpott 80 or ") && strstr(is, "…\n"),
	   "a long text is cut around the place");
	repeated(&b, "dpott 80", " or sport 80", 20, "");
	is = error_of(buf_text(&b));
	ok(well_formed(is) && strstr(is, "\n    dpott") && strstr(is, "…\n    ^"),
	   "at the front nothing is cut off before it");
	repeated(&b, "", "sport 80 or ", 20, "dpott");
	is = error_of(buf_text(&b));
	ok(well_formed(is) && strstr(is, "dpott\n"), "at the end nothing behind it");
	repeated(&b, "", "\xcc\x81", 5000, "");
	ok(well_formed(error_of(buf_text(&b))), "characters without width do not fill the error");
	repeated(&b, "", "\x1b", 5000, "");
	ok(well_formed(error_of(buf_text(&b))), "nor do control characters");
	repeated(&b, "comm \"", "\xf0\x9f\x98\x80", 200, "\" zzzzzzzzzzzzz");
	ok(well_formed(error_of(buf_text(&b))), "nor wide ones");
	repeated(&b, "state ", "\xf0\x9f\x98\x80", 200, "");
	ok(well_formed(error_of(buf_text(&b))), "nor do they as a value");
	buf_free(&b);
}

int main(void)
{
	make_host();
	whole_errors();
	error_rows();
	limits();
	long_texts();
	evidence_free(&host);
	return tap_done();
}
