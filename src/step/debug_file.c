/* SPDX-License-Identifier: MIT
 * Places of debug information. */
#include "step/debug_file.h"

#include <stdio.h>
#include <string.h>

static size_t add_build_id(const struct debug_wanted *w, char path[static DEBUG_PATH])
{
	int n = snprintf(path, DEBUG_PATH, DEBUG_FOLDER ".build-id/%02x/", w->build_id[0]);

	for (size_t i = 1; i < w->n_build_id && n < DEBUG_PATH - 16; i++)
		n += snprintf(path + n, (size_t)(DEBUG_PATH - n), "%02x", w->build_id[i]);
	snprintf(path + n, (size_t)(DEBUG_PATH - n), ".debug");
	return 1;
}

/* PREFIX DIRECTORY/MIDDLE NAME, the directory being the program's. */
static size_t add_beside(const struct debug_wanted *w, const char *prefix, const char *middle, const char *name,
                         char path[static DEBUG_PATH])
{
	const char *slash = strrchr(w->file, '/');
	int length = slash ? (int)(slash - w->file) : 0;

	return snprintf(path, DEBUG_PATH, "%s%.*s/%s%s", prefix, length, w->file, middle, name) < DEBUG_PATH;
}

/* "/a/b/../../c" is "/c": by its words alone, for the folders between may not be there. */
static void shorten(char *path)
{
	char *up;

	while ((up = strstr(path, "/../"))) {
		char *before = up;

		while (before > path && *--before != '/')
			;
		memmove(before, up + 3, strlen(up + 3) + 1);
	}
}

size_t debug_places(const struct debug_wanted *w, char paths[static DEBUG_PLACES][DEBUG_PATH])
{
	const char *slash = strrchr(w->file, '/'), *link = w->link;
	char name[DEBUG_PATH];
	size_t n = 0;

	if (w->shared) {
		n = *link == '/' ? (size_t)(snprintf(paths[0], DEBUG_PATH, "%s", link) < DEBUG_PATH)
		                 : add_beside(w, "", "", link, paths[0]);
		shorten(paths[0]);
		return n;
	}
	if (w->n_build_id > 1)
		n += add_build_id(w, paths[n]);
	snprintf(name, sizeof name, "%.500s.debug", slash ? slash + 1 : w->file);
	if (!link)
		link = name;
	if (strchr(link, '/')) /* it is to be a name */
		return n;
	n += add_beside(w, "", "", link, paths[n]);
	n += add_beside(w, "", ".debug/", link, paths[n]);
	n += add_beside(w, "/usr/lib/debug", "", link, paths[n]);
	return n;
}

bool debug_path_allowed(const char *path)
{
	static const char called[] = ".debug";
	size_t n = strlen(path);

	if (strstr(path, "/../"))
		return false;
	if (!strncmp(path, DEBUG_FOLDER, strlen(DEBUG_FOLDER)))
		return true;
	return *path == '/' && n >= sizeof called && !strcmp(path + n - (sizeof called - 1), called);
}

uint32_t debug_crc(uint32_t crc, const uint8_t *bytes, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}
