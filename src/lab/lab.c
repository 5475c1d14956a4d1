/* SPDX-License-Identifier: MIT
 * The lab's one loop, and what it notes. */
#include "lab/lab_internal.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/proc.h"
#include "lab/counting.h"
#include "lab/machine.h"
#include "lab/programs.h"
#include "lab/reaper.h"
#include "lab/rehearsal.h"
#include "lab/veth.h"
#include "source/live.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* --- opening and closing ------------------------------------------------------------------------------- */

void lab_init(struct lab *l, struct lab_hooks hooks)
{
	*l = (struct lab){ .hooks = hooks, .life = -1, .leftovers = { .fd = -1 }, .signals = -1 };
	for (int i = 0; i < SIDES; i++)
		l->hosts[i] = (struct host){ .ns = -1, .device = -1, .counter_fds = { -1, -1 } };
	l->signals = interrupt_open();
	programs_open(l);
	TAILQ_INIT(&l->actors);
	timeline_begin(&l->timeline);
}

void lab_mark(struct lab *l)
{
	for (int i = 0; i < SIDES; i++) {
		counters_free(&l->marked[i]);
		counters_read(l->hosts[i].counter_fds, &l->marked[i]);
	}
}

/* Each actor takes three descriptors of ours. What is allowed is asked for; a lab of a thousand actors needs it. */
static void raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static int start_on_machine(struct lab *l, struct err *e)
{
	wire_init(&l->wire, (int[]){ -1, -1 }, &l->timeline.conns, note_hooks(l));
	l->started = machine_open(l, 0, e) == 0;
	timeline_restart(&l->timeline);
	return l->started ? 0 : -1;
}

/* Wire and hosts; the reaper, told by the pipe, does the rest. */
static void take_down(struct lab *l)
{
	if (l->started)
		wire_free(&l->wire);
	hosts_close(l->hosts);
	fd_close(&l->life);
	fd_close(&l->leftovers.fd);
	l->started = false;
}

/* The first look at the devices: a veth pair may need a moment before it carries anything. With `loopback` an echo
 * request proves that what goes to 127.0.0.1 passes over the wire and is taken in again: else a program's connect()
 * would fail, or hang, and nobody would know why. */
static int prove_wire(struct lab *l, struct err *e)
{
	bool veth = l->hosts[CLIENT].is_veth;
	int rc;

	for (int i = 0; i < SIDES; i++)
		l->wire.fence[i] = veth || l->options.loopback ? &l->hosts[i].v4 : NULL;
	while ((rc = wire_step(&l->wire)) > 0)
		;
	for (int i = 0; i < SIDES && !veth; i++)
		l->wire.fence[i] = NULL;
	if (rc < 0 && l->options.loopback)
		return err_sys(e, -rc,
		               "what is sent to 127.0.0.1 does not pass over the lab's wire here; see 'lastack lab "
		               "--check'");
	return rc < 0 ? err_sys(e, -rc, "the lab's network device failed; see 'lastack lab --check'") : 0;
}

int lab_start(struct lab *l, struct err *e)
{
	if (l->rehearsal)
		return rehearsal_start(l);
	raise_descriptor_limit();
	if (l->options.machine)
		return start_on_machine(l, e);
	if (hosts_open(l->hosts, &l->options, e) < 0)
		return -1;
	if (l->hosts[CLIENT].is_veth)
		stay_on_one_cpu();
	l->life = reaper_start(l->hosts, &l->leftovers, &l->reaper, e);
	if (l->life < 0) {
		take_down(l);
		return -1;
	}
	wire_init(&l->wire, (int[]){ l->hosts[CLIENT].device, l->hosts[SERVER].device }, &l->timeline.conns,
	          note_hooks(l));
	for (int i = 0; i < SIDES && l->hosts[i].is_veth; i++)
		l->wire.to[i] = &l->hosts[i].veth_to;
	l->wire.paced = l->hooks.ask != NULL;
	l->wire.shared = l->options.loopback;
	l->wire.offload = l->options.offload;
	l->wire.latency = l->latency;
	l->started = true;
	if (prove_wire(l, e) < 0) {
		take_down(l);
		return -1;
	}
	lab_mark(l);
	timeline_restart(&l->timeline);
	return 0;
}

void lab_close(struct lab *l)
{
	struct actor *a;

	stepper_close(&l->stepper);
	lives_free(&l->lives);
	while ((a = TAILQ_FIRST(&l->actors))) {
		TAILQ_REMOVE(&l->actors, a, link);
		actor_stop(a);
	}
	take_down(l);
	timeline_free(&l->timeline);
	for (int i = 0; i < SIDES; i++) {
		evidence_free(&l->seen[i]);
		counters_free(&l->marked[i]);
	}
	machine_close(l);
	counting_close(l);
	interrupt_close(&l->signals);
	free(l->title);
	free(l->no_start);
	free(l->skipped);
	free(l->failed);
	free(l->exits);
	free(l->no_run);
}

/* How long a look at the machine's own sockets is good for, when nothing happened. */
#define MACHINE_LOOK span_ms(200)

/* --- the loop ------------------------------------------------------------------------------------------ */

static const struct actor *busy_actor(const struct lab *l)
{
	const struct actor *a;

	TAILQ_FOREACH (a, &l->actors, link)
		if (!actor_settled(a))
			return a;
	return NULL;
}

/* Short naps, longer when it lasts: a call mostly takes some microseconds. A stop of a program ends a nap. */
static void nap(struct lab *l, unsigned round)
{
	stepper_sleep(&l->stepper, span_us(round < 20 ? 20 : round < 60 ? 200 : 2000));
}

static bool has_programs(const struct lab *l)
{
	return !TAILQ_EMPTY(&l->stepper.programs);
}

/* Takes what actors and programs did; true if there was something from a program. */
static int note_all(struct lab *l, struct err *e)
{
	if (note_results(l, e) < 0)
		return -1;
	return has_programs(l) && stepper_collect(&l->stepper) > 0;
}

bool lab_is_late(const struct lab *l, struct instant limit)
{
	struct instant now = clock_now();

	return instant_reached(limit, now) || (l->deadline.ns && instant_reached(l->deadline, now));
}

bool lab_gives_up(struct span limit, struct span waited, struct span worked)
{
	return waited.ns >= LAB_WAIT_MOST.ns || (waited.ns >= limit.ns && worked.ns >= LAB_WORK_LEAST.ns);
}

/* Asked in each round of the loop below: the processor's clock only when it matters. */
static bool is_too_busy(const struct actor *a, struct span waited)
{
	return waited.ns >= LAB_BUSY_LIMIT.ns && lab_gives_up(LAB_BUSY_LIMIT, waited, process_worked(a->pid));
}

/* Waits until every actor is idle or asleep in its call; results are taken on the way. */
static int settle(struct lab *l, struct err *e)
{
	struct instant began = clock_now(), patience = instant_after(began, STEP_PATIENCE);
	const struct actor *busy;

	for (unsigned round = 0;; round++) {
		int news = note_all(l, e);

		if (news < 0)
			return -1;
		busy = busy_actor(l);
		if (!busy && !news && (!has_programs(l) || stepper_settled(&l->stepper)))
			return 0;
		if (!busy && lab_is_late(l, patience)) /* a program that makes call after call, and sleeps in none */
			return 0;
		if (interrupt_signal())
			return err_set(e, "interrupted");
		if (busy && is_too_busy(busy, span_since(began)))
			return err_set(e, "%s is still running in %s after %.0f s; a call that blocks would sleep",
			               busy->name, busy->now.call, (double)span_since(began).ns / 1e9);
		if (news)
			round = 0;
		else
			nap(l, round);
	}
}

static int step(struct lab *l, struct err *e)
{
	int moved = l->options.machine ? machine_take_packets(l) > 0 : wire_step(&l->wire);

	if (moved < 0)
		err_sys(e, -moved, "the lab's network device failed");
	return moved;
}

/* One packet in lockstep, or, in the middle of a bulk transfer, as many as there are. */
static int move(struct lab *l, struct err *e)
{
	int moved;

	if (l->packets_in_burst < BURST_WATCHED) {
		if (settle(l, e) < 0 || (!l->options.machine && note_look_where_dirty(l, e) < 0))
			return -1;
		return step(l, e);
	}
	while ((moved = step(l, e)) > 0)
		if (interrupt_signal())
			return err_set(e, "interrupted");
	return moved < 0 ? -1 : settle(l, e) < 0 ? -1 : step(l, e);
}

/* The machine's own network may never be still, for others use it too, and a server is asked without end: after so long
 * it is time to look up. What has not moved then moves the next time. */
#define MACHINE_ROUND span_ms(20)

/* Two programs that answer each other are never still either: the deadline, where there is one, holds for them. */
static bool moved_enough(const struct lab *l, struct instant since)
{
	if (has_programs(l) && l->deadline.ns && instant_reached(l->deadline, clock_now()))
		return true;
	return l->options.machine && span_since(since).ns >= MACHINE_ROUND.ns;
}

static int until_still(struct lab *l, struct err *e)
{
	struct instant began = clock_now();
	int moved;

	while ((moved = move(l, e)) > 0 && !moved_enough(l, began))
		if (interrupt_signal())
			return err_set(e, "interrupted");
	return moved < 0 ? -1 : 0;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

int lab_serve(struct lab *l, int fd, struct err *e)
{
	if (readable(fd))
		return 1;
	if (lab_pause(l, span_s(1), fd, e) < 0)
		return -1;
	if (l->started && (until_still(l, e) < 0 || note_look_where_dirty(l, e) < 0))
		return -1;
	programs_flush(l);
	return 0;
}

int lab_serve_until(struct lab *l, int fd, struct err *e)
{
	int rc;

	do
		rc = lab_serve(l, fd, e);
	while (rc == 0);
	return rc < 0 ? -1 : 0;
}

/* The wire goes on being served while the person thinks: copies are counted, kernels see no delay of ours. */
static int wait_for_person(struct lab *l, const struct packet *next, struct err *e)
{
	enum pace_answer answer;

	do {
		l->hooks.ask(l->hooks.ctx, next);
		if (lab_serve_until(l, l->hooks.pace_fd, e) < 0)
			return -1;
		answer = l->hooks.answer(l->hooks.ctx);
	} while (answer == PACE_AGAIN);
	return answer == PACE_GOES_ON ? 0 : err_set(e, "stopped while a packet waited for Enter");
}

/* In the machine's own network a look costs the whole table, so only where something may have happened, or now and
 * then. */
static int look_again(struct lab *l, struct err *e)
{
	if (!l->options.machine)
		return note_look(l, CLIENT, e) < 0 ? -1 : note_look(l, SERVER, e);
	machine_sweep(l);
	if (!l->dirty[CLIENT] && !l->dirty[SERVER] && span_since(l->seen[CLIENT].at).ns < MACHINE_LOOK.ns)
		return 0;
	return note_look(l, CLIENT, e);
}

/* A timer of a kernel may run out between the last packet and the look: the state is there then, and the packet that
 * came with it still in the device. */
static bool came_meanwhile(const struct lab *l)
{
	return readable(l->wire.fd[CLIENT]) || readable(l->wire.fd[SERVER]);
}

int lab_quiet(struct lab *l, struct err *e)
{
	struct packet *next;
	bool again = false; /* once: what stays in the device is nobody's packet */

	if (!l->started || l->rehearsal)
		return 0;
	for (;;) {
		if (until_still(l, e) < 0)
			return -1;
		l->packets_in_burst = 0;
		programs_flush(l);
		if (look_again(l, e) < 0)
			return -1;
		again = !again && came_meanwhile(l);
		if (again)
			continue;
		if (l->hooks.quiet)
			l->hooks.quiet(l->hooks.ctx);
		l->hooks.show(l->hooks.ctx);
		wire_works(&l->wire);
		next = wire_paced(&l->wire);
		if (!next)
			return 0;
		if (wait_for_person(l, next, e) < 0)
			return -1;
		wire_pass(&l->wire, next);
	}
}

/* A pause ends when a delayed packet's time has come. */
static struct timespec until_due(const struct lab *l, struct span limit)
{
	struct instant due;

	if (l->started && wire_next_move(&l->wire, &due)) {
		struct span left = span_between(clock_now(), due);

		if (left.ns < limit.ns)
			limit.ns = left.ns > 0 ? left.ns : 0;
	}
	return (struct timespec){ .tv_sec = limit.ns / 1000000000, .tv_nsec = limit.ns % 1000000000 };
}

static void wait_for_something(struct lab *l, struct span limit, int fd)
{
	struct pollfd *p = xcalloc(l->n_actors * 2 + 6, sizeof *p);
	struct timespec ts = until_due(l, limit);
	const struct actor *a;
	nfds_t n = 0;

	if (l->live)
		p[n++] = (struct pollfd){ .fd = live_fd(l->live), .events = POLLIN };
	for (int i = 0; i < SIDES && l->started; i++)
		p[n++] = (struct pollfd){ .fd = l->wire.fd[i], .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = l->signals, .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = l->stepper.signals, .events = POLLIN };
	TAILQ_FOREACH (a, &l->actors, link) {
		if (a->program)
			p[n++] = (struct pollfd){ .fd = a->program->terminal, .events = POLLIN };
		else if (a->now.id)
			p[n++] = (struct pollfd){ .fd = a->control, .events = POLLIN };
	}
	ppoll(p, n, &ts, NULL);
	free(p);
}

int lab_pause(struct lab *l, struct span limit, int fd, struct err *e)
{
	if (!l->started || wire_may_wait(&l->wire))
		wait_for_something(l, limit, fd);
	return interrupt_signal() ? err_set(e, "interrupted") : 0;
}

static int run_until(struct lab *l, struct instant end, struct err *e)
{
	for (;;) {
		struct instant now;

		if (lab_quiet(l, e) < 0)
			return -1;
		now = clock_now();
		if (instant_reached(end, now))
			return 0;
		if (lab_pause(l, span_between(now, end), -1, e) < 0)
			return -1;
	}
}

struct instant lab_end_by(struct lab *l, struct instant end)
{
	struct instant was = l->deadline;

	if (!was.ns || instant_reached(end, was))
		l->deadline = end;
	return was;
}

int lab_run_for(struct lab *l, struct span d, struct err *e)
{
	struct instant end = instant_after(clock_now(), d), before = lab_end_by(l, end);
	int rc = l->rehearsal ? 0 : run_until(l, end, e);

	l->deadline = before;
	return rc;
}

/* --- actors -------------------------------------------------------------------------------------------- */

struct actor *lab_find_actor(struct lab *l, const char *name)
{
	struct actor *a;

	TAILQ_FOREACH (a, &l->actors, link)
		if (streq(a->name, name))
			return a;
	return NULL;
}

struct actor *lab_actor(struct lab *l, const char *name, struct err *e)
{
	struct actor *a = lab_find_actor(l, name);
	enum side side;

	if (a)
		return a;
	if (!actor_name_ok(name, &side)) {
		err_set(e, "'%.40s' names no actor: client or server, alone or followed by digits, -x or .x", name);
		return NULL;
	}
	if (l->options.machine) {
		err_set(e, "here only programs make calls; a lab has actors of its own ('lastack lab')");
		return NULL;
	}
	if (l->rehearsal)
		return rehearsal_actor(l, name, side);
	a = actor_start(&l->hosts[side], name, l->life, e);
	return a ? lab_add_actor(l, a) : NULL;
}

struct actor *lab_add_actor(struct lab *l, struct actor *a)
{
	TAILQ_INSERT_TAIL(&l->actors, a, link);
	l->n_actors++;
	return a;
}

int lab_await(struct lab *l, struct actor *a, struct err *e)
{
	struct instant limit = instant_after(clock_now(), LAB_CALL_LIMIT);

	if (lab_quiet(l, e) < 0)
		return -1;
	while (a->now.id) {
		struct instant now = clock_now();

		if (instant_reached(limit, now))
			return err_set(e, "%s still waits in %s", a->name, a->now.call);
		if (lab_pause(l, span_between(now, limit), -1, e) < 0 || lab_quiet(l, e) < 0)
			return -1;
	}
	return 0;
}

/* Does its connection end without a packet? A crash does, giving up a connect() under way, and an abort in CLOSING or
 * LAST_ACK (measured; tcp_need_reset() of net/ipv4/tcp.c). */
static bool is_silent(const struct lab *l, const struct actor *a, const struct actor_cmd *cmd)
{
	const struct evidence *ev = &l->seen[a->side];
	bool closes = cmd->op == OP_SHUTDOWN || cmd->op == OP_CLOSE || cmd->op == OP_ABORT;

	for (size_t i = 0; i < ev->n && closes; i++) {
		enum tcp_state is = ev->socks[i].state;

		if (actor_has_cookie(a, ev->socks[i].key.cookie) &&
		    (is == TCP_SYN_SENT || (cmd->op == OP_ABORT && (is == TCP_CLOSING || is == TCP_LAST_ACK))))
			return true;
	}
	return cmd->op == OP_VANISH;
}

static int begin_call(struct lab *l, struct actor *a, const struct actor_cmd *cmd, const char *text, const char *verb,
                      const char *shown, bool aside, struct err *e)
{
	struct event ev = { .kind = EV_CALL, .side = a->side };

	if (l->rehearsal)
		return rehearsal_call(l, a, cmd);
	ev.call = (struct event_call){ .id = ++l->last_call, .text = xstrdup(shown), .silent = is_silent(l, a, cmd) };
	snprintf(ev.who, sizeof ev.who, "%s", a->name);
	timeline_append(&l->timeline, ev);
	l->dirty[a->side] = true;
	if (cmd->op == OP_BIND)
		bound_may_come(l, a->side);
	if (actor_command(a, cmd, text, -1, l->last_call, verb, aside, e) < 0)
		return -1;
	return lab_quiet(l, e);
}

int lab_call(struct lab *l, struct actor *a, const struct actor_cmd *cmd, const char *text, const char *verb,
             const char *shown, struct err *e)
{
	return begin_call(l, a, cmd, text, verb, shown, false, e);
}

int lab_call_aside(struct lab *l, struct actor *a, const struct actor_cmd *cmd, const char *verb, const char *shown,
                   struct err *e)
{
	return begin_call(l, a, cmd, NULL, verb, shown, true, e);
}
