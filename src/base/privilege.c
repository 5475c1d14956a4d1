/* SPDX-License-Identifier: MIT
 * capabilities(7). */
#include "base/privilege.h"
#include "base/syscall.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { HALVES = _LINUX_CAPABILITY_U32S_3 }; /* a set is two words of 32 bits */

static bool get(struct __user_cap_data_struct sets[HALVES])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, sets) == 0;
}

static bool set(const struct __user_cap_data_struct sets[HALVES])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capset, &header, sets) == 0;
}

uint64_t privileges(void)
{
	struct __user_cap_data_struct sets[HALVES] = { 0 };

	return get(sets) ? sets[0].effective | (uint64_t)sets[1].effective << 32 : 0;
}

/* As a root without it in a container: giving up anything would hide everybody else from it. */
static bool needs_all(uint64_t capabilities)
{
	return (capabilities & PRIVILEGE(CAP_SYS_PTRACE)) && !(privileges() & PRIVILEGE(CAP_SYS_PTRACE));
}

int privilege_keep(uint64_t capabilities, struct err *e)
{
	struct __user_cap_data_struct sets[HALVES] = { 0 };

	if (needs_all(capabilities))
		capabilities = UINT64_MAX;
	if (!get(sets) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, errno, "privileges cannot be given up");
	for (int i = 0; i < HALVES; i++) {
		uint32_t keep = (uint32_t)(capabilities >> 32 * i);

		sets[i].permitted &= keep;
		sets[i].effective &= keep;
		sets[i].inheritable = 0; /* which takes the ambient ones with it */
	}
	return set(sets) ? 0 : err_sys(e, errno, "privileges cannot be given up");
}
