/* SPDX-License-Identifier: MIT
 * floor [ROUNDS]: the two bare walks of floor.bpf.c, timed: "floor 24.1 ms, sockets 16.0 ms, descriptors 8.1 ms, 100000
 * sockets", medians of 9 rounds. */
#include "base/clock.h"
#include "base/sort.h"
#include "source/skeleton.h"

#include "bench/floor.skel.h"
#include "source/skeleton_end.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { MOST = 1000 };

static double ms_of(struct span d)
{
	return (double)d.ns / 1e6;
}

static void walk_sockets(const struct floor *f)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.test.prog_fd = (uint32_t)f->progs.walk_sockets.prog_fd;
	skel_sys_bpf(BPF_PROG_TEST_RUN, &attr, sizeof attr);
}

static void walk_descriptors(int link)
{
	union bpf_attr attr;
	char nothing[64];
	int fd;

	memset(&attr, 0, sizeof attr);
	attr.iter_create.link_fd = (uint32_t)link;
	fd = skel_sys_bpf(BPF_ITER_CREATE, &attr, sizeof attr);
	while (fd >= 0 && (read(fd, nothing, sizeof nothing) > 0 || errno == EAGAIN))
		errno = 0;
	close(fd);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 9;
	struct floor *f = floor__open_and_load();
	double sockets[MOST], descriptors[MOST], both[MOST];
	int link;

	if (!f || rounds < 1 || rounds > MOST) {
		fprintf(stderr, "floor: %s\n",
		        f ? "from 1 to 1000 rounds" : "this kernel does not load it, or this user may not");
		return 3;
	}
	f->bss->own_socket = socket(AF_INET, SOCK_STREAM, 0);
	link = skel_link_create(f->progs.walk_descriptors.prog_fd, 0, BPF_TRACE_ITER);
	for (size_t i = 0; i < rounds; i++) {
		struct instant t = clock_now();

		walk_sockets(f);
		sockets[i] = ms_of(span_since(t));
		t = clock_now();
		walk_descriptors(link);
		descriptors[i] = ms_of(span_since(t));
		both[i] = sockets[i] + descriptors[i];
	}
	printf("floor %.2f ms, sockets %.2f ms, descriptors %.2f ms, %llu sockets\n", median(both, rounds),
	       median(sockets, rounds), median(descriptors, rounds), (unsigned long long)f->bss->sockets);
	return 0;
}
