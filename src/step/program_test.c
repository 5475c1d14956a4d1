/* SPDX-License-Identifier: MIT
 * Running programs that are taken with all that belongs to them, and given back as they were. They are children of this
 * test, which say themselves how they fare (step/stranger.h); test/step.t runs real programs. */
#include "step/program.h"
#include "base/child_test.h"
#include "base/file.h"
#include "base/tap.h"
#include "step/stranger.h"

#include <pthread.h>
#include <sched.h>
#include <errno.h>
#include <sys/ptrace.h>

/* What was told by the hooks. */
enum { KINDS = 16 };
static unsigned happened_n[KINDS], entered_n, returned_n;

static void enters(void *ctx, struct thread *t)
{
	(void)ctx;
	(void)t;
	entered_n++;
}

static void returned(void *ctx, struct thread *t)
{
	(void)ctx;
	(void)t;
	returned_n++;
}

static void happened(void *ctx, struct thread *t, enum happening what, int number)
{
	(void)ctx;
	(void)t;
	(void)number;
	happened_n[what]++;
}

static void output(void *ctx, struct program *p, const char *bytes, size_t n)
{
	(void)ctx;
	(void)p;
	(void)bytes;
	(void)n;
}

static void open_stepper(struct stepper *s)
{
	memset(happened_n, 0, sizeof happened_n);
	entered_n = returned_n = 0;
	stepper_open(s, (struct step_hooks){
				.enters = enters, .returned = returned, .happened = happened, .output = output });
}

static struct program *take(struct stepper *s, pid_t pid)
{
	struct err e;
	struct program *p = program_attach(s, "program", pid, &e);

	if (p)
		p->order = ORDER_GO;
	return p;
}

/* Steps until the stranger says something. */
static char says_stepped(struct stepper *s, const struct stranger *x)
{
	struct pollfd p = { x->hear, POLLIN, 0 };

	for (int ms = 0; ms < PATIENCE_MS && poll(&p, 1, 0) == 0; ms++) {
		stepper_collect(s);
		stepper_sleep(s, span_ms(1));
	}
	return says(x);
}

/* --- the whole family ------------------------------------------------------------------------------------ */

/* --- calls whose results nobody wants -------------------------------------------------------------------- */

static void live_calling(int hear, int tell)
{
	int fd, type;
	socklen_t len = sizeof type;
	char byte;

	say(tell, 'r');
	(void)!read(hear, &byte, 1);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	for (int i = 0; i < 3; i++)
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	close(fd);
	say(tell, 'd');
	pause();
}

static void no_results(bool wanted, unsigned should)
{
	struct stranger x = stranger(live_calling);
	struct stepper s;
	bool taken;

	says(&x);
	open_stepper(&s);
	s.no_results = !wanted;
	taken = take(&s, x.pid) != NULL;
	stepper_run(&s, span_ms(20));
	say(x.tell, 'g');
	ok(taken && says_stepped(&s, &x) == 'd', "a program goes on, %s", wanted ? "results told" : "no results told");
	ok(entered_n == 5 && returned_n == should, "  5 calls, %u results (is: %u, %u)", should, entered_n, returned_n);
	stepper_close(&s);
	part(&x);
}

static void results(void)
{
	no_results(true, 5);
	no_results(false, 1); /* the socket */
}

/* Says the number of a process or thread. */
static void say_number(int fd, int number)
{
	if (write(fd, &number, sizeof number) != sizeof number)
		_exit(1);
}

static int hear_number(const struct stranger *x)
{
	struct pollfd p = { x->hear, POLLIN, 0 };
	int number = 0;

	return poll(&p, 1, PATIENCE_MS) == 1 && read(x->hear, &number, sizeof number) == sizeof number ? number : 0;
}

static void *forking_thread(void *tell)
{
	say_number(*(int *)tell, gettid());
	say_number(*(int *)tell, child_asleep());
	pause();
	return NULL;
}

/* A child of its own, whose number it says, and nothing else. */
static void live_as_parent(int hear, int tell)
{
	(void)hear;
	say_number(tell, child_asleep());
	pause();
}

static void live_as_family(int hear, int tell)
{
	pthread_t thread;

	(void)hear;
	say_number(tell, child_asleep());
	pthread_create(&thread, NULL, forking_thread, &tell);
	pause();
}

static void family(void)
{
	struct stranger x = stranger(live_as_family);
	pid_t by_first = hear_number(&x), thread = hear_number(&x), by_thread = hear_number(&x);
	const struct process *its;
	struct stepper s;
	unsigned n = 0;
	struct thread *t;

	open_stepper(&s);
	ok(take(&s, x.pid) != NULL, "a program of two threads and two children is taken");
	its = process_of(&s, x.pid);
	TAILQ_FOREACH (t, &s.threads, link)
		n += t->tid == x.pid || t->tid == thread ? t->process == its
		                                         : t->tid == by_first || t->tid == by_thread;
	ok(n == 4, "both threads, both children, nobody else");
	ok(process_of(&s, by_first) && process_of(&s, by_thread), "also the child that the other thread forked");
	stepper_close(&s);
	ok(nobody_traces(x.pid) && nobody_traces(thread) && nobody_traces(by_first) && nobody_traces(by_thread),
	   "all of them are let go");
	ok(becomes(x.pid, 'S') && becomes(thread, 'S') && becomes(by_first, 'S') && becomes(by_thread, 'S'),
	   "and sleep on");
	part(&x);
}

/* Makes a thread when it is told to, under a name that looks like a line of /proc/PID/status. */
static void live_with_name(int hear, int tell)
{
	pthread_t thread;
	char byte;

	prctl(PR_SET_NAME, "Tgid:\t1");
	say(tell, 'r');
	if (read(hear, &byte, 1) == 1)
		pthread_create(&thread, NULL, forking_thread, &tell);
	pause();
}

static void hostile_name(void)
{
	struct stranger x = stranger(live_with_name);
	struct pollfd p = { x.hear, POLLIN, 0 };
	struct stepper s;
	struct thread *t;
	pid_t thread;
	bool found = false;

	says(&x);
	open_stepper(&s);
	take(&s, x.pid);
	say(x.tell, 'g');
	for (int ms = 0; ms < PATIENCE_MS && poll(&p, 1, 0) == 0; ms++)
		stepper_sleep(&s, span_ms(stepper_collect(&s) ? 0 : 1));
	thread = hear_number(&x);
	TAILQ_FOREACH (t, &s.threads, link)
		found = found || (t->tid == thread && t->process == process_of(&s, x.pid));
	ok(thread && found, "a new thread is its process's, whatever that is called");
	stepper_close(&s);
	part(&x);
}

/* --- given back ------------------------------------------------------------------------------------------ */

static void live_in_vfork(int hear, int tell)
{
	char byte;

	say(tell, 'r');
	if (vfork() == 0) /* NOLINT(clang-analyzer-security.insecureAPI.vfork): what it sleeps in is the point */
		_exit(read(hear, &byte, 1) == 1 ? 0 : 1);
	say(tell, 'b');
	pause();
}

static void late_stopper(void)
{
	struct stranger x = stranger(live_in_vfork);
	struct stepper s;
	struct program *p;

	ok(says(&x) == 'r' && becomes(x.pid, 'D'), "a parent sleeps in vfork()");
	open_stepper(&s);
	p = take(&s, x.pid);
	ok(p != NULL, "it is taken");
	program_end(&s, p);
	ok(TAILQ_EMPTY(&s.programs) && TAILQ_EMPTY(&s.processes), "and given back, though it has not stopped");
	say(x.tell, 'g');
	ok(says_stepped(&s, &x) == 'b' && nobody_traces(x.pid), "when it stops at last, who steps on lets it go");
	ok(TAILQ_EMPTY(&s.threads), "and nothing is kept of it");
	stepper_close(&s);
	part(&x);
}

static void frozen(void)
{
	struct stranger x = stranger(live_in_vfork);
	struct stepper s;
	struct program *p;

	says(&x);
	say(x.tell, 'g');
	says(&x);
	kill(x.pid, SIGSTOP);
	becomes(x.pid, 'T');
	open_stepper(&s);
	p = take(&s, x.pid);
	for (int ms = 0; ms < PATIENCE_MS && !happened_n[HAPPENED_FROZEN]; ms++)
		stepper_sleep(&s, span_ms(stepper_collect(&s) ? 0 : 1));
	ok(happened_n[HAPPENED_FROZEN] == 1, "a program that is frozen is seen as that");
	program_end(&s, p);
	ok(nobody_traces(x.pid) && TAILQ_EMPTY(&s.threads) && becomes(x.pid, 'T'),
	   "it is given back, and frozen still");
	stepper_close(&s);
	part(&x);
}

static volatile sig_atomic_t counted;

static void count(int signal)
{
	(void)signal;
	counted++;
}

enum { SIGNALS = 100000, FORKS = 1000 };

static void live_in_signals(int hear, int tell)
{
	struct sigaction action = { .sa_handler = count, .sa_flags = SA_RESTART };
	struct pollfd told = { hear, POLLIN, 0 };

	sigaction(SIGRTMIN, &action, NULL);
	say(tell, 'r');
	while (poll(&told, 1, 0) <= 0)
		;
	say_number(tell, (int)counted);
}

static pid_t send_signals(pid_t to)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < SIGNALS; i++)
		while (sigqueue(to, SIGRTMIN, (union sigval){ 0 }) < 0)
			sched_yield();
	_exit(0);
}

/* Takes it, steps for some rounds, and gives it back: at once every other time, when its first stop is still to come.
 */
static bool take_a_while(pid_t pid)
{
	static unsigned times;
	struct stepper s;
	bool taken;

	open_stepper(&s);
	taken = take(&s, pid) != NULL;
	for (int i = 0; i < 20 && times % 2; i++)
		stepper_collect(&s);
	times++;
	stepper_close(&s);
	return taken;
}

static bool has_ended(pid_t pid)
{
	struct proc_stat s;

	return !proc_stat_read(pid, &s) || s.state == 'Z';
}

static void signals_arrive(void)
{
	struct stranger x = stranger(live_in_signals);
	unsigned taken = 0;
	pid_t sender;
	int n;

	says(&x);
	sender = send_signals(x.pid);
	while (!has_ended(sender))
		taken += take_a_while(x.pid);
	waitpid(sender, NULL, 0);
	printf("# it was taken %u times meanwhile\n", taken);
	say(x.tell, 'e');
	n = hear_number(&x);
	ok(taken && n == SIGNALS, "no signal is lost: %d of %d", n, SIGNALS);
	part(&x);
}

/* One child after the other; one that was left behind stopped would stop its parent, too. */
static void live_in_forks(int hear, int tell)
{
	int status, good = 0;

	(void)hear;
	say(tell, 'r');
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = i % 2 ? fork() : vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */

		if (pid == 0)
			_exit(7);
		good += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
	}
	say_number(tell, good);
	pause();
}

static void newborns(void)
{
	struct stranger x = stranger(live_in_forks);
	struct pollfd p = { x.hear, POLLIN, 0 };
	unsigned taken = 0;
	int n;

	says(&x);
	while (poll(&p, 1, 0) == 0 && taken < 100000)
		taken += take_a_while(x.pid);
	printf("# it was taken %u times meanwhile\n", taken);
	n = hear_number(&x);
	ok(taken && n == FORKS, "children that are born while it is given back run and end: %d of %d", n, FORKS);
	part(&x);
}

/* --- two at a time --------------------------------------------------------------------------------------- */

static void live_asleep(int hear, int tell)
{
	(void)hear;
	say(tell, 'r');
	for (;;)
		pause();
}

/* The end of one program is no reason not to tell of another, whose end is taken on the way. */
static void other_told(void)
{
	static char *const asleep[] = { (char *)"sleep", (char *)"60", NULL };
	struct stranger x = stranger(live_asleep);
	struct program *killed;
	struct stepper s;
	struct err e;

	says(&x);
	open_stepper(&s);
	killed = program_start(&s, "killed", asleep, NULL, &e);
	ok(killed && take(&s, x.pid), "two programs are there");
	kill(x.pid, SIGKILL);
	ok(becomes(x.pid, 'Z'), "one of them ends");
	program_end(&s, killed);
	stepper_collect(&s);
	ok(happened_n[HAPPENED_END] == 1, "that is told, and not of the other, which was just killed: %u told",
	   happened_n[HAPPENED_END]);
	stepper_close(&s);
	part(&x);
}

/* Where descriptors were used up when the program began, there is none of it. */
static void ended_by_number(void)
{
	static char *const asleep[] = { (char *)"sleep", (char *)"60", NULL };
	struct program *killed;
	struct stepper s;
	struct process *x;
	struct err e;
	pid_t pid;

	open_stepper(&s);
	killed = program_start(&s, "killed", asleep, NULL, &e);
	x = TAILQ_FIRST(&s.processes);
	ok(killed && x, "a program is there");
	fd_close(&x->pidfd);
	pid = x->pid;
	program_end(&s, killed);
	ok(kill(pid, 0) < 0 && errno == ESRCH, "and is ended without a descriptor of its process");
	stepper_close(&s);
}

/* --- who cannot be had ----------------------------------------------------------------------------------- */

static void refused(pid_t pid, const char *should, const char *what)
{
	struct stepper s;
	struct err e;

	open_stepper(&s);
	ok(!program_attach(&s, "program", pid, &e) && strstr(err_text(&e), should), "%s is refused: %s", what,
	   err_text(&e));
	ok(TAILQ_EMPTY(&s.programs) && TAILQ_EMPTY(&s.processes) && TAILQ_EMPTY(&s.threads),
	   "and nothing is kept of it");
	stepper_close(&s);
}

/* The worker of a server is traced by somebody else: the server is had, and that it is not whole is known. */
static void part_of_family(void)
{
	struct stranger x = stranger(live_as_parent);
	pid_t child = hear_number(&x);
	struct stepper s, other;
	struct program *p;

	open_stepper(&other);
	take(&other, child);
	open_stepper(&s);
	p = take(&s, x.pid);
	ok(p && p->missed == 1 && strstr(err_text(&p->missed_why), "is traced already, by process"),
	   "a child that cannot be had is counted: %s", p ? err_text(&p->missed_why) : "the parent neither");
	stepper_close(&s);
	stepper_close(&other);
	open_stepper(&s);
	p = take(&s, x.pid);
	ok(p && p->missed == 0, "when all are had none is missed");
	stepper_close(&s);
	part(&x);
}

static void not_to_be_had(void)
{
	struct stranger x = stranger(live_in_vfork), ended = stranger(live_in_vfork);
	struct stepper other;

	says(&x);
	says(&ended);
	kill(ended.pid, SIGKILL);
	becomes(ended.pid, 'Z');
	refused(ended.pid, "has ended", "a zombie");
	part(&ended);
	refused(ended.pid, "there is no process", "who is gone");
	open_stepper(&other);
	take(&other, x.pid);
	refused(x.pid, "is traced already, by process", "who is traced");
	stepper_close(&other);
	part(&x);
}

int main(void)
{
	struct stranger x = stranger(live_in_vfork);
	bool may = ptrace(PTRACE_SEIZE, x.pid, NULL, NULL) == 0;

	part(&x);
	if (!may)
		return tap_skip_all("no right to trace a child here");
	if (!child_has_terminals())
		return tap_skip_all("programs are given terminals, and none can be made here: is /dev/pts mounted?");
	not_to_be_had();
	part_of_family();
	other_told();
	ended_by_number();
	family();
	hostile_name();
	late_stopper();
	frozen();
	signals_arrive();
	newborns();
	results();
	return tap_done();
}
