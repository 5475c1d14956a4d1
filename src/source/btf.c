/* SPDX-License-Identifier: MIT
 * Types of the kernel: <linux/btf.h>. A header, types one behind the other, names. */
#include "source/btf.h"
#include "base/file.h"

#include <errno.h>
#include <linux/btf.h>
#include <string.h>

enum { BTF_MAX = 64 << 20 };

struct types {
	const char *bytes; /* of the types */
	size_t size;
	const char *names;
	size_t names_size;
};

static const char *name_at(const struct types *t, uint32_t offset)
{
	return offset < t->names_size ? t->names + offset : "";
}

/* Bytes of each element behind a type, and of what stands there once. */
static const uint8_t each_size[] = {
	[BTF_KIND_STRUCT] = sizeof(struct btf_member),       [BTF_KIND_UNION] = sizeof(struct btf_member),
	[BTF_KIND_ENUM] = sizeof(struct btf_enum),           [BTF_KIND_FUNC_PROTO] = sizeof(struct btf_param),
	[BTF_KIND_DATASEC] = sizeof(struct btf_var_secinfo), [19] = 12
}; /* BTF_KIND_ENUM64, Linux 6.0 */
static const uint8_t once_size[] = { [BTF_KIND_INT] = 4,
	                             [BTF_KIND_ARRAY] = sizeof(struct btf_array),
	                             [BTF_KIND_VAR] = sizeof(struct btf_var),
	                             [17] = 4, /* BTF_KIND_DECL_TAG, Linux 5.16 */
	                             [19] = 0 };

/* Of the whole type; 0: a kind that is not known, so nothing behind it can be found. */
static size_t size_of(const struct btf_type *type)
{
	unsigned kind = BTF_INFO_KIND(type->info);

	if (kind == 0 || kind >= ARRAY_SIZE(each_size))
		return 0;
	return sizeof *type + once_size[kind] + (size_t)each_size[kind] * BTF_INFO_VLEN(type->info);
}

/* The enumeration of that name; NULL. */
static const struct btf_type *find(const struct types *t, const char *name)
{
	for (size_t at = 0; at + sizeof(struct btf_type) <= t->size;) {
		const struct btf_type *type = (const void *)(t->bytes + at);
		size_t size = size_of(type);

		if (!size || size > t->size - at)
			return NULL;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_ENUM && streq(name_at(t, type->name_off), name))
			return type;
		at += size;
	}
	return NULL;
}

/* Its parts lie within the file, and its names end. */
static bool open_types(const struct buf *file, struct types *t)
{
	const struct btf_header *h = (const void *)file->text;
	size_t room;

	if (file->len < sizeof *h || h->magic != BTF_MAGIC || h->hdr_len > file->len)
		return false;
	room = file->len - h->hdr_len;
	if (h->type_off > room || h->type_len > room - h->type_off || h->str_off > room ||
	    h->str_len > room - h->str_off || !h->str_len || h->type_off % 4 || h->hdr_len % 4)
		return false;
	*t = (struct types){ file->text + h->hdr_len + h->type_off, h->type_len, file->text + h->hdr_len + h->str_off,
		             h->str_len };
	return t->names[t->names_size - 1] == 0;
}

int btf_enum(const char *path, const char *name, void (*each)(void *ctx, const char *name, int64_t value), void *ctx,
             struct err *e)
{
	const char *from = path ? path : "/sys/kernel/btf/vmlinux";
	struct buf file = { 0 };
	struct types t;
	const struct btf_type *type;
	int rc = file_read(from, &file, BTF_MAX);

	if (rc < 0)
		rc = err_sys(e, -rc, "the kernel's types cannot be read from %s", from);
	else if (!open_types(&file, &t))
		rc = err_set(e, "%s has no types of a kernel", from);
	else if (!(type = find(&t, name)))
		rc = err_set(e, "the kernel has no enumeration '%s'", name);
	else
		for (unsigned i = 0; i < BTF_INFO_VLEN(type->info); i++) {
			const struct btf_enum *one = (const struct btf_enum *)(type + 1) + i;

			each(ctx, name_at(&t, one->name_off), one->val);
		}
	buf_free(&file);
	return rc;
}
