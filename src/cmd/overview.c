/* SPDX-License-Identifier: MIT
 * `lastack` alone: in under 24 lines, what it is, what works on this machine, what is there, what to type. */
#include "cmd/command.h"
#include "lab/ways.h"
#include "source/diag.h"

#include <stdio.h>

static void lab_here(void)
{
	struct err why;
	int way = way_here(&why);

	if (way >= 0)
		printf("  lab       yes, %s\n", ways[way].name);
	else
		printf("  lab       no: %s\n", err_text(&why));
}

static void sockets_here(void)
{
	struct evidence ev = { 0 };
	struct err e;
	struct diag *d = diag_open(&e);
	size_t close_wait = 0;

	if (!d || diag_look(d, 0, &ev, &e) < 0) {
		printf("  sockets   not to be seen: %s\n", err_text(&e));
	} else {
		for (size_t i = 0; i < ev.n; i++)
			close_wait += ev.socks[i].state == TCP_CLOSE_WAIT;
		printf("  sockets   %zu TCP in this network namespace, %zu of them CLOSE_WAIT\n", ev.n, close_wait);
	}
	evidence_free(&ev);
	diag_close(d);
}

int overview(void)
{
	puts("lastack: see, freeze, step, reproduce and diagnose the life of a TCP connection,\n"
	     "from the first SYN to the last ACK, on the kernel's own TCP\n");
	puts("on this machine");
	lab_here();
	sockets_here();
	puts("\nsomething is wrong");
	puts("  lastack doctor             what is wrong, worst first: whose fault, the evidence, what to do and what "
	     "does not help");
	puts("  lastack list               every TCP socket: since when, what its queues mean, who holds it or why "
	     "nobody does");
	puts("  lastack top                the same as it goes: what comes and goes, queues, drops; ? for the keys");
	puts("  lastack step --leaks --for 60s -p PID                    which connections it never closes, and the "
	     "lines");
	puts("\nyour programs");
	puts("  lastack step ./server 7777 :: ./client 127.0.0.1 7777    Enter for each socket call; both sides, the "
	     "wire");
	puts("  lastack lab ./mine.lab     your own scenario; exit code 1 if an expectation fails");
	puts("\nlearn");
	puts("  lastack lab handshake      the three packets, each held; both ends' states beside them");
	puts("\na capture");
	puts("  lastack explain FILE       who closed first, how each connection ended; --conn N: both ends' states");
	puts("lastack COMMAND --help, man lastack");
	return EXIT_OK;
}
