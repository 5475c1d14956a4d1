/* SPDX-License-Identifier: MIT
 * Who holds a socket: this process, twice, and a child of it; a thread with descriptors of its own; and in which order
 * they are told. */
#include "source/owner.h"
#include "base/tap.h"
#include "source/owner_internal.h"
#include "base/syscall.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint32_t)st.st_ino : 0;
}

/* "10:3 20:7": holder's pid and descriptor, in order. */
static void owners_are(const struct evidence *ev, size_t sock, const char *should, const char *what)
{
	struct buf is = { 0 };

	FOR_EACH_OWNER(o, ev, &ev->socks[sock])
	buf_addf(&is, "%s%d:%d", is.len ? " " : "", holder_of(ev, o)->pid, o->fd);
	same_text(buf_text(&is), should, what);
	buf_free(&is);
}

static void add_socket(struct evidence *ev, uint32_t inode)
{
	struct sock s = { .state = TCP_ESTABLISHED, .inode = inode };

	evidence_add(ev, &s);
}

static void joined(void)
{
	struct evidence ev = { 0 };
	struct holdings h = { 0 };
	static const struct holding all[] = { { 5, 0, 3 }, { 5, 0, 4 }, { 6, 0, 9 }, { 5, 1, 7 }, { 8, 1, 1 } };

	add_socket(&ev, 5);
	add_socket(&ev, 6);
	add_socket(&ev, 0);
	evidence_add_holder(&ev, &(struct holder){ 10, 10, "a" });
	evidence_add_holder(&ev, &(struct holder){ 20, 20, "b" });
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		holdings_add(&h, all[i]);
	holdings_join(&ev, &h);
	owners_are(&ev, 0, "10:3 10:4 20:7", "in the order in which they were found");
	owners_are(&ev, 1, "10:9", "each at its own socket");
	owners_are(&ev, 2, "", "a socket without a file is nobody's");
	free(h.all);
	evidence_free(&ev);
}

/* A child that holds what it came with until it is killed. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(60);
		pause();
		_exit(0);
	}
	return pid;
}

static void of_processes(void)
{
	int one = socket(AF_INET, SOCK_STREAM, 0), again = dup(one), other = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid = child(), me = getpid(), both[] = { me, pid };
	struct evidence ev = { 0 };
	char should[80];

	close(other);
	other = socket(AF_INET, SOCK_STREAM, 0); /* the child has not this one */
	add_socket(&ev, inode_of(one));
	add_socket(&ev, inode_of(other));
	owners_fill(&ev, both, 2);
	snprintf(should, sizeof should, "%d:%d %d:%d %d:%d %d:%d", me, one, me, again, pid, one, pid, again);
	owners_are(&ev, 0, should, "two processes, each by two descriptors");
	snprintf(should, sizeof should, "%d:%d", me, other);
	owners_are(&ev, 1, should, "one process alone");
	ok(streq(ev.holders[0].comm, "owner_test") && ev.holders[0].tid == me, "by its name");
	evidence_free(&ev);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(one);
	close(again);
	close(other);
}

struct own_table {
	int fd;
	pid_t tid;
	int ready[2], done[2];
};

static void *keep_own_table(void *ctx)
{
	struct own_table *t = ctx;
	char byte;

	t->tid = (pid_t)syscall(SYS_gettid);
	t->fd = unshare(CLONE_FILES) == 0 ? socket(AF_INET, SOCK_STREAM, 0) : -1;
	if (write(t->ready[1], "", 1) != 1 || read(t->done[0], &byte, 1) != 1)
		t->fd = -1;
	return NULL;
}

/* Its descriptors are in no folder but its own. */
static void of_threads(void)
{
	struct own_table t = { .fd = -1 };
	struct evidence ev = { 0 };
	pthread_t thread;
	char byte, link[64];
	struct stat st;

	if (pipe(t.ready) < 0 || pipe(t.done) < 0 || pthread_create(&thread, NULL, keep_own_table, &t) != 0)
		exit(1);
	bool ready = read(t.ready[0], &byte, 1) == 1 && t.fd >= 0;
	snprintf(link, sizeof link, "/proc/self/task/%d/fd/%d", t.tid, t.fd);
	if (!ready || stat(link, &st) < 0) {
		ok(true, "no thread with a table of its own here # SKIP");
	} else {
		add_socket(&ev, (uint32_t)st.st_ino);
		owners_fill_all(&ev);
		ok(ev.socks[0].owner && holder_of(&ev, owner_at(&ev, ev.socks[0].owner))->tid == t.tid &&
		           holder_of(&ev, owner_at(&ev, ev.socks[0].owner))->pid == getpid(),
		   "a thread with a table of its own is found, and its process");
	}
	evidence_free(&ev);
	if (write(t.done[1], "", 1) != 1)
		exit(1);
	pthread_join(thread, NULL);
}

int main(void)
{
	joined();
	of_processes();
	of_threads();
	return tap_done();
}
