/* SPDX-License-Identifier: MIT
 * Any bytes as doctor.ini. */
#include "doctor/config.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("doctor.ini", MFD_CLOEXEC);
	struct doctor_settings s = { 0 };
	struct err e = { 0 };
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	thresholds_default(&s.thresholds);
	if (doctor_config(&s, path, &e) < 0 && !*e.text)
		abort(); /* a refusal without a reason */
	free(s.ignored);
	close(fd);
	return 0;
}
