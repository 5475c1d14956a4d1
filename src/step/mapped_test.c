/* SPDX-License-Identifier: MIT
 * What /proc/PID/maps says, line by line. */
#include "base/tap.h"
#include "step/mapped.h"

#include <inttypes.h>

static const struct {
	const char *what, *maps, *should;
} rows[] = {
	{ "one mapping", "1000-2000 r-xp 00000000 08:01 77  /bin/cat\n", "1000-2000(2000) /bin/cat\n" },
	{ "no newline at its end", "1000-2000 r-xp 00000000 08:01 77 /bin/cat", "1000-2000(2000) /bin/cat\n" },
	{ "several of one file are one, with the first one's end",
	  "1000-2000 r--p 00000000 08:01 77 /bin/cat\n2000-3000 r-xp 00001000 08:01 77 /bin/cat\n"
	  "5000-6000 rw-p 00002000 08:01 77 /bin/cat\n",
	  "1000-6000(2000) /bin/cat\n" },
	{ "what is no file between them is passed over",
	  "1000-2000 r--p 00000000 08:01 77 /lib/a.so\n2000-3000 rw-p 00000000 00:00 0 \n"
	  "3000-4000 rw-p 00000000 08:01 77 /lib/a.so\n",
	  "1000-4000(2000) /lib/a.so\n" },
	{ "two files", "1000-2000 r--p 0 08:01 77 /lib/a.so\n2000-3000 r--p 0 08:01 78 /lib/b.so\n",
	  "1000-2000(2000) /lib/a.so\n2000-3000(3000) /lib/b.so\n" },
	{ "one name, two files: it was replaced meanwhile",
	  "1000-2000 r--p 0 08:01 77 /lib/a.so\n2000-3000 r--p 0 08:01 78 /lib/a.so\n",
	  "1000-2000(2000) /lib/a.so\n2000-3000(3000) /lib/a.so\n" },
	{ "the same file twice, with another between",
	  "1000-2000 r--p 0 08:01 77 /a\n2000-3000 r--p 0 08:01 78 /b\n3000-4000 r--p 0 08:01 77 /a\n",
	  "1000-2000(2000) /a\n2000-3000(3000) /b\n3000-4000(4000) /a\n" },
	{ "the kernel's own code", "7ffd1000-7ffd3000 r-xp 00000000 00:00 0 [vdso]\n",
	  "7ffd1000-7ffd3000(7ffd3000) [vdso]\n" },
	{ "stack, heap and the like", "1000-2000 rw-p 0 00:00 0 [heap]\n2000-3000 rw-p 0 00:00 0 [stack]\n", "" },
	{ "spaces in a name", "1000-2000 r-xp 0 08:01 77 /srv/a b (deleted)\n",
	  "1000-2000(2000) /srv/a b (deleted)\n" },
	{ "the highest addresses", "fffffffffffff000-ffffffffffffffff r-xp 0 08:01 7 /x\n",
	  "fffffffffffff000-ffffffffffffffff(ffffffffffffffff) /x\n" },
	{ "an end that is not behind its beginning", "2000-2000 r-xp 0 08:01 7 /x\n3000-2000 r-xp 0 08:01 7 /y\n", "" },
	{ "what lies before the one in front of it",
	  "2000-4000 r-xp 0 08:01 7 /x\n3000-5000 r-xp 0 08:01 8 /y\n1000-2000 r-xp 0 08:01 9 /z\n",
	  "2000-4000(4000) /x\n" },
	{ "rubbish", "\nnonsense\n1000-2000\n1000-2000 r-xp\n-- /x\n", "" },
	{ "nothing", "", "" },
};

/* As a process knows them that lives in a chroot. */
static void of_names(void)
{
	static const struct {
		const char *what, *here, *root, *should;
	} names[] = {
		{ "no chroot", "/bin/cat", "/", "/bin/cat" },
		{ "in it", "/srv/sid/bin/cat", "/srv/sid", "/bin/cat" },
		{ "mapped before it went there", "/bin/cat", "/srv/sid", "/bin/cat" },
		{ "beside it", "/srv/side/cat", "/srv/sid", "/srv/side/cat" },
		{ "where it is cannot be told", "/srv/sid/bin/cat", "", "/srv/sid/bin/cat" },
		{ "the kernel's own code", "[vdso]", "/srv/sid", "[vdso]" },
	};
	struct mapped_files m;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		same_text(mapped_name(names[i].here, names[i].root), names[i].should, names[i].what);
	mapped_read(&m, "1000-2000 r-xp 0 08:01 7 /srv/sid/a\n2000-3000 r-xp 0 08:01 7 /srv/sid/a\n", "/srv/sid");
	ok(m.n == 1 && m.all[0].to == 0x3000 && streq(m.all[0].name, "/a"), "of all that it has mapped");
	mapped_free(&m);
}

int main(void)
{
	struct mapped_files m;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf is = { 0 };

		mapped_read(&m, rows[i].maps, "/");
		for (size_t k = 0; k < m.n; k++)
			buf_addf(&is, "%" PRIx64 "-%" PRIx64 "(%" PRIx64 ") %s\n", m.all[k].from, m.all[k].to,
			         m.all[k].first_to, m.all[k].name);
		same_text(buf_text(&is), rows[i].should, rows[i].what);
		mapped_free(&m);
		buf_free(&is);
	}
	ok(!mapped_at(&m, 0x1000), "nothing is in an empty list");
	mapped_read(&m, "1000-2000 r--p 0 08:01 1 /a\n3000-4000 r--p 0 08:01 2 /b\n5000-6000 r--p 0 08:01 3 /c\n", "/");
	ok(streq(mapped_at(&m, 0x1000)->name, "/a") && streq(mapped_at(&m, 0x3000)->name, "/b") &&
	           streq(mapped_at(&m, 0x5000)->name, "/c"),
	   "found by where they begin");
	ok(!mapped_at(&m, 0x1001) && !mapped_at(&m, 0xfff) && !mapped_at(&m, 0x2000) && !mapped_at(&m, 0x6000),
	   "and by nothing else");
	mapped_free(&m);
	of_names();
	return tap_done();
}
