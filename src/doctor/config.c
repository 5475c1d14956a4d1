/* SPDX-License-Identifier: MIT
 * doctor.ini: thresholds, and findings that do not count. Read by libinih, which is loaded when there is such a file.
 *
 *   [thresholds]
 *   close-wait-count = 50
 *
 *   [ignore LA104 8125]          ; a rule, then perhaps a port, perhaps a process's name
 *   reason = statsd keeps its pool open
 *   until = 2027-01-01 */
#include "doctor/config.h"
#include "base/file.h"
#include "base/library.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct config_reading {
	struct doctor_settings *s;
	struct err *e;
	bool failed;
};

/* --- [ignore …] ------------------------------------------------------------------------------------------ */

static int begin_ignored(struct config_reading *r, const char *section)
{
	struct ignored g = { .reason = "doctor.ini" };
	char words[96], *rest, *word;

	snprintf(words, sizeof words, "%s", section + strlen("ignore "));
	snprintf(g.section, sizeof g.section, "%s", section);
	word = strtok_r(words, " ", &rest);
	g.rule = word ? doctor_rule(word) : NULL;
	if (!g.rule)
		return err_set(r->e, "[%.60s]: there is no such rule", section);
	while ((word = strtok_r(NULL, " ", &rest))) {
		char *end;
		long port = strtol(word, &end, 10);

		if (!*end && port > 0 && port <= 65535)
			g.port = (uint16_t)port;
		else if (!*g.process)
			snprintf(g.process, sizeof g.process, "%s", word);
		else
			return err_set(r->e, "[%.60s]: behind the rule stand a port and the name of one process",
			               section);
	}
	r->s->ignored = grow(r->s->ignored, r->s->n_ignored, &r->s->cap_ignored, sizeof *r->s->ignored);
	r->s->ignored[r->s->n_ignored++] = g;
	return 0;
}

static struct ignored *ignored_by(const struct config_reading *r, const char *section)
{
	for (size_t i = 0; i < r->s->n_ignored; i++)
		if (streq(r->s->ignored[i].section, section))
			return &r->s->ignored[i];
	return NULL;
}

bool config_day_over(const char *date, time_t now, bool *over)
{
	struct tm tm = { 0 };
	const char *end = strptime(date, "%Y-%m-%d", &tm);

	if (!end || *end)
		return false;
	tm.tm_mday++;     /* the next midnight */
	tm.tm_isdst = -1; /* whatever time it is there then */
	*over = now >= mktime(&tm);
	return true;
}

/* A date that has passed: the rule counts again. */
static int set_until(struct config_reading *r, struct ignored *g, const char *value)
{
	if (!config_day_over(value, time(NULL), &g->over))
		return err_set(r->e, "until = %.20s: a date is written as 2027-01-31", value);
	return 0;
}

static int set_ignored(struct config_reading *r, const char *section, const char *name, const char *value)
{
	struct ignored *g = ignored_by(r, section);

	if (g && streq(name, "reason"))
		snprintf(g->reason, sizeof g->reason, "%s", value);
	else if (g && streq(name, "until"))
		return set_until(r, g, value);
	else
		return err_set(r->e, "[%.60s] knows reason and until, not '%.40s'", section, name);
	return 0;
}

/* --- the file -------------------------------------------------------------------------------------------- */

/* inih's: 0 is a failure. */
static int take(void *reading, const char *section, const char *name, const char *value)
{
	struct config_reading *r = reading;
	int rc;

	if (r->failed)
		return 0;
	if (!*section)
		rc = err_set(r->e, "'%.40s' stands before any section: [thresholds], [ignore RULE]", name);
	else
		rc = streq(section, "thresholds") ? thresholds_set(&r->s->thresholds, name, value, r->e)
		                                  : set_ignored(r, section, name, value);
	r->failed = rc < 0;
	return !r->failed;
}

static int begin_section(struct config_reading *r, const char *section)
{
	if (streq(section, "thresholds"))
		return 0;
	if (strncmp(section, "ignore ", strlen("ignore ")) == 0)
		return begin_ignored(r, section);
	return err_set(r->e, "there is no section [%.60s]: [thresholds], [ignore RULE]", section);
}

enum { FILE_MOST = 1 << 20 };

/* inih tells of no section that has nothing in it: they are read here. -1 with the line's number in `*line`, 0 if it is
 * the whole file; 0. */
static int read_sections(struct config_reading *r, const char *path, int *line)
{
	struct buf b = { 0 };
	int rc = file_read(path, &b, FILE_MOST);

	*line = 0;
	if (rc < 0)
		rc = err_sys(r->e, -rc, "%s cannot be read", path);
	for (char *rest = b.text, *at; rc == 0 && rest && (at = strsep(&rest, "\n"));) {
		char section[96];

		++*line;
		if (sscanf(at, " [%95[^]]]", section) == 1)
			rc = begin_section(r, section);
	}
	buf_free(&b);
	return rc;
}

static typeof(ini_parse) *parse;
#define LIBINIH(X) X(ini_parse, parse)
LIBRARY_SYMBOLS(symbols, LIBINIH)

static int read_file(struct doctor_settings *s, const char *path, struct err *e)
{
	struct config_reading r = { .s = s, .e = e };
	int line, rc;

	if (!parse && !library_load(LIBRARY_INI, symbols, ARRAY_SIZE(symbols)))
		return err_set(e, "%s cannot be read: %s is not installed; %s", path, library_name(LIBRARY_INI),
		               library_advice(LIBRARY_INI));
	rc = read_sections(&r, path, &line);
	if (rc < 0 && line == 0)
		return -1;
	r.failed = rc < 0;
	if (rc == 0)
		line = parse(path, take, &r);
	if (line == 0 && rc == 0)
		return 0;
	if (!r.failed)
		err_set(e, "that is no line of the form NAME = VALUE");
	err_locate(e, "%s, line %d: ", path, line);
	return -1;
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
