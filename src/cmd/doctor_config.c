/* SPDX-License-Identifier: MIT
 * doctor.ini: thresholds, and findings that do not count. Read by libinih, which is loaded when there is such a file.
 *
 *   [thresholds]
 *   close-wait-count = 50
 *
 *   [ignore LA104 8125]          ; a rule, then perhaps a port, perhaps a process's name
 *   reason = statsd keeps its pool open
 *   until = 2027-01-01 */
#include "base/library.h"
#include "cmd/doctor_run.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct reading {
	struct doctor_settings *s;
	struct err *e;
	char section[128]; /* of which the last thing to be ignored is */
	bool failed;
};

/* --- [ignore …] ------------------------------------------------------------------------------------------ */

static int begin_ignored(struct reading *r, const char *section)
{
	struct ignored g = { .reason = "doctor.ini" };
	char words[128], *rest, *word;

	snprintf(words, sizeof words, "%s", section + strlen("ignore "));
	word = strtok_r(words, " ", &rest);
	g.rule = word ? doctor_rule(word) : NULL;
	if (!g.rule)
		return err_set(r->e, "[%.60s]: there is no such rule", section);
	while ((word = strtok_r(NULL, " ", &rest))) {
		char *end;
		long port = strtol(word, &end, 10);

		if (!*end && port > 0 && port <= 65535)
			g.port = (uint16_t)port;
		else
			snprintf(g.process, sizeof g.process, "%s", word);
	}
	r->s->ignored = grow(r->s->ignored, r->s->n_ignored, &r->s->cap_ignored, sizeof *r->s->ignored);
	r->s->ignored[r->s->n_ignored++] = g;
	snprintf(r->section, sizeof r->section, "%s", section);
	return 0;
}

/* A date that has passed: the rule counts again. */
static int set_until(struct reading *r, const char *value)
{
	struct tm tm = { 0 };
	const char *end = strptime(value, "%Y-%m-%d", &tm);

	if (!end || *end)
		return err_set(r->e, "until = %.20s: a date is written as 2027-01-31", value);
	if (mktime(&tm) < time(NULL))
		r->s->n_ignored--;
	return 0;
}

static int set_ignored(struct reading *r, const char *section, const char *name, const char *value)
{
	struct ignored *g;

	if (!streq(r->section, section) && begin_ignored(r, section) < 0)
		return -1;
	g = &r->s->ignored[r->s->n_ignored - 1];
	if (streq(name, "reason"))
		snprintf(g->reason, sizeof g->reason, "%s", value);
	else if (streq(name, "until"))
		return set_until(r, value);
	else
		return err_set(r->e, "[%.60s] knows reason and until, not '%.40s'", section, name);
	return 0;
}

/* --- the file -------------------------------------------------------------------------------------------- */

/* inih's: 0 is a failure. */
static int take(void *reading, const char *section, const char *name, const char *value)
{
	struct reading *r = reading;
	int rc;

	if (r->failed)
		return 0;
	if (streq(section, "thresholds"))
		rc = thresholds_set(&r->s->thresholds, name, value, r->e);
	else if (strncmp(section, "ignore ", strlen("ignore ")) == 0)
		rc = set_ignored(r, section, name, value);
	else
		rc = err_set(r->e, "there is no section [%.60s]: [thresholds], [ignore RULE]", section);
	r->failed = rc < 0;
	return !r->failed;
}

static typeof(ini_parse) *parse;

static int read_file(struct doctor_settings *s, const char *path, struct err *e)
{
	static const struct library_symbol symbols[] = { { "ini_parse", &parse } };
	struct reading r = { .s = s, .e = e };
	struct err reason;
	int line;

	if (!parse && !library_load("libinih.so.1", symbols, ARRAY_SIZE(symbols)))
		return err_set(e, "%s cannot be read: libinih.so.1 is not installed (Debian: libinih1)", path);
	line = parse(path, take, &r);
	if (line == 0)
		return 0;
	if (line < 0)
		return err_sys(e, errno, "%s cannot be read", path);
	reason = *e;
	return err_set(e, "%s, line %d: %s", path, line, r.failed ? reason.text : "is no line of the form NAME = VALUE");
}

int doctor_config(struct doctor_settings *s, const char *path, struct err *e)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char own[4096];

	if (path)
		return read_file(s, path, e);
	if (config && *config)
		snprintf(own, sizeof own, "%s/lastack/doctor.ini", config);
	else
		snprintf(own, sizeof own, "%s/.config/lastack/doctor.ini", home ? home : "");
	if (access(own, F_OK) == 0)
		return read_file(s, own, e);
	return access("/etc/lastack/doctor.ini", F_OK) == 0 ? read_file(s, "/etc/lastack/doctor.ini", e) : 0;
}
