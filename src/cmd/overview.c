/* SPDX-License-Identifier: MIT
 * `lastack` alone: in under 24 lines, what it is, what works on this machine, what is there, what to type. */
#include "cmd/command.h"
#include "lab/ways.h"
#include "words/here.h"
#include "render/out.h"

#include <stdio.h>

static void lab_here(void)
{
	struct way_tried tried;
	int way = way_here(&tried);
	unsigned refused = baseline_refused(&tried.left);

	if (way < 0)
		out_line(stdout, "  lab       no: %s", err_text(&tried.why));
	else if (refused)
		out_line(stdout, "  lab       yes, %s; %u settings stay the machine's ('lastack lab --check')",
		         ways[way].name, refused);
	else
		out_line(stdout, "  lab       yes, %s", ways[way].name);
}

static void sockets_here(void)
{
	struct evidence ev = { 0 };
	struct err e;
	size_t close_wait = 0, closed;
	bool known = here_look(&ev, 0, &closed, &e);

	if (!known)
		out_line(stdout, "  sockets   not to be seen: %s", err_text(&e));
	for (size_t i = 0; i < ev.n && known; i++)
		close_wait += ev.socks[i].state == TCP_CLOSE_WAIT;
	if (known)
		out_part(stdout,
		         "  sockets   %zu TCP in the network namespaces that can be seen, %zu of them CLOSE_WAIT", ev.n,
		         close_wait);
	if (known && closed)
		out_part(stdout, "; %zu may not be entered", closed);
	if (known)
		out_end(stdout);
	evidence_free(&ev);
}

int overview(void)
{
	out_lines(stdout, "lastack: see, freeze, step, reproduce and diagnose the life of a TCP connection,\n"
	                  "from the first SYN to the last ACK, on the kernel's own TCP\n");
	out_line(stdout, "on this machine");
	lab_here();
	sockets_here();
	out_lines(stdout, "\nsomething is wrong");
	out_line(stdout, "  lastack doctor             what is wrong, worst first: whose fault, the evidence, what to "
	                 "do and what "
	                 "does not help");
	out_line(stdout,
	         "  lastack list               every TCP socket: since when, what its queues mean, who holds it or why "
	         "nobody does");
	out_line(
		stdout,
		"  lastack top                the same as it goes: what comes and goes, queues, drops; ? for the keys");
	out_line(
		stdout,
		"  lastack step --leaks --for 60s -p PID                    which connections it never closes, and the "
		"lines");
	out_lines(stdout, "\nyour programs");
	out_line(stdout, "  lastack step ./server 7777 :: ./client 127.0.0.1 7777    Enter for each socket call; both "
	                 "sides, the "
	                 "wire");
	out_line(stdout, "  lastack lab FILE           your own scenario; exit code 1 if an expectation fails");
	out_lines(stdout, "\nlearn");
	out_line(stdout, "  lastack lab handshake      the three packets, each held; both ends' states beside them");
	out_lines(stdout, "\na capture");
	out_line(stdout, "  lastack explain FILE       who closed first, how each connection ended; --conn N: both "
	                 "ends' states");
	out_line(stdout, "lastack COMMAND --help; lastack help COMMAND");
	return EXIT_OK;
}
