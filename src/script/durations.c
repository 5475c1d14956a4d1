/* SPDX-License-Identifier: MIT
 * How long built-in scenarios last. */
#include "script/scenario.h"
#include "base/util.h"

static const struct {
	const char *name;
	unsigned ms;
} durations[] = {
#define LASTS(name, ms) { name, ms },
#include "script/durations.def"
#undef LASTS
};

unsigned scenario_lasts(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++)
		if (streq(durations[i].name, name))
			return durations[i].ms;
	return 0;
}
