/* SPDX-License-Identifier: MIT
 * Reading the kernel's structures at any address, right or wrong: a wrong one gives 0 (BPF_PROBE_MEM), it never faults.
 * Needs bpf_rdonly_cast(), of Linux 6.2. */
#ifndef BPF_CAST_H
#define BPF_CAST_H

#include <linux/bpf.h>

#include "bpf/kernel.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;

#define AS(type, p)          ((struct type *)bpf_rdonly_cast((void *)(p), bpf_core_type_id_kernel(struct type)))
#define OFFSET(type, member) __builtin_preserve_field_info(((struct type *)0)->member, BPF_FIELD_BYTE_OFFSET)

/* The word that stands at an address (the first member of a list_head, of a hlist_nulls_node, of a chain's head) as a
 * number: the verifier lets nobody count with what it knows as a pointer. */
static __always_inline __u64 word_at(__u64 address)
{
	return AS(timespec64, address)->tv_sec;
}

#endif
