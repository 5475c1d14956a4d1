/* SPDX-License-Identifier: MIT
 * Names of errors and signals; the kernel's version. */
#include "base/system.h"
#include "base/util.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <strings.h>
#include <sys/utsname.h>

#ifndef EFTYPE /* glibc 2.43 */
#define EFTYPE 134
#endif

static const struct system_error {
	int number;
	const char *name, *text;
} errors[] = {
#define SYSTEM_ERROR(name, text) { name, #name, text },
#include "base/system_error.def"
};

static const struct system_error *error_find(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].number == number)
			return &errors[i];
	return NULL;
}

const char *errno_name(int error)
{
	const struct system_error *e = error_find(error);

	return e ? e->name : NULL;
}

const char *errno_text(int error)
{
	const struct system_error *e = error_find(error);

	return e ? e->text : NULL;
}

int errno_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (streq(errors[i].name, name))
			return errors[i].number;
	return 0;
}

/* --- signals --------------------------------------------------------------------------------------------- */

#define SIGNAL(name) [SIG##name] = #name
static const char *const signals[NSIG] = {
	SIGNAL(HUP),    SIGNAL(INT),    SIGNAL(QUIT), SIGNAL(ILL),   SIGNAL(TRAP), SIGNAL(ABRT),
	SIGNAL(BUS),    SIGNAL(FPE),    SIGNAL(KILL), SIGNAL(USR1),  SIGNAL(SEGV), SIGNAL(USR2),
	SIGNAL(PIPE),   SIGNAL(ALRM),   SIGNAL(TERM), SIGNAL(CHLD),  SIGNAL(CONT), SIGNAL(STOP),
	SIGNAL(TSTP),   SIGNAL(TTIN),   SIGNAL(TTOU), SIGNAL(URG),   SIGNAL(XCPU), SIGNAL(XFSZ),
	SIGNAL(PROF),   SIGNAL(VTALRM), SIGNAL(POLL), SIGNAL(WINCH), SIGNAL(PWR),  SIGNAL(SYS),
#ifdef SIGSTKFLT /* not on MIPS */
	SIGNAL(STKFLT),
#endif
};

const char *signal_name(int number)
{
	return number > 0 && (size_t)number < ARRAY_SIZE(signals) ? signals[number] : NULL;
}

int signal_number(const char *name)
{
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 1; (size_t)i < ARRAY_SIZE(signals); i++)
		if (signals[i] && strcasecmp(signals[i], name) == 0)
			return i;
	return 0;
}

/* --- the kernel ------------------------------------------------------------------------------------------ */

bool kernel_version_read(const char *text, struct kernel_version *v)
{
	*v = (struct kernel_version){ 0, 0 };
	return sscanf(text, "%u.%u", &v->major, &v->minor) >= 1;
}

bool kernel_version_before(struct kernel_version a, struct kernel_version b)
{
	return a.major < b.major || (a.major == b.major && a.minor < b.minor);
}

bool kernel_is_before(unsigned major, unsigned minor)
{
	const struct kernel_version then = { major, minor };
	struct kernel_version is;
	struct utsname u;

	return uname(&u) == 0 && kernel_version_read(u.release, &is) && kernel_version_before(is, then);
}
