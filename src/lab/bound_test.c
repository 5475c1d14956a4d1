/* SPDX-License-Identifier: MIT
 * What looks ask for bound sockets? Stories in real labs, of built-in actors and of a program, which is this one: at
 * each quiet point what the lab saw is held against a look that asks for all. */
#include "base/tap.h"
#include "lab/lab_internal.h"
#include "lab/verbs.h"
#include "source/diag_abi.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- the program: what it does, letter by letter, with three sockets ------------------------------------ */

enum { SOCKETS = 3, FIRST_PORT = 1000, NOBODYS_PORT = 9 };

static struct sockaddr_in at(uint32_t addr, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr), .sin_port = htons(port) };
}

static void open_new(int *fd, int number)
{
	int on = 1;

	(void)number;
	close(*fd);
	*fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(*fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
}

static void bind_it(int *fd, int number)
{
	struct sockaddr_in a = at(INADDR_ANY, (uint16_t)(FIRST_PORT + number));

	(void)bind(*fd, (struct sockaddr *)&a, sizeof a);
}

static void listen_there(int *fd, int number)
{
	(void)number;
	(void)listen(*fd, 1);
}

static void shut_down(int *fd, int number)
{
	(void)number;
	shutdown(*fd, SHUT_RDWR);
}

static void connect_to(int fd, uint16_t port)
{
	struct sockaddr_in a = at(INADDR_LOOPBACK, port);

	(void)connect(fd, (struct sockaddr *)&a, sizeof a);
}

static void connect_in_vain(int *fd, int number)
{
	(void)number;
	connect_to(*fd, NOBODYS_PORT);
}

static void connect_to_first(int *fd, int number)
{
	(void)number;
	connect_to(*fd, FIRST_PORT);
}

static void disconnect(int *fd, int number)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)number;
	(void)connect(*fd, &none, sizeof none);
}

static void close_it(int *fd, int number)
{
	(void)number;
	close(*fd);
	*fd = -1;
}

/* Somebody else has it, too, and does nothing with it. */
static void share(int *fd, int number)
{
	pid_t parent = getpid();

	(void)fd, (void)number;
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

static const struct {
	char letter;
	void (*what)(int *fd, int number);
} steps[] = { { 'n', open_new },   { 'b', bind_it },         { 'l', listen_there },
	      { 's', shut_down },  { 'c', connect_in_vain }, { 'e', connect_to_first },
	      { 'u', disconnect }, { 'x', close_it },        { 'f', share } };

/* "0nbl1ne": a digit says with which socket. */
static _Noreturn void play(const char *story)
{
	int fds[SOCKETS] = { -1, -1, -1 }, now = 0;

	for (; *story; story++) {
		if (*story >= '0' && *story < '0' + SOCKETS)
			now = *story - '0';
		for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
			if (steps[i].letter == *story)
				steps[i].what(&fds[now], now);
	}
	_exit(0); /* not by exit(): who looks for leaks may not do so under a tracer */
}

/* --- the lab -------------------------------------------------------------------------------------------- */

static struct lab l;
static unsigned points, differ, with_bound; /* quiet points; of them, those that were not seen as they are, … */
static unsigned looks, asked;               /* the lab's own, and those that asked for bound sockets */
static bool holding;                        /* the look is not the lab's */

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	ssize_t (*real)(const struct mnl_socket *, const void *, size_t) = dlsym(RTLD_NEXT, "mnl_socket_sendto");
	const struct nlmsghdr *nlh = buf;
	const struct inet_diag_req *req = NLMSG_DATA(nlh);

	if (nlh->nlmsg_type == DIAG_GETSOCK && !holding) {
		looks++;
		asked += req->idiag_states >> 13 & 1;
	}
	return real(nl, buf, len);
}

static bool is_bound(const struct sock *s)
{
	return s->state == TCP_BOUND || s->state == TCP_CLOSED;
}

static bool has(const struct evidence *ev, const struct sock *s)
{
	for (size_t i = 0; i < ev->n; i++)
		if (ev->socks[i].key.cookie == s->key.cookie && ev->socks[i].state == s->state)
			return true;
	return false;
}

static size_t bound_in(const struct evidence *ev)
{
	size_t n = 0;

	for (size_t i = 0; i < ev->n; i++)
		n += is_bound(&ev->socks[i]);
	return n;
}

/* Other states may change between the two looks: a kernel sends a delayed ACK. On one host each side has its own part
 * of what there is. */
static void hold(const struct evidence *is, size_t seen)
{
	bool same = bound_in(is) == seen;

	for (size_t i = 0; i < is->n; i++)
		if (is_bound(&is->socks[i]))
			same = same && (has(&l.seen[CLIENT], &is->socks[i]) || has(&l.seen[SERVER], &is->socks[i]));
	points++;
	differ += !same;
	with_bound += bound_in(is) > 0;
}

static void when_quiet(void *ctx)
{
	struct evidence is = { 0 };
	struct err e;

	(void)ctx;
	holding = true;
	for (int i = 0; i < SIDES && (i == CLIENT || !l.options.loopback); i++) {
		if (diag_look(l.hosts[i].diag, 0, &is, &e) < 0)
			exit(1);
		hold(&is, bound_in(&l.seen[i]) + (l.options.loopback ? bound_in(&l.seen[SERVER]) : 0));
	}
	evidence_free(&is);
	holding = false;
}

static void show(void *ctx)
{
	(void)ctx;
}

static struct language lang;
static struct script script;

/* What cannot be done now is left out. */
static void say(const char *line)
{
	struct err e = { .what = "" };

	(void)script_line(&script, line, &e);
}

static void begin(bool loopback)
{
	points = differ = with_bound = looks = asked = 0;
	lab_init(&l, (struct lab_hooks){ .show = show, .quiet = when_quiet });
	l.free_form = true;
	lang = lab_language(&l);
	script_init(&script, &lang, "bound.lab");
	if (loopback)
		say("option loopback on");
}

static void end(void)
{
	script_free(&script);
	lab_close(&l);
}

static void as_it_is(const char *story)
{
	ok(points > 0 && differ == 0, "%s: seen as it is at %u points, bound sockets at %u of them%s", story, points,
	   with_bound, differ ? ", but not at all" : "");
}

/* --- built-in actors ------------------------------------------------------------------------------------ */

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
	dice = dice * 1103515245U + 12345U;
	return (dice >> 16) % sides;
}

/* Nobody waits for a call that is pending. */
static void say_if_idle(const char *line)
{
	char name[ACTOR_NAME];
	const struct actor *a;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(line, " "), line);
	a = lab_find_actor(&l, name);
	if (!a || !a->now.id)
		say(line);
}

static unsigned actors_at_random(uint32_t seed)
{
	static const char *const lines[] = { "client bind 1111 reuseaddr",
		                             "client2 bind 2222 reuseaddr",
		                             "server bind 7777 reuseaddr",
		                             "server listen 7777 reuseaddr",
		                             "server2 listen 1111 reuseaddr",
		                             "client connect 7777",
		                             "client2 connect 7777",
		                             "server connect 1111",
		                             "server accept",
		                             "client close",
		                             "client2 close",
		                             "server close",
		                             "server close listener",
		                             "client abort",
		                             "server abort",
		                             "client vanish",
		                             "client shutdown",
		                             "drop client SYN 1" };
	char name[40];
	unsigned bound;

	dice = seed;
	begin(seed % 4 == 3);
	say("server listen 7777 reuseaddr");
	for (int i = 0; i < 24; i++)
		say_if_idle(lines[roll(ARRAY_SIZE(lines))]);
	snprintf(name, sizeof name, "actors by dice from %u", seed);
	as_it_is(name);
	bound = with_bound;
	end();
	return bound;
}

static void of_actors(void)
{
	unsigned bound = 0;

	for (uint32_t seed = 0; seed < 12; seed++)
		bound += actors_at_random(seed);
	ok(bound > 20 || !diag_tells_bound(), "at %u points something was bound", bound);
}

/* Who binds nothing, or has gone on with it, is not asked of. */
static void of_questions(void)
{
	static const char *const lines[] = { "server listen 7777", "client connect 7777", "server accept",
		                             "client send \"x\"",  "server recv",         "client close" };

	begin(false);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		say(lines[i]);
	ok(looks > 20 && asked == 0, "of %u looks %u ask where nobody called bind() for itself", looks, asked);
	say("client bind 1111");
	ok(asked > 0 && l.bound.due[CLIENT] == diag_tells_bound() && !l.bound.due[SERVER],
	   "where somebody did they ask, on his host");
	say("client connect 7777");
	asked = 0;
	say("client send \"x\"");
	ok(asked == 0, "but not when he is connected");
	say("server close");
	say("server accept");
	say("server abort");
	ok(asked > 0 && l.bound.due[CLIENT] == diag_tells_bound(), "and when he is reset, again");
	looks = asked = 0;
	say("server close listener");
	ok(asked > 0 && asked <= looks / 2, "once in each look: %u times in %u on both hosts", asked, looks);
	as_it_is("to and fro");
	end();
}

/* --- a program ------------------------------------------------------------------------------------------ */

static void program_plays(const char *story, bool loopback)
{
	char line[256];

	begin(loopback);
	snprintf(line, sizeof line, "server run /proc/self/exe %s", story);
	say(line);
	for (size_t i = 0; i < 4 * strlen(story); i++)
		say("next");
	as_it_is(story);
}

static void of_a_program(void)
{
	static const char letters[] = "bbblsceuxf012";
	unsigned bound = 0;

	for (uint32_t seed = 0; seed < 6; seed++) {
		char story[32] = "0n1n2n0bl";

		dice = seed;
		for (size_t n = strlen(story); n < sizeof story - 1; n++)
			story[n] = letters[roll(sizeof letters - 1)];
		program_plays(story, seed % 2);
		bound += with_bound;
		end();
	}
	ok(bound > 20 || !diag_tells_bound(), "at %u points something was bound", bound);
}

static void of_a_programs_questions(void)
{
	program_plays("0n1n0c1cxx", false);
	ok(looks > 20 && asked == 0, "of %u looks %u ask where a program called no bind()", looks, asked);
	end();
	program_plays("0nb", false);
	ok(asked > 0 && (with_bound > 0 || !diag_tells_bound()), "where it did, they do");
	end();
	program_plays("0nbls", false);
	ok(with_bound > 1 || !diag_tells_bound(), "a listener that is shut down is bound again");
	end();
	program_plays("0nbl1ne1x1ne1x1ne1x1ne1x1ne1x1ne", false);
	ok(asked < looks / 2, "of %u looks %u ask beside a listener", looks, asked);
	end();
	begin(false);
	say("server run /proc/self/exe 0n");
	bound_goes_unseen(&l, SERVER);
	asked = 0;
	say("next");
	ok(asked > 0 && !l.bound.unseen[CLIENT], "where calls are not seen, they always ask");
	end();
}

/* --- while the call is made ----------------------------------------------------------------------------- */

static bool is_due_after_a_look(enum side side)
{
	const struct evidence none = { 0 };

	bound_looked(&l, side, &none);
	return l.bound.due[side];
}

/* It is looked at while somebody is in bind(): nothing is there yet, but may be in the next moment. */
static void of_calls_under_way(void)
{
	static const struct syscall_info call = { .name = "bind", .role = ROLE_BIND };
	struct thread t = { .in_call = true, .call = { .is = &call } };
	struct actor *a;

	begin(true);
	a = lab_add_actor(&l, actor_without_process("client", CLIENT));
	a->now = (struct pending){ .id = 1, .op = OP_BIND };
	bound_may_come(&l, CLIENT);
	ok(l.bound.due[CLIENT] && l.bound.due[SERVER], "what both sides share is asked for both");
	ok(is_due_after_a_look(CLIENT), "while an actor is in bind(), the next look asks again");
	a->now.op = OP_CONNECT;
	ok(!is_due_after_a_look(CLIENT), "in another call, not");
	TAILQ_INSERT_TAIL(&l.stepper.threads, &t, link);
	ok(is_due_after_a_look(SERVER), "while a program's thread is, it does");
	t.in_call = false;
	ok(!is_due_after_a_look(SERVER), "when it has returned, not");
	TAILQ_REMOVE(&l.stepper.threads, &t, link);
	end();
}

int main(int argc, char **argv)
{
	struct err e;

	if (argc > 1)
		play(argv[1]);
	if (hosts_become_able(&e) < 0)
		return tap_skip_all(err_text(&e));
	begin(false);
	if (lab_start(&l, &e) < 0)
		return tap_skip_all(err_text(&e));
	end();
	of_calls_under_way();
	of_actors();
	of_questions();
	if (sockets_open_to_us(&e) == 0) {
		of_a_program();
		of_a_programs_questions();
	} else {
		ok(true, "programs # SKIP %s", err_text(&e));
	}
	return tap_done();
}
