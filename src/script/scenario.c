/* SPDX-License-Identifier: MIT
 * Finding built-in scenarios. */
#include "script/scenario.h"
#include "base/util.h"

#include <stdio.h>

const struct scenario *scenario_find(const char *name)
{
	for (size_t i = 0; i < scenarios_n; i++)
		if (streq(scenarios[i].name, name))
			return &scenarios[i];
	return NULL;
}

const char *scenario_title(const struct scenario *s)
{
	static char title[200];

	if (sscanf(s->text, "title \"%199[^\"]", title) != 1)
		title[0] = 0;
	return title;
}
