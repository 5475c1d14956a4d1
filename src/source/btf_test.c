/* SPDX-License-Identifier: MIT
 * Enumerations in a kernel's types: in one that is made here, type by type, and in damaged ones. */
#include "source/btf.h"
#include "base/file.h"
#include "base/tap.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char names[] = "\0colour\0RED\0BLUE\0other\0";

enum { COLOUR = 1, RED = 8, BLUE = 12, OTHER = 17 };

static void put(struct buf *b, const void *what, size_t n)
{
	buf_add(b, what, n);
}

static void put_type(struct buf *b, uint32_t name, unsigned kind, unsigned n)
{
	struct btf_type t = { .name_off = name, .info = kind << 24 | n };

	put(b, &t, sizeof t);
}

/* Something of each kind that has a tail, an enumeration of another name, and the one that is sought, the last. */
static struct buf types(void)
{
	static const char tail[32] = { 0 };
	static const struct {
		unsigned kind, n;
		size_t tail;
	} before[] = { { BTF_KIND_INT, 0, 4 },
		       { BTF_KIND_PTR, 0, 0 },
		       { BTF_KIND_ARRAY, 0, 12 },
		       { BTF_KIND_STRUCT, 2, 24 },
		       { BTF_KIND_FUNC_PROTO, 3, 24 },
		       { BTF_KIND_DATASEC, 1, 12 },
		       { BTF_KIND_VAR, 0, 4 },
		       { 17, 0, 4 },
		       { 19, 2, 24 } };
	struct btf_enum red = { RED, 3 }, blue = { BLUE, -1 };
	struct buf b = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		put_type(&b, 0, before[i].kind, before[i].n);
		put(&b, tail, before[i].tail);
	}
	put_type(&b, OTHER, BTF_KIND_ENUM, 1);
	put(&b, &blue, sizeof blue);
	put_type(&b, COLOUR, BTF_KIND_ENUM, 2);
	put(&b, &red, sizeof red);
	put(&b, &blue, sizeof blue);
	return b;
}

static char path[] = "/tmp/lastack-btf-XXXXXX";

/* A file of these types with a header that may lie about their size by `more`. */
static void write_file(uint16_t magic, uint32_t more, size_t cut)
{
	struct buf t = types(), all = { 0 };
	struct btf_header h = { .magic = magic,
		                .version = 1,
		                .hdr_len = sizeof h,
		                .type_len = (uint32_t)t.len + more,
		                .str_off = (uint32_t)t.len,
		                .str_len = sizeof names };
	int fd = open(path, O_WRONLY | O_TRUNC);

	put(&all, &h, sizeof h);
	put(&all, t.text, t.len);
	put(&all, names, sizeof names);
	if (write(fd, all.text, all.len - cut) < 0)
		ok(false, "the file is written");
	close(fd);
	buf_free(&t);
	buf_free(&all);
}

static void add(void *ctx, const char *name, int64_t value)
{
	buf_addf(ctx, "%s=%lld ", name, (long long)value);
}

static void tells(const char *enumeration, const char *what, const char *claim)
{
	struct buf b = { 0 };
	struct err e;

	if (btf_enum(path, enumeration, add, &b, &e) < 0)
		buf_puts(&b, err_text(&e));
	ok(strstr(buf_text(&b), what) != NULL, "%s", claim);
	if (!strstr(buf_text(&b), what))
		printf("# is: %s\n", buf_text(&b));
	buf_free(&b);
}

int main(void)
{
	int fd = mkstemp(path);

	close(fd);
	write_file(BTF_MAGIC, 0, 0);
	tells("colour", "RED=3 BLUE=-1 ", "all names of an enumeration, behind types of every kind");
	tells("other", "BLUE=-1 ", "of the one that was asked for");
	tells("colours", "the kernel has no enumeration 'colours'", "one that is not there");
	write_file(BTF_MAGIC, 1 << 30, 0);
	tells("colour", "has no types of a kernel", "types that reach beyond the file");
	write_file(BTF_MAGIC, 0, 2);
	tells("colour", "has no types of a kernel", "names that are cut off");
	write_file(0x1234, 0, 0);
	tells("colour", "has no types of a kernel", "another kind of file");
	unlink(path);
	tells("colour", "cannot be read", "no file");
	return tap_done();
}
