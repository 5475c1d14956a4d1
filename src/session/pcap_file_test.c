/* SPDX-License-Identifier: MIT
 * The file of --pcap: which files may be written over, that a shorter capture leaves nothing of a longer one, and what
 * is said of the others. */
#include "session/pcap_file.h"
#include "base/file.h"
#include "base/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/pcap_file_test.XXXXXX";

static void content(const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		exit(1);
	close(fd);
}

/* The first bytes of a file decide (the magic numbers of pcapng, and of pcap in microseconds and in nanoseconds, in
 * either order of bytes). */
static void of_what_is_there(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool taken;
		const char *what;
	} cases[] = {
		{ "", 0, true, "an empty file" },
		{ "\x0a\x0d\x0d\x0a and more", 13, true, "pcapng" },
		{ "\xd4\xc3\xb2\xa1", 4, true, "pcap" },
		{ "\xa1\xb2\xc3\xd4", 4, true, "pcap, the other way round" },
		{ "\x4d\x3c\xb2\xa1", 4, true, "pcap of nanoseconds" },
		{ "\xa1\xb2\x3c\x4d", 4, true, "pcap of nanoseconds, the other way round" },
		{ "\x0a\x0d\x0d", 3, false, "three bytes of a magic number" },
		{ "\x0a\x0d\x0d\x0b", 4, false, "almost one" },
		{ "my diary", 8, false, "a text" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = { 0 };
		struct stat st;
		int fd;

		content(cases[i].bytes, cases[i].n);
		fd = pcap_file_open(path, &e);
		ok((fd >= 0) == cases[i].taken, "%s is %s", cases[i].what, cases[i].taken ? "written over" : "left");
		ok(stat(path, &st) == 0 && st.st_size == (off_t)cases[i].n, "and not touched yet");
		ok(cases[i].taken || strstr(err_text(&e), " is there, and is no capture file; it is left as it is"),
		   "which is told");
		fd_close(&fd);
	}
}

static void add_packet(struct timeline *tl)
{
	struct event e = { .kind = EV_PACKET, .side = CLIENT };

	e.packet.n_bytes = 40;
	e.packet.bytes = xcalloc(40, 1);
	e.packet.bytes[0] = 0x45;
	timeline_append(tl, e);
}

/* Two packets, then none: what is left is as if nothing had been there. */
static void of_lengths(void)
{
	struct timeline two, none;
	struct stat long_one, short_one, fresh;
	struct err e = { 0 };
	int fd;

	timeline_begin(&two);
	timeline_begin(&none);
	add_packet(&two);
	add_packet(&two);
	content("", 0);
	fd = pcap_file_open(path, &e);
	ok(pcap_file_write(fd, path, &none, "t", false, &e) == 0 && fstat(fd, &fresh) == 0, "a capture of nothing");
	close(fd);
	content("", 0);
	fd = pcap_file_open(path, &e);
	ok(pcap_file_write(fd, path, &two, "t", false, &e) == 0 && fstat(fd, &long_one) == 0, "one of two packets");
	close(fd);
	fd = pcap_file_open(path, &e);
	ok(fd >= 0 && pcap_file_write(fd, path, &none, "t", false, &e) == 0 && fstat(fd, &short_one) == 0,
	   "what was written here may be written over");
	ok(long_one.st_size > short_one.st_size && short_one.st_size == fresh.st_size,
	   "a shorter one leaves nothing of a longer one");
	close(fd);
	timeline_free(&two);
	timeline_free(&none);
}

static void of_what_cannot_be(void)
{
	struct timeline none;
	struct err e = { 0 };
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ok(pcap_file_open("/none/such/file", &e) < 0, "a folder that is not there");
	same_text(err_text(&e), "/none/such/file cannot be written (no such file or directory)", "is told");
	timeline_begin(&none);
	if (full >= 0) {
		ok(pcap_file_write(full, "/dev/full", &none, "t", false, &e) < 0, "a full device");
		ok(!strncmp(err_text(&e), "/dev/full cannot be written (no space left on device)", 53), "is told");
		close(full);
	}
	timeline_free(&none);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return tap_skip_all("no file can be made in /tmp");
	close(fd);
	of_what_is_there();
	of_lengths();
	of_what_cannot_be();
	unlink(path);
	return tap_done();
}
