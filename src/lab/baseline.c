/* SPDX-License-Identifier: MIT
 * The lab's sysctls. */
#include "lab/baseline.h"
#include "base/util.h"
#include "lab/sysctl.h"

#include <errno.h>

const struct baseline baseline[] = {
#define SYSCTL(name, value, why)   { name, value, why, false },
#define CONSTANT(name, value, why) { name, value, why, true },
#include "lab/baseline.def"
#undef SYSCTL
#undef CONSTANT
};
const size_t baseline_n = ARRAY_SIZE(baseline);

_Static_assert(ARRAY_SIZE(baseline) <= 64, "one bit per row");

/* Is it so already, in every namespace that is new? Opening the file is what costs; so it is read in the first one. */
static bool is_so(struct baseline_left *left, size_t i)
{
	if (baseline[i].constant && !(left->so >> i & 1) && sysctl_has(baseline[i].name, baseline[i].value))
		left->so |= 1ULL << i;
	return left->so >> i & 1;
}

void baseline_apply(struct baseline_left *left)
{
	for (size_t i = 0; i < baseline_n; i++) {
		int rc = is_so(left, i) ? 0 : sysctl_write(baseline[i].name, baseline[i].value);

		if (rc == -ENOENT)
			left->missing |= 1ULL << i;
		else if (rc < 0) {
			left->refused |= 1ULL << i;
			left->why = -rc;
		}
	}
}

unsigned baseline_refused(const struct baseline_left *left)
{
	return (unsigned)__builtin_popcountll(left->refused);
}
