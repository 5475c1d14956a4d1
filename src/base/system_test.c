/* SPDX-License-Identifier: MIT
 * The names held against glibc's own, where there is a glibc that has them. */
#include "base/system.h"
#include "base/tap.h"
#include "base/util.h"

#include <errno.h>
#include <signal.h>

#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 32)
#define GLIBC_HAS_NAMES
#endif
#endif

#ifdef GLIBC_HAS_NAMES
/* An older glibc may not have one that we have. */
static bool same(const char *ours, const char *theirs)
{
	return !theirs || (ours && streq(ours, theirs));
}
#endif

static void as_in_glibc(void)
{
#ifdef GLIBC_HAS_NAMES
	unsigned differ = 0;

	for (int i = 1; i < 4096; i++)
		differ += !same(errno_name(i), strerrorname_np(i)) || !same(errno_text(i), strerrordesc_np(i));
	ok(differ == 0, "errors are called as glibc calls them (%u are not)", differ);
	differ = 0;
	for (int i = -1; i < NSIG + 2; i++)
		differ += !same(signal_name(i), sigabbrev_np(i));
	ok(differ == 0, "and signals (%u are not)", differ);
#else
	ok(true, "names # SKIP this C library has none to compare with");
#endif
}

static void versions(void)
{
	static const struct {
		const char *is, *needed;
		bool before;
	} rows[] = {
		{ "6.1.0-50-cloud-amd64", "6.2", true },
		{ "6.2.0-rc1", "6.2", false },
		{ "6.11.0-3-amd64", "6.2", false },
		{ "5.17", "6", true },
		{ "6.0.9", "6", false },
		{ "7.0", "6.18", false },
	};
	struct kernel_version is, needed;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(kernel_version_read(rows[i].is, &is) && kernel_version_read(rows[i].needed, &needed) &&
		           kernel_version_before(is, needed) == rows[i].before,
		   "%s is%s before %s", rows[i].is, rows[i].before ? "" : " not", rows[i].needed);
	ok(!kernel_version_read("x", &is) && !kernel_version_read("", &is), "what begins with no number is no version");
}

int main(void)
{
	as_in_glibc();
	same_text(errno_name(EPIPE), "EPIPE", "an error's name");
	same_text(errno_text(EPIPE), "Broken pipe", "its text");
	ok(!errno_name(0) && !errno_text(0) && !errno_name(4000), "what is no error has none");
	ok(errno_number("ECONNRESET") == ECONNRESET && errno_number("EWHAT") == 0, "an error by its name");
	ok(signal_number("sigpipe") == SIGPIPE && signal_number("PIPE") == SIGPIPE, "a signal by its name");
	ok(signal_number("SIGWHAT") == 0 && signal_number("") == 0, "that is none");
	ok(!signal_name(0) && !signal_name(SIGRTMIN), "what has no name");
	versions();
	return tap_done();
}
