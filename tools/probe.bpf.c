/* SPDX-License-Identifier: MIT
 * Can this clang, with these headers of the kernel and of libbpf, build what src/bpf needs? The newest of each that is
 * used there; tools/probe builds it, and has bpftool make a light skeleton of it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

struct sock_common {
	unsigned char skc_state;
} __attribute__((preserve_access_index));

static long each(unsigned index, void *context)
{
	(void)index;
	(void)context;
	return 0;
}

SEC("iter/tcp")
int probe(void *context)
{
	struct sock_common *s = context;

	bpf_loop(1, each, 0, 0);
	return bpf_core_field_offset(s->skc_state) + bpf_core_type_size(struct sock_common);
}
