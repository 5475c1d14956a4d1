/* SPDX-License-Identifier: MIT
 * Maps of code that an interpreter has made, of this process itself. */
#include "base/tap.h"
#include "step/jit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static struct jit *own_map(void)
{
	struct err e;

	return jit_read(jit_open(getpid(), &e));
}

static struct jit *map_of(const char *text)
{
	FILE *f = fopen(path, "w");

	if (f) {
		fputs(text, f);
		fclose(f);
	}
	return own_map();
}

static void says(const struct jit *j, uint64_t pc, const char *should, const char *what)
{
	struct buf b = { 0 };
	struct frame f = { 0 };

	if (jit_place(j, pc, &f))
		frame_text(&b, &f);
	same_text(buf_text(&b), should, what);
	buf_free(&b);
}

static void not_read(void)
{
	struct err e;

	alarm(20); /* who waits for the FIFO fails */
	ok(mkfifo(path, 0644) == 0 && jit_open(getpid(), &e) == -1, "a FIFO is no map, and nobody waits for it");
	unlink(path);
	ok(symlink("/dev/zero", path) == 0 && jit_open(getpid(), &e) == -1, "nor is a link");
	unlink(path);
	jit_free(map_of(""));
	ok(truncate(path, JIT_MOST) == 0 && jit_open(getpid(), &e) >= 0, "16 MB are read");
	ok(truncate(path, JIT_MOST + 1) == 0 && jit_open(getpid(), &e) == -2 && strstr(err_text(&e), "16 MB"),
	   "a larger one is not, and that is said: %s", err_text(&e));
	unlink(path);
}

int main(void)
{
	struct jit *j;

	snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
	j = map_of("7f00001000 100 JS:~serve /srv/app.js:12:5\n7f00001100 80 JS:* file:///srv/a b.mjs:7:1\n7f00001200 "
	           "10 py::Server.run:/srv/app.py\n"
	           "7f00001300 10 Lorg/x/Main;::run\n7f00001400 10 Builtin:JSEntry\nnonsense\n7f00001500 0 "
	           "nothing\n7f00001000 40 JS:*serve /srv/new.js:3:5\n7f00001600 8");
	says(j, 0x7f00001000, "new.js:3 serve", "what was made last at an address is there");
	says(j, 0x7f0000103f, "new.js:3 serve", "to its end");
	says(j, 0x7f00001110, "a b.mjs:7 (anonymous)", "a function without a name");
	says(j, 0x7f00001204, "Server.run (app.py)+0x4", "Python's, without a line");
	says(j, 0x7f00001301, "Lorg/x/Main;::run+0x1", "another's, as it stands there");
	says(j, 0x7f00001400, "", "the interpreter's own is told by its file");
	says(j, 0x7f00001500, "", "code without a size is none");
	says(j, 0x7f00001600, "", "nor is a line that is cut off");
	says(j, 0x7f00000fff, "", "nothing before the first");
	says(j, 0x7f00002000, "", "nothing behind the last");
	jit_free(j);
	if (geteuid() == 0 && chown(path, 65534, 65534) == 0) {
		j = own_map();
		says(j, 0x7f00001000, "", "a map that somebody else has put there is not believed");
		jit_free(j);
	} else {
		ok(true, "# SKIP not root: a file cannot be given away");
	}
	unlink(path);
	not_read();
	j = own_map();
	says(j, 0x7f00001000, "", "no map, nothing known");
	jit_free(j);
	return tap_done();
}
