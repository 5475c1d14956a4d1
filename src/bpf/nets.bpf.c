/* SPDX-License-Identifier: MIT
 * In which network namespaces there are processes: for kernels from 5.17 on, which do a light skeleton's relocations.
 */
#include <linux/bpf.h>

#include "bpf/nets.h"
#include "bpf/task.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static struct net_record net;

/* A process that ends has no namespaces any more. What finds no room is run again, and not the last one then. */
SEC("iter/task")
int list_nets(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u32 netns;

	if (!task) {
		net.netns = 0;
		return 0;
	}
	if (task->pid != task->tgid)
		return 0;
	netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	if (!netns || netns == net.netns)
		return 0;
	net.netns = netns;
	net.pid = number_of(task, reader_level());
	if (bpf_seq_write(ctx->meta->seq, &net, sizeof net))
		net.netns = 0;
	return 0;
}
