/* SPDX-License-Identifier: MIT
 * What lastack reads of the kernel's structures, by their names in BTF: offsets are put in when the programs are loaded
 * (CO-RE), so only the members that are read stand here. Those that not every kernel has say so; what reads them asks
 * first (bpf_core_field_exists()), and test/btf holds what does so against kernels from 5.10 on. */
#ifndef BPF_KERNEL_H
#define BPF_KERNEL_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct timespec64 {
	__s64 tv_sec;
};

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_nulls_node {
	void *next, **pprev;
};

struct hlist_nulls_head {
	struct hlist_nulls_node *first;
};

struct timer_list {
	struct {
		void **pprev;
	} entry;
	unsigned long expires;
};

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

struct proc_ns_operations;

struct ns_common {
	const struct proc_ns_operations *ops;
	unsigned int inum;
};

struct inet_listen_hashbucket {
	struct hlist_nulls_head nulls_head;
};

struct inet_ehash_bucket;

struct inet_hashinfo {
	struct inet_ehash_bucket *ehash;
	unsigned int ehash_mask;
	unsigned int lhash2_mask;
	struct inet_listen_hashbucket *lhash2;
};

struct inet_timewait_death_row {
	struct inet_hashinfo *hashinfo;
};

struct netns_ipv4 {
	struct inet_timewait_death_row tcp_death_row;
};

struct net {
	struct list_head list;
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};

struct proto;

struct sock_common {
	__u64 skc_addrpair; /* skc_daddr, then skc_rcv_saddr, network order */
	unsigned int skc_hash;
	__u32 skc_portpair; /* skc_dport, network order, then skc_num, the host's */
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_ipv6only : 1;
	struct {
		struct net *net;
	} skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct {
		__s64 counter;
	} skc_cookie;
	struct hlist_nulls_node skc_nulls_node;
	struct {
		struct {
			int counter;
		} refs;
	} skc_refcnt;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct file;
struct sock;

struct socket {
	short type;
	struct file *file;
	struct sock *sk;
};

struct inode {
	unsigned long i_ino;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	struct socket *sk_socket;
	struct {
		__u32 val;
	} sk_uid;
	struct {
		int counter;
	} sk_drops;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
	struct timer_list sk_timer;
	struct timer_list tcp_retransmit_timer; /* from 6.19 on, in sk_timer's place */
	struct sock_cgroup_data sk_cgrp_data;
};

struct inet_sock {
	struct sock sk;
};

struct request_sock_queue {
	struct {
		int counter;
	} qlen;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct request_sock_queue icsk_accept_queue;
	struct timer_list icsk_retransmit_timer; /* up to 6.18 */
	struct timer_list icsk_keepalive_timer;  /* from 6.19 on, and in 6.12's later releases */
	unsigned long icsk_timeout;              /* up to 6.12 at least, not in 6.16 */
	__u32 icsk_rto;
	__u8 icsk_retransmits;
	__u8 icsk_pending;
	__u8 icsk_probes_out;
	struct {
		__u32 lrcvtime;
		__u16 rcv_mss;
	} icsk_ack;
};

struct tcp_options_received {
	__u16 wscale_ok : 1, sack_ok : 3, tstamp_ok : 1, snd_wscale : 4, rcv_wscale : 4;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 rcv_nxt, copied_seq, write_seq, snd_una;
	__u32 rcv_tstamp, lsndtime, data_segs_out;
	__u32 srtt_us, mdev_us;
	__u32 snd_cwnd, mss_cache, packets_out, lost_out, retrans_out, total_retrans;
	__u32 snd_wnd, rcv_wnd;
	__u64 bytes_received;
	__u8 ecn_flags;
	struct tcp_options_received rx_opt;
};

struct inet_timewait_sock {
	struct sock_common __tw_common;
	volatile unsigned char tw_substate;
	struct timer_list tw_timer;
};

struct request_sock {
	struct sock_common __req_common;
	__u8 num_retrans;
	struct timer_list rsk_timer;
};

struct file_operations;

struct file {
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct nsproxy {
	struct net *net_ns;
};

struct pid_namespace;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	char comm[16];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
