/* SPDX-License-Identifier: MIT
 * What is asked of the doctor: which rules, what does not count, from where on it is too much. */
#include "doctor/doctor_test.h"

static void chosen_and_ignored(void)
{
	struct observation o = { .twice = true, .host = { UNKNOWN, UNKNOWN, false } };
	struct ignored ignored = { .rule = doctor_rule("close-wait-leak"), .port = 8080, .reason = "a test" };
	struct doctor_settings s = { .only = "LA1xx,LA301", .ignored = &ignored, .n_ignored = 1 };
	struct findings fs;

	thresholds_default(&s.thresholds);
	incident(&o);
	fs = judge(&o, &s);
	ok(found(&fs, "LA101") && found(&fs, "LA301") && !found(&fs, "LA701"), "--only takes families and ids");
	same_text(found(&fs, "LA101") ? found(&fs, "LA101")->suppressed : NULL, "a test",
	          "what is ignored is kept, with the reason");
	ok(findings_count(&fs, SEVERITY_WARNING) == 0, "and does not count");
	findings_free(&fs);
	observation_free(&o);
}

static void settings_that_are_none(void)
{
	struct thresholds t;
	struct err e;

	thresholds_default(&t);
	ok(doctor_check_only("LA101,nonsense", &e) < 0 && strstr(err_text(&e), "nonsense"),
	   "a rule that is none is named");
	ok(thresholds_set(&t, "setled", "5s", &e) < 0 && strstr(err_text(&e), "did you mean 'settled'"),
	   "a threshold that is none: what was meant");
	ok(thresholds_set(&t, "settled", "5 apples", &e) < 0, "a value that is none");
	ok(thresholds_set(&t, "settled", "2h", &e) == 0 && t.of[TH_SETTLED] == 7200, "a time");
	ok(thresholds_set(&t, "fds-warning", "90%", &e) == 0 && t.of[TH_FDS_WARNING] == 90, "a share");
}

/* --- which rules, and what does not count ------------------------------------------------------------------------ */

/* What is judged: on a machine of which nothing is known every rule that is asked is found unknown or judged. */
static const struct {
	const char *only, *first, *last; /* the first and the last that are asked; NULL: there is none such */
	size_t n;
} chosen[] = {
	{ "LA101", "LA101", "LA101", 1 },
	{ "la101", "LA101", "LA101", 1 },
	{ "101", "LA101", "LA101", 1 },
	{ "close-wait-leak", "LA101", "LA101", 1 },
	{ "LA9", "LA901", "LA903", 3 },
	{ "la9xx", "LA901", "LA903", 3 },
	{ "LA90X", "LA901", "LA903", 3 },
	{ "LA11", "LA110", "LA111", 2 },
	{ "LA101,LA903", "LA101", "LA903", 2 },
	{ "LA101, LA903", "LA101", "LA903", 2 },
	{ ",LA101,,", "LA101", "LA101", 1 },
	{ "LA1 LA190", "LA101", "LA190", 12 }, /* once each */
	{ "LA", NULL, NULL, 0 },
	{ "xx", NULL, NULL, 0 },
	{ "LA101x", NULL, NULL, 0 },
	{ "LA1019", NULL, NULL, 0 },
	{ "LA5", NULL, NULL, 0 },
	{ "close-wait", NULL, NULL, 0 },
	{ "CLOSE-WAIT-LEAK", "LA101", "LA101", 1 },
	{ ",", NULL, NULL, 0 },
	{ "", NULL, NULL, 0 },
};

static void which_rules(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(chosen); i++) {
		struct by_hand *h = by_hand("look\n", "");
		struct doctor_settings s = { .only = chosen[i].only };
		struct findings fs = { 0 };
		struct err e = { 0 };
		int rc = doctor_check_only(chosen[i].only, &e);

		thresholds_default(&s.thresholds);
		if (!chosen[i].first) {
			ok(rc < 0 && *err_text(&e), "--only '%s' is refused", chosen[i].only);
		} else {
			doctor_examine(&h->o, &s, NULL, &fs);
			ok(rc == 0 && fs.judged + fs.n_unjudged == chosen[i].n, "--only '%s': %zu rules",
			   chosen[i].only, chosen[i].n);
		}
		findings_free(&fs);
		by_hand_free(h);
	}
}

static const struct {
	const char *what, *rule;
	uint16_t port;
	const char *process;
	bool over, suppressed;
} reasons[] = {
	{ "of any rule, port, process", NULL, 0, "", false, true },
	{ "of this rule", "LA101", 0, "", false, true },
	{ "of another rule", "LA102", 0, "", false, false },
	{ "of this port", "LA101", 8080, "", false, true },
	{ "of another port", "LA101", 8081, "", false, false },
	{ "of a peer's port", "LA101", 40000, "", false, false },
	{ "of this process", NULL, 0, "by-hand", false, true },
	{ "of another process", NULL, 0, "by-han", false, false },
	{ "of a longer name", NULL, 0, "by-hand-2", false, false },
	{ "its date has passed", NULL, 0, "", true, false },
};

static void what_is_ignored(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct by_hand *h = by_hand("look twice privileged\n"
		                            "L socks LISTEN local=10.0.0.1:8080 pid=80\n"
		                            "w socks CLOSE_WAIT n=20 local=10.0.0.1:8080 remote=10.0.0.2:40000+ pid=80 "
		                            "age=60s never-sent\n",
		                            "");
		struct ignored g = { .port = reasons[i].port, .over = reasons[i].over, .reason = "meant" };
		struct doctor_settings s = { .only = "LA101", .ignored = &g, .n_ignored = 1 };
		struct findings fs = { 0 };

		snprintf(g.process, sizeof g.process, "%s", reasons[i].process);
		g.rule = reasons[i].rule ? doctor_rule(reasons[i].rule) : NULL;
		thresholds_default(&s.thresholds);
		doctor_examine(&h->o, &s, NULL, &fs);
		ok(fs.n == 1 && (fs.all[0]->suppressed != NULL) == reasons[i].suppressed, "ignored: %s",
		   reasons[i].what);
		findings_free(&fs);
		by_hand_free(h);
	}
}

/* "64k", "2h": in every unit, and what is none. */
static const struct {
	const char *word, *value;
	double is; /* -1: refused */
} given[] = {
	{ "settled", "500ms", 0.5 },      { "settled", "5", 5 },
	{ "settled", "5s", 5 },           { "settled", "5 s", 5 },
	{ "settled", "2m", 120 },         { "settled", "2min", 120 },
	{ "settled", "2h", 7200 },        { "settled", "1d", 86400 },
	{ "settled", "5%", -1 },          { "settled", "", -1 },
	{ "settled", "-1s", -1 },         { "settled", "inf", -1 },
	{ "settled", "nan", -1 },         { "settled", "1e13", -1 },
	{ "close-wait-count", "7", 7 },   { "close-wait-count", "7s", -1 },
	{ "close-wait-count", "7k", -1 }, { "fds-warning", "90", 90 },
	{ "fds-warning", "90%", 90 },     { "fds-warning", "100%", 100 },
	{ "fds-warning", "100.1%", -1 },  { "unread-bytes", "64k", 64000 },
	{ "unread-bytes", "1M", 1e6 },    { "unread-bytes", "9", 9 },
	{ "cookies", "3/s", 3 },          { "cookies", "0.5", 0.5 },
	{ "cookies", "3/m", -1 },
};

static void values(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		struct thresholds t;
		struct err e = { 0 };
		double is = -1;
		int rc;

		thresholds_default(&t);
		rc = thresholds_set(&t, given[i].word, given[i].value, &e);
		for (int k = 0; k < THRESHOLDS; k++)
			if (streq(threshold_info((enum threshold)k)->word, given[i].word))
				is = t.of[k];
		ok((rc < 0) == (given[i].is < 0) && (rc < 0 || is == given[i].is), "%s = '%s'", given[i].word,
		   given[i].value);
	}
}

int main(void)
{
	chosen_and_ignored();
	settings_that_are_none();
	which_rules();
	what_is_ignored();
	values();
	return tap_done();
}
