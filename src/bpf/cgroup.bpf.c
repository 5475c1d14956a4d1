/* SPDX-License-Identifier: MIT
 * Where a socket's cgroup stands, as numbers for the walks (take.bpf.h), loaded when they are to read it.
 *
 * Not there by name: the kernel keeps what it finds of a name of BTF in 31 places by the name's hash. That of
 * kernfs_node is sock's, and that of cgroup is inet_timewait_sock's and file's: with both in one program each of them
 * is sought anew, again and again, among all names that the kernel has (measured: a sixth of what loading took). */
#include <linux/bpf.h>

#include "bpf/kernel.bpf.h"
#include "bpf/walk.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct walk_cgroup found;

SEC("raw_tp/sys_enter")
int find_cgroup(void *ctx)
{
	if (!bpf_core_field_exists(((struct sock *)0)->sk_cgrp_data.cgroup)) /* 5.10 has none */
		return 0;
	found.in_sock = bpf_core_field_offset(struct sock, sk_cgrp_data.cgroup);
	found.in_cgroup = bpf_core_field_offset(struct cgroup, kn);
	found.in_node = bpf_core_field_offset(struct kernfs_node, id);
	found.known = 1;
	return 0;
}
