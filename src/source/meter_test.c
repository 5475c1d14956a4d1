/* SPDX-License-Identifier: MIT
 * A few counters out of files written by hand, and of our own namespace. */
#include "source/meter.h"
#include "base/tap.h"
#include "model/unknown.h"
#include "source/counter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct meter_name names[] = {
	{ "TcpExt", "ListenOverflows" },
	{ "Tcp", "InErrs" },
	{ "Ip", "InErrs" },
	{ "TcpExt", "PAWS" },
	{ "Udp", "InErrs" },
};

static int file_of(const char *text)
{
	char path[] = "/tmp/lastack-meter-test-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
	return fd;
}

static void write_anew(int fd, const char *text)
{
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		exit(1);
}

static void by_hand(void)
{
	int fds[2] = {
		file_of("TcpExt: A ListenOverflows PAWSEstab\nTcpExt: 1 22 3\nIpExt: ListenOverflows\nIpExt: 9\n"),
		file_of("Ip: InErrs X\nIp: 5 6\nTcp: X InErrs\nTcp: -1 7\n")
	};
	struct meter m = { .names = names, .n = ARRAY_SIZE(names) };
	int64_t value[ARRAY_SIZE(names)];

	ok(meter_read(&m, fds, value) == 0 && value[0] == 22, "by its group and name, not another group's");
	ok(value[1] == 7 && value[2] == 5, "one name in two groups, of the second file");
	ok(value[3] == UNKNOWN, "a name that only begins like a column is not there");
	ok(value[4] == UNKNOWN, "nor is a group that is not there");
	write_anew(fds[0],
	           "TcpExt: A ListenOverflows PAWSEstab\nTcpExt: 10 2300 30\nIpExt: ListenOverflows\nIpExt: 9\n");
	ok(meter_read(&m, fds, value) == 0 && value[0] == 2300 && value[1] == 7, "read again");
	close(fds[0]);
	close(fds[1]);
	ok(meter_read(&m, fds, value) == -EBADF, "what cannot be read is an error");
	meter_free(&m);
}

/* The same as by the other reader. */
static void of_the_kernel(void)
{
	int fds[2] = { open("/proc/self/net/netstat", O_RDONLY), open("/proc/self/net/snmp", O_RDONLY) };
	static const struct meter_name all[] = { { "TcpExt", "SyncookiesSent" },
		                                 { "TcpExt", "ListenDrops" },
		                                 { "Tcp", "ActiveOpens" } };
	struct meter m = { .names = all, .n = ARRAY_SIZE(all) };
	int64_t value[ARRAY_SIZE(all)];
	struct counters c = { 0 };
	bool twice, same = true;

	ok(meter_read(&m, fds, value) == 0 && counters_read(fds, &c) == 0, "the kernel's own files");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct counter *one = counter_find(&c, all[i].counter, &twice);

		same = same && one && one->value == value[i];
	}
	ok(same, "as they are read whole");
	counters_free(&c);
	meter_free(&m);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	by_hand();
	of_the_kernel();
	return tap_done();
}
