/* SPDX-License-Identifier: MIT
 * The child that reads strangers' files for us: starting it, giving it what it asks for, and doing without it when it
 * falls or takes too long. */
#include "step/reader.h"
#include "base/fdmsg.h"
#include "base/file.h"
#include "base/foreign.h"
#include "base/interrupt.h"
#include "step/confine.h"
#include "step/debug_file.h"
#include "step/jit.h"
#include "step/script.h"
#include "base/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Beyond these a file is no program, and a process has no such list of mappings. */
enum { MAPS_MOST = 64 << 20 };
#define ELF_MOST (UINT64_C(64) << 30)

struct modules {
	pid_t pid;
	struct mapped_files files;
	struct memo memo; /* of these files */
	struct python *python;
	bool looked_for_python;
	int child;            /* a socket; -1: there is none */
	int pidfd;            /* of it */
	struct span patience; /* for one answer */
	bool failed;          /* it fell, or took too long: not again with these files */
	struct err trouble;
};

struct modules *modules_open(pid_t pid)
{
	struct modules *m = xcalloc(1, sizeof *m);

	*m = (struct modules){ .pid = pid, .child = -1, .pidfd = -1, .patience = span_s(30) };
	return m;
}

void modules_patience(struct modules *m, struct span patience)
{
	m->patience = patience;
}

/* P_PIDFD of waitid(2), which glibc 2.31 does not name. */
enum { BY_PIDFD = 3 };

/* By its descriptor, for somebody else may wait for our children and take its end away. */
static void end_child(struct modules *m)
{
	siginfo_t info;

	fd_close(&m->child);
	if (m->pidfd < 0)
		return;
	syscall(SYS_pidfd_send_signal, m->pidfd, SIGKILL, NULL, 0);
	while (waitid((idtype_t)BY_PIDFD, (id_t)m->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	fd_close(&m->pidfd);
}

static void read_anew(struct modules *m)
{
	end_child(m);
	python_close(m->python);
	m->python = NULL;
	m->looked_for_python = false;
	mapped_free(&m->files);
	memo_clear(&m->memo);
}

void modules_forget(struct modules *m)
{
	read_anew(m);
	m->failed = false;
	m->trouble = (struct err){ 0 };
}

void modules_close(struct modules *m)
{
	if (!m)
		return;
	read_anew(m);
	free(m);
}

const char *modules_trouble(struct modules *m)
{
	if (!m)
		return NULL;
	return err_is_set(&m->trouble) ? err_text(&m->trouble) : python_trouble(m->python);
}

/* --- starting it ----------------------------------------------------------------------------------------- */

/* What a link of its in /proc says, seen from here; "" if it may not be read. */
static void link_of(pid_t pid, const char *which, char is[static PATH_MAX])
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/%d/%s", pid, which);
	n = readlink(link, is, PATH_MAX - 1);
	is[n < 0 ? 0 : n] = 0;
}

/* In a chroot all names begin with where that is, seen from here. */
static bool read_maps(struct modules *m)
{
	struct buf maps = { 0 };
	char path[32], root[PATH_MAX];

	if (m->files.n)
		return true;
	link_of(m->pid, "root", root);
	snprintf(path, sizeof path, "/proc/%d/maps", m->pid);
	if (file_read(path, &maps, MAPS_MOST) == 0)
		mapped_read(&m->files, buf_text(&maps), root);
	buf_free(&maps);
	return m->files.n > 0;
}

__attribute__((noreturn)) static void be_child(const struct modules *m, int parent, int memory, pid_t of)
{
	if (confine(parent, memory, of) < 0)
		_exit(1);
	frames_serve(parent, memory, m->pid, &m->files);
}

static bool fork_child(struct modules *m, int ends[2], int memory)
{
	pid_t me = getpid(), pid = fork();

	if (pid == 0)
		be_child(m, ends[1], memory, me);
	close(ends[1]);
	m->child = ends[0];
	m->pidfd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (m->pidfd >= 0)
		return true;
	fd_close(&m->child); /* which ends it, if there is one */
	return false;
}

static bool start_child(struct modules *m)
{
	int ends[2], memory;
	char path[32];
	bool started;

	if (!frames_load() || !read_maps(m) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/mem", m->pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	started = fork_child(m, ends, memory);
	fd_close(&memory);
	return started;
}

/* --- what it asks for ------------------------------------------------------------------------------------ */

static int open_below(pid_t pid, const char *path)
{
	struct foreign f = { .path = path, .below = foreign_root(pid), .most = ELF_MOST };
	struct err e;
	int fd = f.below < 0 ? -1 : foreign_open(&f, NULL, &e);

	fd_close(&f.below);
	return fd;
}

/* The program of a process, whatever has become of its file. */
static int open_program(pid_t pid, const char *name)
{
	char path[32], is[PATH_MAX], root[PATH_MAX];
	struct foreign f = { .path = path, .most = ELF_MOST };
	struct err e;

	link_of(pid, "exe", is);
	link_of(pid, "root", root);
	if (!streq(mapped_name(is, root), name))
		return -1;
	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	return foreign_open(&f, NULL, &e);
}

/* What is mapped itself where that may be opened (CAP_CHECKPOINT_RESTORE), for its name may lead to something else by
 * now. */
static int open_mapped(const struct modules *m, uint64_t from)
{
	const struct mapped *part = mapped_at(&m->files, from);
	char path[80];
	struct foreign f = { .path = path, .most = ELF_MOST };
	struct err e;
	int fd;

	if (!part || *part->name != '/')
		return -1;
	snprintf(path, sizeof path, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, m->pid, part->from, part->first_to);
	fd = foreign_open(&f, NULL, &e);
	if (fd < 0)
		fd = open_program(m->pid, part->name);
	return fd < 0 ? open_below(m->pid, part->name) : fd;
}

static int open_debug(const struct modules *m, const char *path, bool here)
{
	struct foreign f = { .path = path + strlen(DEBUG_FOLDER), .most = ELF_MOST };
	struct err e;
	int fd;

	if (!debug_path_allowed(path))
		return -1;
	if (!here)
		return open_below(m->pid, path);
	if (strncmp(path, DEBUG_FOLDER, strlen(DEBUG_FOLDER)) != 0)
		return -1;
	f.below = open(DEBUG_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = f.below < 0 ? -1 : foreign_open(&f, NULL, &e);
	fd_close(&f.below);
	return fd;
}

/* That there is none is no trouble. */
static int open_map(struct modules *m)
{
	struct err e = { 0 };
	int fd = jit_open(m->pid, &e);

	if (fd == -2)
		m->trouble = e;
	return fd;
}

/* The first of the places from `*which` on that has something. */
static int open_place(const struct modules *m, struct reader_places *places, uint32_t *which)
{
	int fd = -1;

	for (; *which < 2 * places->n && *which < 2 * DEBUG_PLACES; ++*which) {
		char *path = places->path[*which / 2];

		path[DEBUG_PATH - 1] = 0;
		fd = open_debug(m, path, *which % 2);
		if (fd >= 0)
			break;
	}
	return fd;
}

static bool serve(struct modules *m, const struct reader_word *word, struct reader_places *places)
{
	uint32_t which = word->n;
	struct iovec answer = { &which, sizeof which };
	bool sent;
	int fd;

	if (word->says == READER_WANTS_DEBUG)
		fd = open_place(m, places, &which);
	else
		fd = word->says == READER_WANTS_FILE ? open_mapped(m, word->from) : open_map(m);
	sent = fdmsg_send(m->child, &answer, 1, fd) == 0;
	if (fd >= 0)
		close(fd);
	return sent;
}

/* --- asking it ------------------------------------------------------------------------------------------- */

/* What it says is a stranger's word, too: texts end, and there are no more of them than was asked for. */
static size_t take_frames(struct frame *to, size_t max, const struct frame *from, size_t n)
{
	n = n < max ? n : max;
	memcpy(to, from, n * sizeof *to);
	for (size_t i = 0; i < n; i++) {
		unsigned char made;

		memcpy(&made, &from[i].made, 1);
		to[i].made = made != 0;
		to[i].function[sizeof to->function - 1] = to[i].file[sizeof to->file - 1] = 0;
		to[i].module[sizeof to->module - 1] = 0;
	}
	return n;
}

/* How many frames; -1: it is no answer. */
static ssize_t take_answer(struct modules *m, const struct reader_answer *a, size_t size, struct frame *frames,
                           size_t max)
{
	size_t n;

	if (size < offsetof(struct reader_answer, frames))
		return -1;
	n = take_frames(frames, max, a->frames, (size - offsetof(struct reader_answer, frames)) / sizeof *frames);
	memo_keep(&m->memo, a->rules, a->n_rules < STACK_DEPTH ? a->n_rules : STACK_DEPTH, frames, n);
	return (ssize_t)n;
}

/* Waits until it says something; false: in vain, or we are told to end. Who was told so before has asked all the same,
 * and gets his answer. The signal may have come to another thread. */
static bool wait_for(const struct modules *m, struct instant until)
{
	struct pollfd p[2] = { { m->child, POLLIN, 0 }, { interrupt_signal() ? -1 : interrupt_fd(), POLLIN, 0 } };
	int rc;

	do
		rc = poll(p, 2, ms_until(until));
	while (rc < 0 && errno == EINTR && !interrupt_signal());
	return rc > 0 && p[0].revents;
}

/* Its next message, in time: the length behind the head; -1: none came. */
static ssize_t hear(const struct modules *m, struct instant until, struct reader_word *word, char *body, size_t room)
{
	struct iovec part[2] = { { word, sizeof *word }, { body, room } };
	ssize_t n;
	int fd;

	n = wait_for(m, until) ? fdmsg_recv(m->child, part, 2, &fd, 0) : -1;
	if (n < (ssize_t)sizeof *word)
		return -1;
	fd_close(&fd);
	return n - (ssize_t)sizeof *word;
}

/* How many frames; -1: it is not to be asked again. */
static ssize_t ask(struct modules *m, const struct reader_ask *asked, const struct stack *s, struct frame *frames)
{
	static union {
		struct reader_answer answer;
		struct reader_places places;
	} body;
	struct iovec part[2] = { { (void *)asked, sizeof *asked }, { (void *)s, sizeof *s + s->n } };
	struct instant until = instant_after(clock_now(), m->patience);
	struct reader_word word;
	ssize_t n;

	if (fdmsg_send(m->child, part, 2, -1) < 0)
		return -1;
	while ((n = hear(m, until, &word, (char *)&body, sizeof body)) >= 0) {
		if (word.says == READER_HAS_FRAMES)
			return take_answer(m, &body.answer, (size_t)n, frames, asked->max);
		if (word.says == READER_WANTS_DEBUG && n != sizeof body.places)
			return -1;
		if (!serve(m, &word, &body.places))
			return -1;
	}
	return -1;
}

/* -1: there is no answer, and asking again is no use. */
static ssize_t ask_or_fail(struct modules *m, const struct reader_ask *asked, const struct stack *s,
                           struct frame *frames)
{
	struct instant began = clock_now();
	ssize_t n = m->child >= 0 || start_child(m) ? ask(m, asked, s, frames) : 0;

	if (n >= 0)
		return n;
	read_anew(m);
	if (interrupt_signal() && span_since(began).ns < m->patience.ns) /* it was not its fault */
		return -1;
	m->failed = true;
	err_set(&m->trouble, "the files that process %d has mapped cannot be read: whoever tried %s", m->pid,
	        span_since(began).ns < m->patience.ns ? "fell" : "did not end");
	return -1;
}

/* A frame in no module: something was mapped since (dlopen). */
static bool all_known(const struct frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!frames[i].module[0])
			return false;
	return n > 0;
}

/* Of a script that is known the interpreter's own are read as far as they are needed. */
static size_t native_frames(struct modules *m, const struct stack *s, struct frame *frames, size_t max,
                            enum until until)
{
	struct reader_ask asked = { (uint32_t)max, until };
	ssize_t n;

	if (m->failed)
		return 0;
	n = memo_frames(&m->memo, s, frames, max, until);
	if (n >= 0)
		return (size_t)n;
	n = ask_or_fail(m, &asked, s, frames);
	if (n >= 0 && !all_known(frames, (size_t)n) && kill(m->pid, 0) == 0) {
		read_anew(m);
		n = ask_or_fail(m, &asked, s, frames);
	}
	return n < 0 ? 0 : (size_t)n;
}

static size_t frames_of(struct modules *m, const struct stack *s, struct frame *frames, size_t max, bool until_own)
{
	struct frame all[STACK_DEPTH];
	size_t n;

	if (!s)
		return 0;
	if (!s->script)
		return native_frames(m, s, frames, max, until_own ? UNTIL_LINE : UNTIL_END);
	n = native_frames(m, s, all, STACK_DEPTH, until_own ? UNTIL_SCRIPT : UNTIL_END);
	n = script_merge(m->python, s->script, all, n, max < STACK_DEPTH ? max : STACK_DEPTH);
	memcpy(frames, all, n * sizeof *frames);
	return n;
}

size_t stack_frames(struct modules *m, const struct stack *s, struct frame *frames, size_t max)
{
	return frames_of(m, s, frames, max, false);
}

size_t frames_until_own(struct modules *m, const struct stack *s, struct frame *frames, size_t max)
{
	return frames_of(m, s, frames, max, true);
}

/* --- its script ------------------------------------------------------------------------------------------ */

static struct python *python_of(struct modules *m)
{
	if (!m->looked_for_python && read_maps(m)) {
		m->looked_for_python = true;
		m->python = python_open(m->pid, &m->files);
	}
	return m->python;
}

void stack_add_script(struct stack *s, struct modules *m, pid_t tid)
{
	if (s && m)
		s->script = python_take(python_of(m), tid, s->asleep);
}
