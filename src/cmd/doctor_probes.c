/* SPDX-License-Identifier: MIT
 * What rules ask for besides. */
#include "cmd/doctor_probes.h"
#include "base/proc.h"
#include "base/text.h"
#include "source/net.h"
#include "source/process.h"
#include "step/stack.h"

#include <stdlib.h>

static ssize_t epoll(void *ctx, pid_t pid, struct watched **out)
{
	(void)ctx;
	return process_epoll(pid, out);
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

	(void)ctx;
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].inode)
			inodes[n++] = ev->socks[i].inode;
	qsort(inodes, n, sizeof *inodes, by_number);
	found = process_strays(pid, inodes, n, out);
	free(inodes);
	return found;
}

static ssize_t configured(void *ctx, const char *name, struct buf *out)
{
	(void)ctx;
	return (ssize_t)settings_configured(name, out);
}

/* --- stacks -------------------------------------------------------------------------------------------- */

enum { THREADS_MOST = 64, FRAMES_SHOWN = 3 };

/* "thread 77 in futex: worker.c:12 wait_for_job < worker.c:40 main" */
static bool add_thread(struct buf *out, struct modules *m, pid_t pid, pid_t tid)
{
	struct frame frames[STACK_DEPTH];
	struct stack *s = stack_peek(pid, tid);
	size_t n = s ? stack_frames(m, s, frames, STACK_DEPTH) : 0, shown = 0;

	stack_free(s);
	for (size_t i = 0; i < n && shown < FRAMES_SHOWN; i++) {
		struct buf text = { 0 };

		if (!frame_is_own(&frames[i], ""))
			continue;
		frame_text(&text, &frames[i]);
		if (shown)
			buf_puts(out, " < ");
		else
			buf_addf(out, "thread %d sleeps at ", tid);
		text_escape(out, buf_text(&text), text.len);
		buf_free(&text);
		shown++;
	}
	if (shown)
		buf_puts(out, "\n");
	return shown > 0;
}

static ssize_t stacks(void *ctx, pid_t pid, struct buf *out)
{
	struct modules *m = modules_open(pid);
	struct numbers threads;
	bool there = numbers_open(&threads, "/proc/%d/task", pid);
	ssize_t n = 0;

	(void)ctx;
	while (n < THREADS_MOST && numbers_next(&threads))
		n += add_thread(out, m, pid, threads.number);
	numbers_close(&threads);
	modules_close(m);
	return there ? n : -1;
}

static bool left(void *ctx, pid_t pid, struct buf *place, struct buf *sentence)
{
	const struct followed *f = ctx;

	if (!f || f->pid != pid || !f->place.len)
		return false;
	buf_add(place, f->place.text, f->place.len);
	buf_add(sentence, f->sentence.text, f->sentence.len);
	return true;
}

void probes_open(struct probes *p, struct followed *followed)
{
	*p = (struct probes){ .ctx = followed, .left = left, .epoll = epoll, .strays = strays, .stacks = stacks, .configured = configured };
}
