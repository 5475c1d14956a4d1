/* SPDX-License-Identifier: MIT
 * One stack of two. */
#include "step/script.h"
#include "step/stack_internal.h"

#include <assert.h>

struct merge {
	struct frame *to;
	size_t n, max;
	struct python_frame script[PYTHON_FRAMES];
	size_t n_script, next;
};

bool script_is_executed(const struct frame *f)
{
	static const char name[] = "_PyEval_EvalFrame";

	return strncmp(f->function, name, sizeof name - 1) == 0;
}

/* --- what tells nothing of the program ----------------------------------------------------------------- */

/* What is to a script as the C library's wrappers of calls are to others. */
static bool is_wrapper(const struct frame *f)
{
	static const char *const files[] = { "socket.py", "ssl.py", "selectors.py" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (streq(f->file, files[i]))
			return true;
	return false;
}

/* A script that is all of Python's own library (`python3 -m http.server`) is the program. */
static void mark_script(struct merge *m)
{
	size_t own = 0, wrappers = 0;

	for (size_t i = 0; i < m->n_script; i++)
		own += !m->script[i].standard;
	while (wrappers < m->n_script && m->script[wrappers].standard && is_wrapper(&m->script[wrappers].frame))
		wrappers++;
	for (size_t i = 0; i < m->n_script; i++)
		m->script[i].frame.inner = m->script[i].standard && (own || (i < wrappers && wrappers < m->n_script));
}

/* Code that the interpreter has made is the script's as well, and that is told already. */
static bool is_interpreter(const struct python *p, const struct frame *f)
{
	return f->made || script_is_executed(f) || python_owns(p, f->module);
}

/* --- merging ------------------------------------------------------------------------------------------- */

static void put(struct merge *m, const struct frame *f)
{
	if (m->n < m->max)
		m->to[m->n++] = *f;
}

/* Those that one call of the interpreter's loop executes. */
static void put_run(struct merge *m)
{
	while (m->next < m->n_script) {
		const struct python_frame *f = &m->script[m->next++];

		put(m, &f->frame);
		if (f->run_ends)
			break;
	}
}

static void put_rest(struct merge *m)
{
	while (m->next < m->n_script)
		put(m, &m->script[m->next++].frame);
}

/* Where the interpreter has no names it begins somewhere, and that is all there is. */
static void put_native(struct merge *m, const struct python *p, const struct frame *native, size_t n)
{
	bool named = false;

	for (size_t i = 0; i < n; i++)
		named = named || script_is_executed(&native[i]);
	for (size_t i = 0; i < n; i++) {
		struct frame f = native[i];

		f.inner = is_interpreter(p, &f);
		if (script_is_executed(&f))
			put_run(m);
		else if (!named && f.inner)
			put_rest(m);
		put(m, &f);
	}
	put_rest(m);
}

size_t script_merge(const struct python *p, const struct python_sample *x, struct frame *frames, size_t n, size_t max)
{
	struct frame native[STACK_DEPTH], merged[STACK_DEPTH + PYTHON_FRAMES];
	struct merge m = { .to = merged, .max = ARRAY_SIZE(merged) };
	size_t kept = 0, inner = 0, room;

	assert(n <= STACK_DEPTH);
	memcpy(native, frames, n * sizeof *native);
	m.n_script = python_frames(x, m.script);
	mark_script(&m);
	put_native(&m, p, native, n);
	for (size_t i = 0; i < m.n; i++)
		inner += merged[i].inner;
	room = m.n - inner < max ? max - (m.n - inner) : 0;
	for (size_t i = 0; i < m.n && kept < max; i++) {
		if (merged[i].inner && !room)
			continue;
		room -= merged[i].inner;
		frames[kept++] = merged[i];
	}
	return kept;
}
