/* SPDX-License-Identifier: MIT
 * Where debug information is looked for, and where not. */
#include "base/buf.h"
#include "base/tap.h"
#include "step/debug_file.h"

#define ID "\xab\xcd\x01"

static const struct {
	const char *what;
	struct debug_wanted wanted;
	const char *should;
} rows[] = {
	{ "by its build id, then by its name",
	  { (const uint8_t *)ID, 3, "/usr/bin/cat", NULL, false },
	  "/usr/lib/debug/.build-id/ab/cd01.debug\n/usr/bin/cat.debug\n/usr/bin/.debug/cat.debug\n"
	  "/usr/lib/debug/usr/bin/cat.debug\n" },
	{ "by what it says",
	  { NULL, 0, "/srv/app/server", "symbols.dbg", false },
	  "/srv/app/symbols.dbg\n/srv/app/.debug/symbols.dbg\n/usr/lib/debug/srv/app/symbols.dbg\n" },
	{ "in the root",
	  { NULL, 0, "/init", "init.debug", false },
	  "/init.debug\n/.debug/init.debug\n/usr/lib/debug/init.debug\n" },
	{ "a build id of one byte is none",
	  { (const uint8_t *)ID, 1, "/a", "b", false },
	  "/b\n/.debug/b\n/usr/lib/debug/b\n" },
	{ "a name that leads elsewhere is not followed",
	  { (const uint8_t *)ID, 3, "/usr/bin/cat", "../../etc/shadow", false },
	  "/usr/lib/debug/.build-id/ab/cd01.debug\n" },
	{ "shared, by its whole path",
	  { (const uint8_t *)ID, 3, "/usr/lib/debug/.build-id/ab/cd01.debug", "/usr/lib/debug/.dwz/x.debug", true },
	  "/usr/lib/debug/.dwz/x.debug\n" },
	{ "shared, beside it",
	  { NULL, 0, "/usr/lib/debug/usr/bin/cat.debug", "../../.dwz/coreutils", true },
	  "/usr/lib/debug/.dwz/coreutils\n" },
	{ "shared, above everything",
	  { NULL, 0, "/usr/lib/x.debug", "../../../../../etc/shadow", true },
	  "/etc/shadow\n" },
};

static const struct {
	const char *path;
	bool allowed;
} paths[] = {
	{ "/usr/lib/debug/.build-id/ab/cd.debug", true },
	{ "/usr/lib/debug/.dwz/coreutils", true },
	{ "/srv/app/.debug/server.debug", true },
	{ "/srv/app/server.debug", true },
	{ "/etc/shadow", false },
	{ "/usr/lib/debugger", false },
	{ "/usr/lib/debug/../../../etc/shadow", false },
	{ "/a/../b.debug", false },
	{ "relative.debug", false },
	{ "", false },
	{ "/", false },
};

/* The checksum of "123456789" by which every CRC-32 is told. */
static void checksums(void)
{
	const uint8_t *nine = (const uint8_t *)"123456789";

	ok(debug_crc(0, nine, 9) == 0xcbf43926, "the checksum of nine digits");
	ok(debug_crc(debug_crc(0, nine, 4), nine + 4, 5) == 0xcbf43926, "in two pieces");
	ok(debug_crc(0, nine, 0) == 0, "of nothing");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char places[DEBUG_PLACES][DEBUG_PATH];
		size_t n = debug_places(&rows[i].wanted, places);
		struct buf is = { 0 };

		for (size_t k = 0; k < n; k++)
			buf_addf(&is, "%s\n", places[k]);
		same_text(buf_text(&is), rows[i].should, rows[i].what);
		buf_free(&is);
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		ok(debug_path_allowed(paths[i].path) == paths[i].allowed, "'%s' %s", paths[i].path,
		   paths[i].allowed ? "may be opened" : "may not");
	checksums();
	return tap_done();
}
