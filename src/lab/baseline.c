/* SPDX-License-Identifier: MIT
 * The lab's sysctls. */
#include "lab/baseline.h"
#include "base/file.h"
#include "base/util.h"

#include <stdio.h>

const struct baseline baseline[] = {
#define SYSCTL(name, value, why) { name, value, why },
#include "lab/baseline.def"
#undef SYSCTL
};
const size_t baseline_n = ARRAY_SIZE(baseline);

_Static_assert(ARRAY_SIZE(baseline) <= 64, "one bit per row");

int sysctl_write(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof path, "/proc/sys/%s", name);
	for (char *p = path + strlen("/proc/sys/"); *p; p++)
		if (*p == '.')
			*p = '/';
	return file_write(path, value);
}

void baseline_apply(unsigned long long *missing)
{
	for (size_t i = 0; i < baseline_n; i++)
		if (sysctl_write(baseline[i].name, baseline[i].value) < 0)
			*missing |= 1ULL << i;
}
