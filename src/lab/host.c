/* SPDX-License-Identifier: MIT
 * Namespaces and TUN devices.
 *
 * A TUN device opens into the namespace of the thread that opens it, a netlink socket and an open file of
 * /proc/net stay bound to theirs: after set-up this process does everything from where it is. */
#include "lab/host.h"
#include "base/file.h"
#include "base/privilege.h"
#include "lab/netconf.h"
#include "lab/sysctl.h"
#include "lab/veth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LOOPBACK_IFINDEX = 1, LAB_MTU = 1500, V4_PREFIX = 24, V6_PREFIX = 64 };
enum { LOOP_PREFIX = 8, LOOP_TABLE = 100, LOOP_PRIORITY = 10, LOCAL_PRIORITY = 20, LOCAL_TABLE = 255 };

/* So long the kernel may take until it takes IPv6 packets; then there is none in the lab. */
#define V6_PATIENCE span_s(10)

#define CHILD_HASH         "net.ipv4.tcp_child_ehash_entries"
#define CHILD_HASH_ENTRIES "1024"

static const struct {
	const char *device, *v4, *v6;
} plan[SIDES] = { [CLIENT] = { "client0", "10.0.0.1", "fd00::1" }, [SERVER] = { "server0", "10.0.0.2", "fd00::2" } };

const char *tun_path(void)
{
	const char *own = getenv("LASTACK_TUN");

	return own && *own ? own : "/dev/net/tun";
}

/* What stands in uid_map and gid_map: one user, inside and outside. */
static int map_one(const char *path, unsigned inside, unsigned outside)
{
	char line[64];

	snprintf(line, sizeof line, "%u %u 1", inside, outside);
	return file_write(path, line);
}

int ids_map(uid_t uid, uid_t outer_uid, gid_t gid, gid_t outer_gid)
{
	int rc;

	file_write("/proc/self/setgroups", "deny");
	rc = map_one("/proc/self/uid_map", uid, outer_uid);
	return rc == 0 ? map_one("/proc/self/gid_map", gid, outer_gid) : rc;
}

const char *hosts_lack(void)
{
	static const char *const lacks[] = { "", "CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_ADMIN and CAP_NET_ADMIN" };
	uint64_t has = privileges();

	return lacks[!(has & PRIVILEGE(CAP_SYS_ADMIN)) + 2 * !(has & PRIVILEGE(CAP_NET_ADMIN))];
}

#define TELLS_MORE "see 'lastack lab --check'"

/* ENOSPC is a limit of namespaces here, and no disk is full. */
static int no_more(int errnum, const char *limit, struct err *e)
{
	if (errnum != ENOSPC)
		return -1;
	snprintf(e->why, sizeof e->why, "sysctl %s is reached", limit);
	snprintf(e->advice, sizeof e->advice, TELLS_MORE);
	return -1;
}

static int no_user_namespace(int errnum, struct err *e)
{
	if (geteuid() == 0)
		err_sys(e, errnum,
		        "the lab needs %s, or else a user namespace, and may have neither; " TELLS_MORE
		        ", and in a container add what is missing (--cap-add SYS_ADMIN --cap-add NET_ADMIN)",
		        hosts_lack());
	else
		err_sys(e, errnum, "no user namespace may be made here, so the lab needs root; " TELLS_MORE);
	return no_more(errnum, "user.max_user_namespaces", e);
}

int hosts_become_able(struct err *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int rc;

	if (uid == 0 && !*hosts_lack())
		return 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return no_user_namespace(errno, e);
	rc = ids_map(0, uid, 0, gid);
	if (rc < 0)
		return err_sys(e, -rc, "a user namespace was made but may not be used; try as root, or " TELLS_MORE);
	return 1;
}

int host_enter(const struct host *h)
{
	return setns(h->ns, CLONE_NEWNET) < 0 ? -errno : 0;
}

#define NO_PROC "/proc/thread-self/ns/net cannot be opened; is /proc mounted?"

static int no_namespace(int errnum, struct err *e)
{
	err_sys(e, errnum, "no network namespace may be made here; " TELLS_MORE);
	return no_more(errnum, "user.max_net_namespaces", e);
}

/* A namespace whose parent has tcp_child_ehash_entries gets a hash table of its own (net/ipv4/tcp_ipv4.c
 * tcp_set_hashinfo, Linux 6.1): a look walks 1024 buckets and not the machine's 262144. The parent is the
 * caller's namespace at unshare(), so: one namespace to write the sysctl in, the hosts' as its children. `*parent` is
 * that one, or -1: there is no such sysctl, and it is the first host's itself. */
static int open_parent(int *parent, struct err *e)
{
	*parent = -1;
	if (unshare(CLONE_NEWNET) < 0)
		return no_namespace(errno, e);
	if (sysctl_write(CHILD_HASH, CHILD_HASH_ENTRIES) < 0)
		return 0;
	*parent = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return *parent < 0 ? err_sys(e, errno, NO_PROC) : 0;
}

static int new_namespace(struct host *h, int parent, struct err *e)
{
	bool is_made = parent < 0 && h->side == CLIENT;

	if (parent >= 0 && setns(parent, CLONE_NEWNET) < 0)
		return no_namespace(errno, e);
	if (!is_made && unshare(CLONE_NEWNET) < 0)
		return no_namespace(errno, e);
	h->own_hash = parent >= 0;
	h->ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return h->ns < 0 ? err_sys(e, errno, NO_PROC) : 0;
}

static int open_tun(struct host *h, const struct host_options *o, int *ifindex, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = (short)(IFF_TUN | IFF_NO_PI | (o->offload ? IFF_VNET_HDR : 0)) };
	int any;

	h->device = open(tun_path(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (h->device < 0)
		return err_sys(e, errno, "%s cannot be opened; try 'lastack lab --check'", tun_path());
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", plan[h->side].device);
	if (ioctl(h->device, TUNSETIFF, &ifr) < 0)
		return err_sys(e, errno, "%s makes no TUN device; try 'lastack lab --check'", tun_path());
	if (o->offload && ioctl(h->device, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
		return err_sys(e, errno, "this kernel's TUN takes no offloads; leave 'option offload on' out");
	any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (any < 0 || ioctl(any, SIOCGIFINDEX, &ifr) < 0) {
		fd_close(&any);
		return err_sys(e, errno, "the lab's network device has no number");
	}
	close(any);
	*ifindex = ifr.ifr_ifindex;
	return 0;
}

/* The third namespace is needed only while both pairs are made: the packet sockets keep it. */
static int open_veth(struct host *h, int *ifindex, struct err *e)
{
	struct veth v;
	int middle;

	if (unshare(CLONE_NEWNET) < 0 || (middle = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) < 0)
		return no_namespace(errno, e);
	if (host_enter(h) < 0 || veth_open(&v, plan[h->side].device, h->ns, middle, e) < 0) {
		close(middle);
		return -1;
	}
	close(middle);
	h->device = v.fd;
	h->veth_to = v.to;
	h->is_veth = true;
	*ifindex = v.ifindex;
	return 0;
}

/* A TUN if it can be had, for it is synchronous and fast. */
static int open_device(struct host *h, const struct host_options *o, int *ifindex, struct err *e)
{
	struct err no_veth;

	if (o->wire != WIRE_VETH && open_tun(h, o, ifindex, e) == 0)
		return 0;
	fd_close(&h->device);
	if (o->wire == WIRE_TUN)
		return -1;
	if (o->offload)
		return err_set(e, "without a TUN device there are no offloads; leave 'option offload on' out");
	if (o->wire == WIRE_VETH)
		return open_veth(h, ifindex, e);
	return open_veth(h, ifindex, &no_veth); /* what is told is why there is no TUN */
}

static int set_addresses(struct host *h, const struct host_options *o, int ifindex, struct err *e)
{
	struct err no_v6;

	addr_parse(plan[h->side].v4, &h->v4);
	addr_parse(plan[h->side].v6, &h->v6);
	if (address_add(ifindex, &h->v4, V4_PREFIX, !o->delack, e) < 0)
		return -1;
	if (address_add(ifindex, &h->v6, V6_PREFIX, !o->delack, &no_v6) < 0 || !address_comes(&h->v6, V6_PATIENCE))
		h->v6 = (struct addr){ 0 };
	return 0;
}

/* `localhost` must not find ::1. */
static void forget_v6_loopback(void)
{
	struct addr one;
	struct err e;

	addr_parse("::1", &one);
	if (sysctl_write("net.ipv6.conf.all.disable_ipv6", "1") < 0)
		(void)address_delete(LOOPBACK_IFINDEX, &one, 128, &e); /* without IPv6 there is none */
}

/* Packets from 127.0.0.1 to itself leave by the wire and come back by it: what this host sends looks up a table of its
 * own before the local one. IPv6 has no such way (the kernel drops ::1 that comes from outside). */
static int set_loopback(struct host *h, const struct host_options *o, int ifindex, struct err *e)
{
	struct addr net;

	sysctl_write("net.ipv4.conf.all.rp_filter", "0"); /* the larger one of `all` and the device's counts */
	forget_v6_loopback();
	if (link_carry_loopback(ifindex, e) < 0)
		return -1;
	addr_parse("127.0.0.1", &h->v4);
	addr_parse("127.0.0.0", &net);
	if (route_add(ifindex, &net, LOOP_PREFIX, &h->v4, LOOP_TABLE, !o->delack, e) < 0)
		return -1;
	if (rule_add(LOOP_PRIORITY, "lo", LOOP_TABLE, e) < 0 || rule_add(LOCAL_PRIORITY, NULL, LOCAL_TABLE, e) < 0)
		return -1;
	return rule_delete(0, e);
}

static int set_up_network(struct host *h, const struct host_options *o, int ifindex, struct err *e)
{
	if (link_up(LOOPBACK_IFINDEX, 0, e) < 0 || link_up(ifindex, o->mtu ? o->mtu : LAB_MTU, e) < 0)
		return -1;
	return o->loopback ? set_loopback(h, o, ifindex, e) : set_addresses(h, o, ifindex, e);
}

static int open_counters(struct host *h, struct err *e)
{
	static const char *const files[] = { "/proc/thread-self/net/netstat", "/proc/thread-self/net/snmp" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		h->counter_fds[i] = open(files[i], O_RDONLY | O_CLOEXEC);
		if (h->counter_fds[i] < 0)
			return err_sys(e, errno, "%s cannot be opened; is /proc mounted?", files[i]);
	}
	return 0;
}

static int open_host(struct host *h, int parent, const struct host_options *o, struct err *e)
{
	int ifindex = 0;

	if (new_namespace(h, parent, e) < 0 || open_device(h, o, &ifindex, e) < 0)
		return -1;
	link_hush_v6(ifindex);
	baseline_apply(&h->left);
	if (set_up_network(h, o, ifindex, e) < 0)
		return -1;
	h->diag = diag_open(e);
	return h->diag ? open_counters(h, e) : -1;
}

/* The second name of the one host: descriptors of its own, so that both are closed alike. */
static int share_host(struct host *to, const struct host *from, struct err *e)
{
	*to = *from;
	to->side = SERVER;
	to->ns = fcntl(from->ns, F_DUPFD_CLOEXEC, 0);
	to->device = fcntl(from->device, F_DUPFD_CLOEXEC, 0);
	to->counter_fds[0] = to->counter_fds[1] = -1;
	to->diag = diag_open(e);
	return to->diag ? open_counters(to, e) : -1;
}

/* The second one has a device of the same kind, and what the first was found to have by itself. */
static int open_second(struct host hosts[static SIDES], int parent, const struct host_options *options, struct err *e)
{
	struct host_options same = *options;

	if (options->loopback)
		return share_host(&hosts[SERVER], &hosts[CLIENT], e);
	same.wire = hosts[CLIENT].is_veth ? WIRE_VETH : WIRE_TUN;
	hosts[SERVER].left.so = hosts[CLIENT].left.so;
	return open_host(&hosts[SERVER], parent, &same, e);
}

int hosts_open(struct host hosts[static SIDES], const struct host_options *options, struct err *e)
{
	int parent, rc;

	for (int i = 0; i < SIDES; i++)
		hosts[i] = (struct host){ .side = (enum side)i, .ns = -1, .device = -1, .counter_fds = { -1, -1 } };
	rc = open_parent(&parent, e);
	if (rc == 0)
		rc = open_host(&hosts[CLIENT], parent, options, e);
	if (rc == 0)
		rc = open_second(hosts, parent, options, e);
	fd_close(&parent);
	if (rc < 0)
		hosts_close(hosts);
	return rc;
}

void hosts_close(struct host hosts[static SIDES])
{
	for (int i = 0; i < SIDES; i++) {
		diag_close(hosts[i].diag);
		hosts[i].diag = NULL;
		fd_close(&hosts[i].device);
		fd_close(&hosts[i].ns);
		fd_close(&hosts[i].counter_fds[0]);
		fd_close(&hosts[i].counter_fds[1]);
	}
}

bool host_resolve(const struct host hosts[static SIDES], const char *name, bool v6, struct addr *a)
{
	for (int i = 0; i < SIDES; i++) {
		if (!streq(name, side_name((enum side)i)))
			continue;
		*a = v6 ? hosts[i].v6 : hosts[i].v4;
		return a->family != 0;
	}
	return addr_parse(name, a);
}
