/* SPDX-License-Identifier: MIT
 * The file that --pcap names. */
#include "session/pcap_file.h"
#include "render/pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file's name may be a slip of the pen: what is there and is no capture is not overwritten. */
static bool is_something_else(int fd)
{
	static const uint32_t magic[] = { 0x0a0d0d0a, 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1 };
	uint32_t head;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	if (pread(fd, &head, sizeof head, 0) == sizeof head)
		for (size_t i = 0; i < ARRAY_SIZE(magic); i++)
			if (head == magic[i])
				return false;
	return true;
}

int pcap_file_open(const char *name, struct err *e)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_sys(e, errno, "%s cannot be written", name);
	if (!is_something_else(fd))
		return fd;
	close(fd);
	return err_set(e, "%s is there, and is no capture file; it is left as it is", name);
}

/* All or nothing: a disk that is full is told before what is there is overwritten. 0 or an errno. */
static int take_room(int fd, const struct stat *was, size_t size)
{
	int error = posix_fallocate(fd, 0, (off_t)size);

	if (error && ftruncate(fd, was->st_size) < 0)
		return errno;
	return error;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno != EINTR)
			return errno;
		bytes += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

static int replace(int fd, const char *bytes, size_t n)
{
	struct stat was;
	bool regular = fstat(fd, &was) == 0 && S_ISREG(was.st_mode);
	int error = regular ? take_room(fd, &was, n) : 0;

	if (error == 0)
		error = write_all(fd, bytes, n);
	if (error == 0 && regular && ftruncate(fd, (off_t)n) < 0)
		error = errno;
	return error;
}

int pcap_file_write(int fd, const char *name, const struct timeline *tl, const char *title, bool captured,
                    struct err *e)
{
	char *bytes = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&bytes, &n);
	int error = f ? -pcapng_write(f, tl, title, captured) : errno;

	if (f && fclose(f) != 0 && error == 0)
		error = errno;
	if (error == 0)
		error = replace(fd, bytes, n);
	free(bytes);
	return error ? err_sys(e, error, "%s cannot be written", name) : 0;
}
