/* SPDX-License-Identifier: MIT
 * lastack lab --all, where this test stands in for lastack: it is started once for each scenario, and ends as the
 * scenario's name says. */
#include "session/trials.h"
#include "base/err.h"
#include "base/file.h"
#include "script/scenario.h"
#include "session/terminal_test.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What becomes of some of them; all others hold. */
static const struct {
	const char *name;
	int code;
	const char *says;
} fates[] = {
	{ "close", 1, "expected: this\nseen: that\n" },
	{ "refused", 77, "skipped: needs root\nmore\n" },
	{ "reset", 3, "lastack lab: no way\n" },
};

#define SUMS "explain: tap: 2 verdicts, 1 single (50.0 %), 2 as likely (100.0 %), 0 wrong\n"

/* In this folder each leaves a file, named by how many had begun before it; "": none. */
#define BEGUN "TRIALS_BEGUN"

static unsigned begun(void)
{
	DIR *d = opendir(getenv(BEGUN));
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n ? n - 2 : 0;
}

static void note_beginning(const char *name)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", getenv(BEGUN), name);
	f = fopen(path, "w");
	if (f) {
		fprintf(f, "%u", begun());
		fclose(f);
	}
}

/* Until as many have begun: then they ran at the same time, or others ended before, which none does. */
static int wait_for(unsigned together)
{
	for (int i = 0; i < 6000 && begun() < together; i++)
		usleep(10000);
	return begun() < together ? 9 : 0;
}

/* As lastack would be called: lab -q (-q or --check-explain) -q -- NAME. Each leaves a process behind, as a lab does.
 */
static int be_lastack(int argc, char **argv)
{
	if (fork() == 0)
		_exit(0);
	if (argc != 7 || !streq(argv[1], "lab") || !streq(argv[2], "-q") || !streq(argv[4], "-q") ||
	    !streq(argv[5], "--"))
		return 9;
	if (getenv(BEGUN)) {
		note_beginning(argv[6]);
		return getenv("TOGETHER") ? wait_for((unsigned)atoi(getenv("TOGETHER"))) : 0;
	}
	if (streq(argv[3], "--check-explain"))
		fputs(SUMS, stdout);
	else if (!streq(argv[3], "-q"))
		return 9;
	for (size_t i = 0; i < ARRAY_SIZE(fates); i++)
		if (streq(fates[i].name, argv[6])) {
			fputs(fates[i].says, stdout);
			return fates[i].code == 3 && getenv("NONE_BROKEN") ? 1 : fates[i].code;
		}
	return 0;
}

static struct trials_wanted wanted;

/* What is left behind becomes its own, as everybody's does who is a container's first process. */
static int run(void)
{
	struct batch all = { 0 };
	struct err e;
	int code;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	batch_add_all(&all);
	code = trials_run(&all, &wanted, &e);
	batch_free(&all);
	return code;
}

/* Each line without the time that it took. */
static const char *without_times(struct buf *b)
{
	char *to = b->text;

	for (const char *from = buf_text(b); *from; from++) {
		if (!strncmp(from, ", 0", 3) || (*from == ',' && from[1] == ' ' && strspn(from + 2, "0123456789.")))
			from += strcspn(from, "\n");
		*to++ = *from;
	}
	*to = 0;
	return b->text;
}

static size_t number_of(const char *name)
{
	return (size_t)(scenario_find(name) - scenarios) + 1;
}

static void line_of(const char *text, const char *name, const char *should)
{
	char line[160];

	snprintf(line, sizeof line, should, number_of(name));
	ok(strstr(text, line), "what is said of %s", name);
}

/* The lines stand in the order of the scenarios, however many run at a time. */
static void ordered(const char *text, size_t all)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, "ok ")); at += 3) {
		size_t number = strtoul(at + 3, NULL, 10);

		if ((at == text || at[-1] == '\n' || !strncmp(at - 4, "not ", 4)) && number)
			n = number == n + 1 ? number : 100000;
	}
	ok(n == all, "%zu lines, in order", all);
}

static void one_at_a_time(void)
{
	struct buf said = { 0 };
	char plan[40], verdict[80];
	const char *text;

	wanted = (struct trials_wanted){ .wanted = true, .jobs = 1, .repeat = 1 };
	ok(kept_output(&said, run, 200) == EXIT_COULD_NOT, "one is broken, one fails: exit code 3");
	snprintf(plan, sizeof plan, "TAP version 13\n1..%zu\n", scenarios_n);
	ok(!strncmp(buf_text(&said), plan, strlen(plan)), "a plan");
	snprintf(verdict, sizeof verdict, "\n# %zu scenarios, 2 failed, ", scenarios_n);
	ok(strstr(buf_text(&said), verdict), "a verdict");
	text = without_times(&said);
	ordered(text, scenarios_n);
	line_of(text, "handshake", "\nok %zu - handshake\n");
	line_of(text, "close", "\nnot ok %zu - close\n# expected: this\n# seen: that\n");
	line_of(text, "refused", "\nok %zu - refused # SKIP needs root\n");
	line_of(text, "reset", "\nnot ok %zu - reset\n# lastack lab: no way\n");
	line_of(text, "time-wait-timer", "\nok %zu - time-wait-timer # SKIP slow; add --slow\n");
	ok(!strstr(text, "# more"), "of one that is skipped the reason alone");
	buf_free(&said);
}

/* Of two runs of each, numbered one after the other. */
static void repeats_beside(const char *text, const char *name)
{
	char line[2][120];

	for (size_t i = 0; i < 2; i++)
		snprintf(line[i], sizeof line[i], "ok %zu - %s, ", 2 * number_of(name) - 1 + i, name);
	ok(strstr(text, line[0]) && strstr(text, line[1]), "both runs of %s stand beside one another", name);
}

static void slow_and_checked(void)
{
	struct buf said = { 0 };
	char sums[160];
	const char *text;

	wanted = (struct trials_wanted){ .wanted = true, .jobs = 50, .repeat = 2, .slow = true, .check_explain = true };
	setenv("NONE_BROKEN", "1", 1);
	ok(kept_output(&said, run, 200) == EXIT_WARNING, "each twice, the slow ones too; one fails: exit code 1");
	text = buf_text(&said);
	ordered(text, 2 * scenarios_n);
	ok(!strstr(text, "SKIP slow"), "none is left out");
	repeats_beside(text, "handshake");
	repeats_beside(text, "reset");
	snprintf(sums, sizeof sums,
	         "# explain: tap: %zu verdicts, %zu single (50.0 %%), %zu as likely (100.0 %%), 0 wrong\n",
	         4 * scenarios_n, 2 * scenarios_n, 4 * scenarios_n);
	ok(strstr(text, sums), "what each said of its inference is added up");
	buf_free(&said);
}

/* How many had begun when this one did. */
static unsigned begun_before(const char *dir, const char *name)
{
	struct buf text = { 0 };
	char path[300];
	unsigned n;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	n = file_read(path, &text, 20) == 0 ? (unsigned)atoi(buf_text(&text)) : 0;
	buf_free(&text);
	return n;
}

static void in_a_folder(char *dir, const char *together)
{
	struct buf said = { 0 };

	if (!mkdtemp(dir))
		exit(1);
	setenv(BEGUN, dir, 1);
	if (together)
		setenv("TOGETHER", together, 1);
	ok(kept_output(&said, run, 200) == EXIT_OK, "all hold%s%s", together ? ", each beside so many: " : "",
	   together ? together : "");
	ordered(buf_text(&said), scenarios_n);
	unsetenv(BEGUN);
	buf_free(&said);
}

static void remove_folder(const char *dir)
{
	char path[300];

	for (size_t i = 0; i < scenarios_n; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, scenarios[i].name);
		unlink(path);
	}
	ok(rmdir(dir) == 0, "each was a scenario");
}

/* Those that wait longest begin first, the others as they stand. */
static void longest_first(void)
{
	char dir[] = "/tmp/lastack-trials.XXXXXX";
	unsigned wrong = 0, known = 0;

	wanted = (struct trials_wanted){ .wanted = true, .jobs = 1, .repeat = 1, .slow = true };
	in_a_folder(dir, NULL);
	for (size_t i = 0; i < scenarios_n; i++) {
		unsigned own = scenario_lasts(scenarios[i].name), at = begun_before(dir, scenarios[i].name);

		known += own > 0;
		for (size_t k = 0; k < i; k++) {
			unsigned other = scenario_lasts(scenarios[k].name);

			wrong += (begun_before(dir, scenarios[k].name) < at) != (other >= own);
		}
	}
	ok(wrong == 0, "%u pairs in the wrong order", wrong);
	ok(known > 10 && known < scenarios_n / 2, "%u scenarios are known to be long", known);
	remove_folder(dir);
}

/* Where nobody says how many, it is eight at least: none of the first eight ends before the eighth began. */
static void eight_at_least(void)
{
	char dir[] = "/tmp/lastack-trials.XXXXXX";

	wanted = (struct trials_wanted){ .wanted = true, .repeat = 1, .slow = true };
	in_a_folder(dir, "8");
	remove_folder(dir);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return be_lastack(argc, argv);
	one_at_a_time();
	slow_and_checked();
	longest_first();
	eight_at_least();
	return tap_done();
}
