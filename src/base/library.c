/* SPDX-License-Identifier: MIT
 * Libraries by dlopen(3). */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

enum { FILES = 3 };

static const struct {
	const char *name, *advice;
	const char *files[FILES]; /* ended by NULL */
} libraries[LIBRARIES] = {
#define FIRST_(first, ...) first
#define LIBRARY(name, called, debian, ...)                                                                             \
	[LIBRARY_##name] = { called,                                                                                   \
		             "install " debian " (Debian; elsewhere what has " FIRST_(__VA_ARGS__, ) ")",              \
		             { __VA_ARGS__ } },
#include "base/library.def"
};

const char *library_name(enum library which)
{
	return libraries[which].name;
}

const char *library_advice(enum library which)
{
	return libraries[which].advice;
}

static void fill(const struct library_symbol *s, const void *at)
{
	memcpy(s->where, &at, sizeof at); /* a function's address in an object pointer: dlsym(3) */
}

#ifdef LASTACK_STATIC

bool library_load(enum library which, const struct library_symbol *symbols, size_t n)
{
	(void)which;
	for (size_t i = 0; i < n; i++)
		fill(&symbols[i], symbols[i].linked);
	return true;
}

/* A static program that loads a library made for another C library than its own ends by a signal. So nobody in it may:
 * libdw would look for its client of debuginfod. */
void *dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

void *dlsym(void *library, const char *name)
{
	(void)library;
	(void)name;
	return NULL;
}

int dlclose(void *library)
{
	(void)library;
	return 0;
}

#else

bool library_load(enum library which, const struct library_symbol *symbols, size_t n)
{
	void *library = NULL;

	for (const char *const *file = libraries[which].files; !library && *file; file++)
		library = dlopen(*file, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; library && i < n; i++) {
		const void *at = dlsym(library, symbols[i].name);

		if (!at)
			return false;
		fill(&symbols[i], at);
	}
	return library != NULL;
}

#endif
