/* SPDX-License-Identifier: MIT
 * turns HOW PROGRAM [ARG...]: becomes or starts another program in a way that is hard to follow.
 *   thread  exec in a thread that is not the first, while others sleep
 *   spawn   posix_spawn, vfork, system, one after the other
 *   alarm   listens at port ARG, and a signal with a handler comes while it sleeps in accept(), which the kernel then
 *           makes again
 *   crash   connects to port ARG and dies of SIGSEGV
 *   quit    the same, and exits 5 without close() */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void *sleeper(void *unused)
{
	pause();
	return unused;
}

static void *exec_soon(void *argv)
{
	usleep(1000);
	execv(*(char **)argv, argv);
	return NULL;
}

static int in_thread(char **argv)
{
	pthread_t thread;

	pthread_create(&thread, NULL, sleeper, NULL);
	pthread_create(&thread, NULL, exec_soon, argv);
	pause();
	return 9;
}

static int spawned(char **argv)
{
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0 || waitpid(pid, NULL, 0) < 0)
		return 9;
	pid = vfork();
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(9);
	}
	waitpid(pid, NULL, 0);
	return WEXITSTATUS(system("exit 3"));
}

static void connected(const char *port)
{
	struct sockaddr_in there = { .sin_family = AF_INET,
		                     .sin_port = htons((uint16_t)atoi(port)),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&there, sizeof there) < 0)
		_exit(9);
}

static void rung(int unused)
{
	(void)unused;
}

static int alarmed(const char *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	struct sigaction act = { .sa_handler = rung, .sa_flags = SA_RESTART };
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	sigaction(SIGALRM, &act, NULL);
	if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, 1) < 0)
		return 9;
	ualarm(50000, 0);
	return accept(listener, NULL, NULL) < 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "thread"))
		return in_thread(argv + 2);
	if (argc > 2 && !strcmp(argv[1], "spawn"))
		return spawned(argv + 2);
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "alarm"))
		return alarmed(argv[2]);
	connected(argv[2]);
	if (!strcmp(argv[1], "crash"))
		raise(SIGSEGV);
	return 5;
}
