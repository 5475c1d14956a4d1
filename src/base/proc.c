/* SPDX-License-Identifier: MIT
 * /proc: folders of numbers. */
#include "base/proc.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 64 };

bool numbers_open(struct numbers *w, const char *path, ...)
{
	char text[PATH_ROOM];
	va_list ap;

	va_start(ap, path);
	vsnprintf(text, sizeof text, path, ap);
	va_end(ap);
	*w = (struct numbers){ .dir = opendir(text) };
	return w->dir != NULL;
}

bool numbers_next(struct numbers *w)
{
	const struct dirent *entry;

	while (w->dir && (entry = readdir(w->dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		w->name = entry->d_name;
		w->number = (int)strtol(w->name, NULL, 10);
		return true;
	}
	return false;
}

void numbers_close(struct numbers *w)
{
	if (w->dir)
		closedir(w->dir);
	w->dir = NULL;
}

bool numbers_link(const struct numbers *w, char link[static LINK_ROOM])
{
	ssize_t n = readlinkat(dirfd(w->dir), w->name, link, LINK_ROOM - 1);

	link[n < 0 ? 0 : n] = 0;
	return n >= 0;
}

uint32_t socket_of_link(const char *link)
{
	static const char is[] = "socket:[";

	return strncmp(link, is, sizeof is - 1) ? 0 : (uint32_t)strtoul(link + sizeof is - 1, NULL, 10);
}
