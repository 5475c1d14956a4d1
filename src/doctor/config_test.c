/* SPDX-License-Identifier: MIT
 * Until when a rule is ignored: the day that is named is the last one. */
#include "base/tap.h"
#include "doctor/config.h"

#include <stdlib.h>

/* A moment of UTC. */
static time_t moment(int year, int month, int day, int hour, int minute, int second)
{
	struct tm tm = { second, minute, hour, day, month - 1, year - 1900, .tm_isdst = 0 };

	return timegm(&tm);
}

static void day_ends(const char *date, time_t midnight, const char *what)
{
	bool before = true, after = false;

	ok(config_day_over(date, midnight - 86400 + 7200, &before) && !before, "%s: not over in its morning", what);
	ok(config_day_over(date, midnight - 1, &before) && !before, "%s: nor in its last second", what);
	ok(config_day_over(date, midnight, &after) && after, "%s: over at the next midnight", what);
}

int main(void)
{
	bool over;

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	day_ends("2027-01-31", moment(2027, 1, 31, 23, 0, 0), "winter");
	day_ends("2027-07-31", moment(2027, 7, 31, 22, 0, 0), "summer");
	day_ends("2027-12-31", moment(2027, 12, 31, 23, 0, 0), "the last of the year");
	day_ends("2027-10-31", moment(2027, 10, 31, 23, 0, 0), "the day of 25 hours");
	ok(!config_day_over("2027-13-01", 0, &over) && !config_day_over("2027-01-31 ", 0, &over) &&
	           !config_day_over("", 0, &over),
	   "what is no date is none");
	return tap_done();
}
