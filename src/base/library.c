/* SPDX-License-Identifier: MIT
 * Libraries by dlopen(3). */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(const char *name, const struct library_symbol *symbols, size_t n)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < n; i++) {
		void *at = dlsym(library, symbols[i].name);

		if (!at)
			return false;
		memcpy(symbols[i].where, &at, sizeof at); /* a function's address in an object pointer: dlsym(3) */
	}
	return library != NULL;
}
