/* SPDX-License-Identifier: MIT
 * Where the threads of a process are, by their stacks. */
#include "sight/threads.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/text.h"
#include "step/stack.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS_MOST = 16, FRAMES_MOST = 16 };

/* A thread that runs has no place to be told; one that may not be looked at is something else. */
static void add_why_no_stack(struct buf *out, pid_t pid, pid_t tid)
{
	char path[64];
	struct buf text = { 0 };
	int rc;

	snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
	rc = file_read(path, &text, 256);
	if (rc == -EACCES || rc == -EPERM)
		buf_addf(out, "  may not be looked at (%s)%s\n", strerror(-rc), geteuid() ? "; try as root" : "");
	else if (rc < 0)
		buf_addf(out, "  cannot be looked at (%s)\n", strerror(-rc));
	else if (!strncmp(buf_text(&text), "running", 7))
		buf_puts(out, "  it runs: only a thread that sleeps can be looked at without stopping it\n");
	else
		buf_addf(out, "  %s\n", stack_why_not() ? stack_why_not() : "its stack cannot be read");
	buf_free(&text);
}

static void add_frames(struct buf *out, struct modules *m, const struct registers *known, pid_t pid, pid_t tid)
{
	struct stack *s = stack_peek(pid, tid, known);
	struct frame frames[STACK_DEPTH];
	size_t n, shown = 0;

	stack_add_script(s, m, tid);
	n = s ? stack_frames(m, s, frames, STACK_DEPTH) : 0;
	stack_free(s);
	for (size_t i = 0; i < n && shown < FRAMES_MOST; i++) {
		if (frames[i].inner)
			continue;
		buf_addf(out, "  #%zu ", shown++);
		frame_text(out, &frames[i]);
		buf_puts(out, "\n");
	}
	if (!n)
		add_why_no_stack(out, pid, tid);
}

static void add_thread(struct buf *out, struct modules *m, const struct registers *known, pid_t pid, pid_t tid)
{
	char comm[COMM_SIZE];

	comm_read(tid, comm);
	buf_addf(out, "thread %d ", tid);
	text_escape(out, comm, strlen(comm));
	buf_puts(out, "\n");
	add_frames(out, m, known, pid, tid);
}

void threads_add(struct buf *out, pid_t pid, uint64_t began)
{
	struct modules *m = modules_open(pid);
	struct registers known;
	struct numbers threads;
	struct buf told = { 0 };
	size_t n = 0;

	registers_read(&known, pid);
	numbers_open(&threads, "/proc/%d/task", pid);
	while (numbers_next(&threads))
		if (n++ < THREADS_MOST)
			add_thread(&told, m, &known, pid, threads.number);
	if (modules_trouble(m))
		buf_addf(&told, "%s\n", modules_trouble(m));
	if (n > THREADS_MOST)
		buf_addf(&told, "and %zu threads more\n", n - THREADS_MOST);
	if (proc_same(pid, began)) /* else they are another's, who has its number now */
		buf_puts(out, buf_text(&told));
	else
		buf_addf(out, "process %d is gone\n", pid);
	buf_free(&told);
	numbers_close(&threads);
	registers_free(&known);
	modules_close(m);
}
