/* SPDX-License-Identifier: MIT
 * other_calls: uses a socket by 64-bit and by 32-bit system calls (int 0x80), whose numbers mean other calls: 3 is
 * read() there and close() here, 6 is close() there; and asks for its number as x32 does, which fails where the kernel
 * has no x32. Says what it has done, or "none" where there is no int 0x80: on other machines, and where the kernel has
 * it switched off (it is SIGSEGV then). */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
static long call32(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("int $0x80"
	                 : "=a"(result)
	                 : "a"(number), "b"(a), "c"(b), "d"(c)
	                 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static void no_such_call(int signal)
{
	(void)signal;
	_exit(write(STDOUT_FILENO, "none\n", 5) != 5);
}

int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	long was_read, was_closed;

	syscall(0x40000000 | SYS_getpid);
	signal(SIGSEGV, no_such_call);
	was_read = call32(3, fd, 0, 0);
	was_closed = call32(6, fd, 0, 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	printf("read %ld, close %ld, again %d", was_read, was_closed, fd);
	printf(", close %d\n", close(fd));
	return 0;
}
#else
int main(void)
{
	return puts("none") < 0;
}
#endif
