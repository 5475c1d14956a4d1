/* SPDX-License-Identifier: MIT
 * The two hosts of a lab: network namespaces of their own, each with one TUN device that ends in this process.
 *
 * Nothing of the machine is changed: sysctls, addresses and sockets live in the two namespaces, which go when
 * the last descriptor and socket in them goes (reaper.h sees to that). Set-up takes about 2 ms (bench/). */
#ifndef LAB_HOST_H
#define LAB_HOST_H

#include "base/err.h"
#include "lab/baseline.h"
#include "model/side.h"
#include "source/counter.h"
#include "source/diag.h"

#include <linux/if_packet.h>

struct host {
	enum side side;
	int ns;       /* the network namespace; -1 = not made */
	int device;   /* reads what the host sends, writes what it receives; non-blocking: a TUN, or a packet socket */
	bool is_veth; /* the latter: packets are sent to `veth_to` */
	struct sockaddr_ll veth_to;
	int counter_fds[2]; /* /proc/net/netstat and snmp of the namespace */
	struct diag *diag;
	struct addr v4, v6;        /* v6.family 0 when this kernel has no IPv6 */
	bool own_hash;             /* has an established-hash table of its own, so a look costs 0.1 ms */
	struct baseline_left left; /* settings that are not the lab's own */
};

/* What `option` can ask for, before the hosts are made. */
struct host_options {
	bool loopback; /* one namespace, in which packets from 127.0.0.1 to 127.0.0.1 pass over the wire; IPv4 only */
	bool machine;  /* no hosts of its own: programs run in the machine's own network, and there is no wire */
	bool delack;   /* delayed ACKs as in life; else each is sent at once */
	bool offload;  /* segments larger than the MTU, and checksums left to the device, as on a real network card */
	unsigned mtu;  /* 0: 1500 */
	enum { WIRE_ANY, WIRE_TUN, WIRE_VETH } wire; /* any: a TUN, or, where none can be had, veth */
};

/* Without root, and for a root without the capabilities (in a container): a user and mount namespace in which this
 * process may do all of the rest. Must be called before threads exist, once. 1: it was made; 0: none is needed; -1 with
 * `e` filled. */
int hosts_become_able(struct err *e);

/* In a user namespace that was just made (user_namespaces(7)): its user and group, and which they are outside. 0 or
 * -errno. */
int ids_map(uid_t uid, uid_t outer_uid, gid_t gid, gid_t outer_gid);

/* The capabilities that a lab takes and this process lacks, as "CAP_SYS_ADMIN and CAP_NET_ADMIN"; "": none. */
const char *hosts_lack(void);

/* Makes both hosts. The calling process ends up in the server's network namespace; namespaces are entered
 * with host_enter(). With `loopback` both are one: the second has copies of the first one's descriptors.
 * -1 with `e` filled, nothing kept. */
int hosts_open(struct host hosts[static SIDES], const struct host_options *options, struct err *e);
void hosts_close(struct host hosts[static SIDES]);

/* Moves the calling thread into the host's network namespace. 0 or -errno. */
int host_enter(const struct host *h);

/* "client", "server" or an address as text, to an address. */
bool host_resolve(const struct host hosts[static SIDES], const char *name, bool v6, struct addr *a);

/* The character device behind the wire: /dev/net/tun, or what LASTACK_TUN names (a private node for tests
 * and for machines whose own is not readable). */
const char *tun_path(void);

#endif
