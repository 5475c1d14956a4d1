/* SPDX-License-Identifier: MIT
 * Maps of code that an interpreter has made, of this process itself. */
#include "base/tap.h"
#include "step/jit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];

static struct jit *map_of(const char *text)
{
	FILE *f = fopen(path, "w");

	if (f) {
		fputs(text, f);
		fclose(f);
	}
	return jit_read(getpid());
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
		j = jit_read(getpid());
		says(j, 0x7f00001000, "", "a map that somebody else has put there is not believed");
		jit_free(j);
	} else {
		ok(true, "# SKIP not root: a file cannot be given away");
	}
	unlink(path);
	j = jit_read(getpid());
	says(j, 0x7f00001000, "", "no map, nothing known");
	jit_free(j);
	return tap_done();
}
