/* SPDX-License-Identifier: MIT
 * What rules ask for besides. */
#include "sight/probing.h"
#include "base/proc.h"
#include "source/net.h"
#include "source/process.h"
#include "step/borrow.h"
#include "step/stack.h"

#include <stdlib.h>

/* Is it the process still that was observed? Asked after it was looked at: it was it then all the time. */
static bool is_still(const struct probing *how, pid_t pid)
{
	const struct process_facts *p = observation_process(how->of, pid);

	return p && proc_same(pid, p->started);
}

/* Who has ended keeps nothing open. */
static bool has_gone(const struct probing *how, pid_t pid)
{
	const struct process_facts *p = observation_process(how->of, pid);

	return p && p->started && !proc_same(pid, p->started);
}

static ssize_t epoll(void *ctx, pid_t pid, struct watched **out)
{
	ssize_t n = process_epoll(pid, out);

	if (is_still(ctx, pid))
		return n;
	free(*out);
	*out = NULL;
	return -1;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static ssize_t strays(void *ctx, pid_t pid, const struct evidence *ev, struct stray **out)
{
	uint32_t *inodes = xcalloc(ev->n + 1, sizeof *inodes);
	size_t n = 0;
	ssize_t found;

	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].inode)
			inodes[n++] = ev->socks[i].inode;
	qsort(inodes, n, sizeof *inodes, by_number);
	found = process_strays(pid, inodes, n, out);
	free(inodes);
	if (is_still(ctx, pid))
		return found;
	free(*out);
	*out = NULL;
	return has_gone(ctx, pid) ? 0 : -1;
}

static ssize_t configured(void *ctx, const char *name, struct buf *out)
{
	(void)ctx;
	return (ssize_t)settings_configured(name, out);
}

/* --- stacks -------------------------------------------------------------------------------------------- */

enum { THREADS_MOST = 64, FRAMES_SHOWN = 3 };

/* How the threads of a process are looked at. */
struct peeking {
	pid_t pid;
	bool stop;
	struct modules *modules;
	struct registers known;
};

/* Of code that an interpreter has made the interpreter's own frames say nothing. */
static bool is_told(const struct frame *frames, size_t n, const struct frame *f)
{
	for (size_t i = 0; i < n; i++)
		if (frames[i].made)
			return f->made && !f->inner;
	return frame_is_own(f, "");
}

/* "thread 77 in futex: worker.c:12 wait_for_job < worker.c:40 main" */
static bool add_thread(struct buf *out, const struct peeking *k, pid_t tid)
{
	struct frame frames[STACK_DEPTH];
	struct stack *asleep = stack_peek(k->pid, tid, &k->known),
		     *stopped = k->stop ? stack_stop(k->modules, k->pid, tid) : NULL;
	struct stack *s = stopped ? stopped : asleep;
	size_t n, shown = 0;

	stack_add_script(asleep, k->modules, tid);
	n = s ? stack_frames(k->modules, s, frames, STACK_DEPTH) : 0;
	for (size_t i = 0; i < n && shown < FRAMES_SHOWN; i++) {
		if (!is_told(frames, n, &frames[i]))
			continue;
		if (shown++)
			buf_puts(out, " < ");
		else
			buf_addf(out, "thread %d %s at ", tid, asleep ? "sleeps" : "runs");
		frame_text(out, &frames[i]);
	}
	if (shown)
		buf_puts(out, "\n");
	stack_free(asleep);
	stack_free(stopped);
	return shown > 0;
}

static ssize_t look_at_threads(const struct probing *how, pid_t pid, struct buf *out)
{
	struct peeking k = { .pid = pid, .stop = how->stop_threads, .modules = modules_open(pid) };
	struct numbers threads;
	bool there = numbers_open(&threads, "/proc/%d/task", pid);
	ssize_t n = 0;

	registers_read(&k.known, pid);
	while (n < THREADS_MOST && numbers_next(&threads))
		n += add_thread(out, &k, threads.number);
	numbers_close(&threads);
	if (modules_trouble(k.modules))
		buf_addf(out, "%s\n", modules_trouble(k.modules));
	registers_free(&k.known);
	modules_close(k.modules);
	return there ? n : -1;
}

static ssize_t stacks(void *ctx, pid_t pid, struct buf *out)
{
	struct probing *how = ctx;

	if (how->stacks_of != pid) {
		buf_clear(&how->stacks);
		how->threads = is_still(how, pid) ? look_at_threads(how, pid, &how->stacks) : -1;
		if (how->threads >= 0 && !is_still(how, pid)) {
			buf_clear(&how->stacks);
			how->threads = -1;
		}
		how->stacks_of = pid;
	}
	buf_puts(out, buf_text(&how->stacks));
	return how->threads;
}

void probes_close(struct probing *how)
{
	buf_free(&how->stacks);
	buf_free(&how->followed.place);
	buf_free(&how->followed.sentence);
}

static bool left(void *ctx, pid_t pid, struct buf *place, struct buf *sentence)
{
	const struct probing *how = ctx;
	const struct followed *f = &how->followed;
	const struct process_facts *p = observation_process(how->of, pid);

	if (f->pid != pid || !f->place.len || !p || !p->started || p->started != f->began)
		return false;
	buf_add(place, f->place.text, f->place.len);
	buf_add(sentence, f->sentence.text, f->sentence.len);
	return true;
}

bool probing_within(void (*work)(void *ctx), void *ctx)
{
	return borrow_within(work, ctx);
}

void probes_open(struct probes *p, struct probing *how, const struct observation *of)
{
	how->of = of;
	*p = (struct probes){
		.ctx = how, .left = left, .epoll = epoll, .strays = strays, .stacks = stacks, .configured = configured
	};
}
