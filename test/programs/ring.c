/* SPDX-License-Identifier: MIT
 * ring: sets io_uring up, and says what came of it. */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct io_uring_params params = { 0 };
	long fd = syscall(SYS_io_uring_setup, 8, &params);

	puts(fd < 0 ? strerrorname_np(errno) : "a ring");
	return 0;
}
