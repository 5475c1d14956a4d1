/* SPDX-License-Identifier: MIT
 * mirror: prints what a program can see of how it was started, and exits 42. Stepped or not, it must print the same. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

extern char **environ;

/* Signals, as the kernel lists them. */
static void signals(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "Sig", 3) || !strncmp(line, "Shd", 3) || !strncmp(line, "Uid", 3) ||
		    !strncmp(line, "Groups", 6))
			fputs(line, stdout);
	if (f)
		fclose(f);
}

static void descriptors(void)
{
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("fd %d %s\n", fd, isatty(fd) ? "terminal" : "something else");
}

int main(int argc, char **argv)
{
	struct rlimit files;
	size_t n = 0;

	for (int i = 1; i < argc; i++)
		printf("argument <%s>\n", argv[i]);
	while (environ[n])
		n++;
	getrlimit(RLIMIT_NOFILE, &files);
	descriptors();
	signals();
	printf("%zu variables, nice %d, files %lu, first socket %d\n", n, getpriority(PRIO_PROCESS, 0),
	       (unsigned long)files.rlim_max, socket(AF_INET, SOCK_STREAM, 0));
	return 42;
}
