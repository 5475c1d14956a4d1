/* SPDX-License-Identifier: MIT
 * The lab's settings in new network namespaces of this test's own: which are made, and which are known to be so. */
#include "base/tap.h"
#include "lab/baseline.h"
#include "lab/host.h"
#include "lab/sysctl.h"

#include <sched.h>
#include <unistd.h>

#define CONSTANT_ROW "net.ipv4.tcp_sack"
#define OTHER_ROW    "net.ipv4.tcp_rmem"

static size_t row_of(const char *name)
{
	size_t i = 0;

	while (i < baseline_n && !streq(baseline[i].name, name))
		i++;
	return i;
}

/* How many rows are not as the table has them, of those that there are. */
static unsigned wrong(const struct baseline_left *left)
{
	unsigned n = 0;

	for (size_t i = 0; i < baseline_n; i++)
		n += !((left->missing | left->refused) >> i & 1) && !sysctl_has(baseline[i].name, baseline[i].value);
	return n;
}

static bool only_constants(unsigned long long so)
{
	for (size_t i = 0; i < baseline_n; i++)
		if (so >> i & 1 && !baseline[i].constant)
			return false;
	return so != 0;
}

static void new_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		_exit(1);
}

int main(void)
{
	struct baseline_left first = { 0 }, second = { 0 }, odd = { 0 };
	struct err e;

	if (hosts_become_able(&e) < 0)
		return tap_skip_all(err_text(&e));
	if (unshare(CLONE_NEWNET) < 0)
		return tap_skip_all("no network namespace can be made");
	baseline_apply(&first);
	if (first.refused)
		return tap_skip_all("settings are refused here");
	ok(wrong(&first) == 0, "the whole table is set");
	ok(only_constants(first.so), "what was so already is known, where it is the kernel's constant");

	new_namespace();
	second.so = first.so;
	sysctl_write(OTHER_ROW, "4096 8192 16384");
	baseline_apply(&second);
	ok(wrong(&second) == 0 && second.missing == first.missing,
	   "and the same in the next namespace, where it is not looked at");
	ok(second.so == first.so, "nothing more is known then");

	new_namespace();
	sysctl_write(CONSTANT_ROW, "0");
	baseline_apply(&odd);
	ok(wrong(&odd) == 0 && !(odd.so >> row_of(CONSTANT_ROW) & 1), "where a kernel has another constant it is set");
	new_namespace();
	sysctl_write(CONSTANT_ROW, "0");
	baseline_apply(&odd);
	ok(wrong(&odd) == 0, "in the next one as well");
	return tap_done();
}
