/* SPDX-License-Identifier: MIT
 * Starting actors, talking to them, knowing whether they sleep. */
#include "lab/actor.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/fdmsg.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct actor_page *new_page(void)
{
	void *p = mmap(NULL, sizeof(struct actor_page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

/* What most machines have: room for a lab of some 300 actors. */
enum { ACTOR_LIMIT_USUAL = 1024 };

/* An actor's process keeps the numbers below for its sockets, and its own descriptors at the top. */
static int room_for_descriptors(const char *name, struct err *e)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0 || most.rlim_cur >= ACTOR_FD_NEEDED)
		return 0;
	return err_set(e,
	               "no process can be started for actor %s: it needs descriptors up to %d, and the limit of open "
	               "files is %llu; raise it (ulimit -n %d)",
	               name, ACTOR_FD_NEEDED - 1, (unsigned long long)most.rlim_cur, ACTOR_LIMIT_USUAL);
}

struct actor *actor_start(const struct host *h, const char *name, int life, struct err *e)
{
	struct actor *a = actor_without_process(name, h->side);
	int control[2] = { -1, -1 }, urgent[2] = { -1, -1 };
	pid_t me = getpid();

	if (room_for_descriptors(name, e) < 0) {
		actor_stop(a);
		return NULL;
	}
	a->page = new_page();
	if (!a->page || pair(control) < 0 || pair(urgent) < 0)
		goto failed;
	a->control = control[0];
	a->urgent = urgent[0];
	fflush(NULL); /* or the child's copy of what is buffered would be written twice */
	a->pid = fork();
	if (a->pid < 0)
		goto failed;
	if (a->pid == 0)
		actor_child(h, name, control[1], urgent[1], life, a->page, me);
	close(control[1]);
	close(urgent[1]);
	a->stat = proc_stat_open(a->pid, a->pid);
	return a;
failed:
	err_sys(e, errno, "no process can be started for actor %s; too many actors for 'ulimit -n' or '-u'?", name);
	fd_close(&control[1]);
	fd_close(&urgent[1]);
	actor_stop(a);
	return NULL;
}

struct actor *actor_without_process(const char *name, enum side side)
{
	struct actor *a = xcalloc(1, sizeof *a);

	*a = (struct actor){ .side = side, .control = -1, .urgent = -1, .stat = -1, .listener_fd = -1, .conn_fd = -1 };
	snprintf(a->name, sizeof a->name, "%s", name);
	return a;
}

void actor_stop(struct actor *a)
{
	if (a->pid > 0) {
		kill(a->pid, SIGKILL);
		while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	fd_close(&a->control);
	fd_close(&a->urgent);
	fd_close(&a->stat);
	if (a->page)
		munmap(a->page, sizeof *a->page);
	free(a->of_role);
	free(a);
}

int actor_command(struct actor *a, const struct actor_cmd *cmd, const char *text, int fd, unsigned id, const char *call,
                  bool aside, struct err *e)
{
	struct pending *p = aside ? &a->aside : &a->now;
	struct iovec part[] = { { (void *)(uintptr_t)cmd, sizeof *cmd }, { (void *)(uintptr_t)text, cmd->text_len } };
	int rc;

	assert(!p->id);
	rc = fdmsg_send(aside ? a->urgent : a->control, part, ARRAY_SIZE(part), fd);
	if (rc < 0)
		return err_sys(e, -rc, "actor %s cannot be reached: its process is gone", a->name);
	p->id = id;
	p->op = cmd->op;
	snprintf(p->call, sizeof p->call, "%s", call);
	return 0;
}

static int receive(int from, struct result *r)
{
	struct iovec part[] = { { &r->reply, sizeof r->reply }, { r->text, ACTOR_KEPT } };
	long n = fdmsg_recv(from, part, ARRAY_SIZE(part), &r->fd, MSG_DONTWAIT);

	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n < (long)sizeof r->reply)
		return -1;
	r->text[r->reply.text_len] = 0;
	return 1;
}

static void learn(struct actor *a, const struct result *r)
{
	const struct actor_reply *y = &r->reply;

	a->listener_fd = y->listener_fd;
	a->conn_fd = y->conn_fd;
	if (r->op == OP_CONNECT || r->op == OP_ACCEPT || r->op == OP_ADOPT)
		a->connected = a->conn_fd >= 0 && (a->connected || y->ret >= 0);
	if (a->conn_fd < 0)
		a->connected = false;
}

static int collect_line(struct actor *a, struct pending *p, int fd, struct result *r)
{
	int rc = p->id ? receive(fd, r) : 0;

	if (rc <= 0)
		return rc;
	r->id = p->id;
	r->op = p->op;
	memcpy(r->call, p->call, sizeof r->call);
	p->id = 0;
	learn(a, r);
	a->last = *r;
	return 1;
}

int actor_collect(struct actor *a, struct result *r)
{
	int rc = collect_line(a, &a->aside, a->urgent, r);

	return rc ? rc : collect_line(a, &a->now, a->control, r);
}

static bool asleep(const struct actor *a)
{
	struct proc_stat s;

	return proc_stat_again(a->stat, &s) && s.state == 'S';
}

bool actor_settled(const struct actor *a)
{
	if (a->program) /* the stepper knows */
		return true;
	if (a->aside.id)
		return false;
	if (!a->now.id)
		return true;
	return atomic_load(&a->page->phase) == PHASE_IN_CALL && asleep(a) &&
	       atomic_load(&a->page->phase) == PHASE_IN_CALL;
}

bool actor_has_cookie(const struct actor *a, uint64_t cookie)
{
	if (a->program)
		return cookie && program_has_cookie(a->program, cookie);
	return cookie &&
	       (atomic_load(&a->page->conn_cookie) == cookie || atomic_load(&a->page->listener_cookie) == cookie);
}

void actor_add_cookies(const struct actor *a, struct cookies *to)
{
	for (size_t i = 0; a->program && i < a->program->cookies.n; i++)
		cookies_add(to, a->program->cookies.all[i]);
	if (a->program)
		return;
	cookies_add(to, atomic_load(&a->page->conn_cookie));
	cookies_add(to, atomic_load(&a->page->listener_cookie));
}

bool actor_call_is(const char *call, const char *word)
{
	for (size_t i = 0; i < syscalls_n; i++)
		if (streq(syscalls[i].name, call) && call_is(&syscalls[i], word))
			return true;
	return streq(call, word);
}

const struct result *actor_result(const struct actor *a, const char *word)
{
	const struct result *youngest = NULL;

	if (!a->of_role)
		return a->last.id && actor_call_is(a->last.call, word) ? &a->last : NULL;
	for (int i = 0; i < ROLES; i++) {
		const struct result *r = &a->of_role[i];

		if (r->id && actor_call_is(r->call, word) && (!youngest || r->id > youngest->id))
			youngest = r;
	}
	return youngest;
}

int actor_next_fd(const struct actor *a)
{
	int fd = 3;

	while (fd == a->listener_fd || fd == a->conn_fd)
		fd++;
	return fd;
}

bool actor_name_ok(const char *name, enum side *side)
{
	for (int s = CLIENT; s < SIDES; s++) {
		size_t n = strlen(side_name((enum side)s));
		const char *rest = name + n;

		if (strncmp(name, side_name((enum side)s), n) != 0 || strlen(name) >= ACTOR_NAME)
			continue;
		*side = (enum side)s;
		if (*rest == '-' || *rest == '.')
			return isalnum((unsigned char)rest[1]) &&
			       rest[strspn(rest, "-._abcdefghijklmnopqrstuvwxyz"
			                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == 0;
		return rest[strspn(rest, "0123456789")] == 0;
	}
	return false;
}
