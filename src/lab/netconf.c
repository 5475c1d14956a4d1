/* SPDX-License-Identifier: MIT
 * rtnetlink requests, one function each. */
#include "lab/netconf.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <time.h>

/* The queue of a TUN: a sender's whole burst must fit, or the device would lose packets before the wire has seen
 * them. */
enum { REQUEST_MAX = 512, TX_QUEUE = 10000 };

struct request {
	char bytes[REQUEST_MAX];
	struct nlmsghdr *nlh;
};

static void *begin(struct request *r, uint16_t type, uint16_t flags, size_t header)
{
	r->nlh = mnl_nlmsg_put_header(r->bytes);
	r->nlh->nlmsg_type = type;
	r->nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	r->nlh->nlmsg_seq = 1;
	return mnl_nlmsg_put_extra_header(r->nlh, header);
}

/* The first answer; `take` gets what it tells, if it is no mere acknowledgement. */
static int exchange(struct mnl_socket *nl, struct request *r, mnl_cb_t take, void *data)
{
	char answer[8192];
	ssize_t n;

	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	if (mnl_socket_sendto(nl, r->nlh, r->nlh->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, answer, sizeof answer);
	if (n < 0)
		return -errno;
	return mnl_cb_run(answer, (size_t)n, 1, mnl_socket_get_portid(nl), take, data) < 0 ? -errno : 0;
}

static int ask(struct request *r, mnl_cb_t take, void *data)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int rc;

	if (!nl)
		return -errno;
	rc = exchange(nl, r, take, data);
	mnl_socket_close(nl);
	return rc;
}

static int run(struct request *r)
{
	return ask(r, NULL, NULL);
}

int link_up(int ifindex, unsigned mtu, struct err *e)
{
	struct request r;
	struct ifinfomsg *link = begin(&r, RTM_NEWLINK, 0, sizeof *link);
	int rc;

	link->ifi_index = ifindex;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP | IFF_MULTICAST;
	if (mtu)
		mnl_attr_put_u32(r.nlh, IFLA_MTU, mtu);
	mnl_attr_put_u32(r.nlh, IFLA_TXQLEN, TX_QUEUE);
	rc = run(&r);
	return rc < 0 ? err_sys(e, -rc, "the lab's network device cannot be brought up") : 0;
}

/* One family's settings of a link: begin_link_of() … the settings … end_link_of(). */
struct link_of {
	struct request r;
	struct nlattr *all, *family;
};

static void begin_link_of(struct link_of *l, int ifindex, uint16_t family)
{
	struct ifinfomsg *link = begin(&l->r, RTM_NEWLINK, 0, sizeof *link);

	link->ifi_index = ifindex;
	l->all = mnl_attr_nest_start(l->r.nlh, IFLA_AF_SPEC);
	l->family = mnl_attr_nest_start(l->r.nlh, family);
}

static int end_link_of(struct link_of *l)
{
	mnl_attr_nest_end(l->r.nlh, l->family);
	mnl_attr_nest_end(l->r.nlh, l->all);
	return run(&l->r);
}

int link_carry_loopback(int ifindex, struct err *e)
{
	static const struct {
		uint16_t which;
		uint32_t value;
	} settings[] = { { IPV4_DEVCONF_ROUTE_LOCALNET, 1 },
		         { IPV4_DEVCONF_ACCEPT_LOCAL, 1 },
		         { IPV4_DEVCONF_RP_FILTER, 0 } };
	struct link_of l;
	struct nlattr *conf;
	int rc;

	begin_link_of(&l, ifindex, AF_INET);
	conf = mnl_attr_nest_start(l.r.nlh, IFLA_INET_CONF);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		mnl_attr_put_u32(l.r.nlh, settings[i].which, settings[i].value);
	mnl_attr_nest_end(l.r.nlh, conf);
	rc = end_link_of(&l);
	return rc < 0 ? err_sys(e, -rc, "the lab's network device cannot be made to carry 127.0.0.1") : 0;
}

void link_hush_v6(int ifindex)
{
	struct link_of l;

	begin_link_of(&l, ifindex, AF_INET6);
	mnl_attr_put_u8(l.r.nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	(void)end_link_of(&l);
}

static size_t addr_len(const struct addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

static int add_address(int ifindex, const struct addr *a, int prefix)
{
	struct request r;
	struct ifaddrmsg *msg = begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof *msg);

	msg->ifa_family = a->family;
	msg->ifa_prefixlen = (uint8_t)prefix;
	msg->ifa_index = (unsigned)ifindex;
	mnl_attr_put(r.nlh, IFA_LOCAL, addr_len(a), a->bytes);
	mnl_attr_put(r.nlh, IFA_ADDRESS, addr_len(a), a->bytes);
	mnl_attr_put_u32(r.nlh, IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD);
	return run(&r);
}

static struct addr network_of(const struct addr *a, int prefix)
{
	struct addr net = *a;

	for (size_t i = 0; i < sizeof net.bytes; i++)
		if ((int)i * 8 >= prefix)
			net.bytes[i] = 0;
	return net;
}

struct route {
	int ifindex;
	struct addr network;
	int prefix;
	const struct addr *source; /* NULL: the device's own */
	unsigned table;
	bool quickack;
};

static int put_route(const struct route *rt)
{
	struct request r;
	struct rtmsg *msg = begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof *msg);
	const struct addr *net = &rt->network;
	struct nlattr *metrics;

	msg->rtm_family = net->family;
	msg->rtm_dst_len = (uint8_t)rt->prefix;
	msg->rtm_table = (uint8_t)rt->table;
	msg->rtm_protocol = RTPROT_STATIC;
	msg->rtm_scope = net->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	msg->rtm_type = RTN_UNICAST;
	mnl_attr_put(r.nlh, RTA_DST, addr_len(net), net->bytes);
	mnl_attr_put_u32(r.nlh, RTA_OIF, (uint32_t)rt->ifindex);
	if (rt->source)
		mnl_attr_put(r.nlh, RTA_PREFSRC, addr_len(net), rt->source->bytes);
	metrics = mnl_attr_nest_start(r.nlh, RTA_METRICS);
	mnl_attr_put_u32(r.nlh, RTAX_QUICKACK, rt->quickack);
	mnl_attr_nest_end(r.nlh, metrics);
	return run(&r);
}

int route_add(int ifindex, const struct addr *network, int prefix, const struct addr *source, unsigned table,
              bool quickack, struct err *e)
{
	struct route rt = { ifindex, *network, prefix, source, table, quickack };
	int rc = put_route(&rt);

	return rc < 0 ? err_sys(e, -rc, "the lab's route cannot be set") : 0;
}

static int take_type(const struct nlmsghdr *nlh, void *type)
{
	const struct rtmsg *msg = mnl_nlmsg_get_payload(nlh);

	*(unsigned char *)type = msg->rtm_type;
	return MNL_CB_OK;
}

/* Is what is sent to it for this host? */
static bool is_local(const struct addr *a)
{
	unsigned char type = RTN_UNSPEC;
	struct request r;
	struct rtmsg *msg = begin(&r, RTM_GETROUTE, 0, sizeof *msg);

	msg->rtm_family = a->family;
	msg->rtm_dst_len = (uint8_t)(addr_len(a) * 8);
	mnl_attr_put(r.nlh, RTA_DST, addr_len(a), a->bytes);
	return ask(&r, take_type, &type) == 0 && type == RTN_LOCAL;
}

bool address_comes(const struct addr *a, struct span limit)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	struct instant end = instant_after(clock_now(), limit);

	while (!is_local(a)) {
		if (instant_reached(end, clock_now()))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static int put_veth(const char *name, int peer_ns)
{
	struct request r;
	struct ifinfomsg *link = begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *link);
	struct nlattr *info, *data, *peer;

	link->ifi_flags = IFF_NOARP;
	link->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(r.nlh, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(r.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(r.nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(r.nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(r.nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(r.nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(r.nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(r.nlh, IFLA_NET_NS_FD, (uint32_t)peer_ns);
	mnl_attr_nest_end(r.nlh, peer);
	mnl_attr_nest_end(r.nlh, data);
	mnl_attr_nest_end(r.nlh, info);
	return run(&r);
}

int veth_add(const char *name, int peer_ns, struct err *e)
{
	int rc = put_veth(name, peer_ns);

	return rc < 0 ? err_sys(e, -rc, "no veth device can be made; try 'modprobe veth'") : 0;
}

static int change_rule(uint16_t type, unsigned priority, const char *iif, unsigned table)
{
	struct request r;
	struct fib_rule_hdr *msg = begin(&r, type, type == RTM_NEWRULE ? NLM_F_CREATE : 0, sizeof *msg);

	msg->family = AF_INET;
	msg->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(r.nlh, FRA_PRIORITY, priority);
	if (type == RTM_NEWRULE)
		mnl_attr_put_u32(r.nlh, FRA_TABLE, table);
	if (iif)
		mnl_attr_put_strz(r.nlh, FRA_IIFNAME, iif);
	return run(&r);
}

int rule_add(unsigned priority, const char *iif, unsigned table, struct err *e)
{
	int rc = change_rule(RTM_NEWRULE, priority, iif, table);

	return rc < 0 ? err_sys(e, -rc, "the lab's routing rule cannot be set") : 0;
}

int rule_delete(unsigned priority, struct err *e)
{
	int rc = change_rule(RTM_DELRULE, priority, NULL, 0);

	return rc < 0 ? err_sys(e, -rc, "the lab's routing rule cannot be removed") : 0;
}

int address_delete(int ifindex, const struct addr *a, int prefix, struct err *e)
{
	struct request r;
	struct ifaddrmsg *msg = begin(&r, RTM_DELADDR, 0, sizeof *msg);
	int rc;

	msg->ifa_family = a->family;
	msg->ifa_prefixlen = (uint8_t)prefix;
	msg->ifa_index = (unsigned)ifindex;
	mnl_attr_put(r.nlh, IFA_LOCAL, addr_len(a), a->bytes);
	rc = run(&r);
	return rc < 0 ? err_sys(e, -rc, "an address cannot be taken away from the lab's network device") : 0;
}

int address_add(int ifindex, const struct addr *a, int prefix, bool quickack, struct err *e)
{
	int rc = add_address(ifindex, a, prefix);

	if (rc == 0) {
		struct route rt = { ifindex, network_of(a, prefix), prefix, NULL, RT_TABLE_MAIN, quickack };

		rc = put_route(&rt);
	}
	return rc < 0 ? err_sys(e, -rc, "the lab's address cannot be set") : 0;
}
