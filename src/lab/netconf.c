/* SPDX-License-Identifier: MIT
 * rtnetlink requests, one function each. */
#include "lab/netconf.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <time.h>

enum { REQUEST_MAX = 512 };

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

static int exchange(struct mnl_socket *nl, struct request *r)
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
	return mnl_cb_run(answer, (size_t)n, 1, mnl_socket_get_portid(nl), NULL, NULL) < 0 ? -errno : 0;
}

static int run(struct request *r)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int rc;

	if (!nl)
		return -errno;
	rc = exchange(nl, r);
	mnl_socket_close(nl);
	return rc;
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
	rc = run(&r);
	return rc < 0 ? err_sys(e, -rc, "the lab's network device cannot be brought up") : 0;
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

static int add_route(int ifindex, const struct addr *a, int prefix, bool quickack)
{
	struct request r;
	struct rtmsg *msg = begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof *msg);
	struct addr net = network_of(a, prefix);
	struct nlattr *metrics;

	msg->rtm_family = a->family;
	msg->rtm_dst_len = (uint8_t)prefix;
	msg->rtm_table = RT_TABLE_MAIN;
	msg->rtm_protocol = RTPROT_STATIC;
	msg->rtm_scope = a->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	msg->rtm_type = RTN_UNICAST;
	mnl_attr_put(r.nlh, RTA_DST, addr_len(a), net.bytes);
	mnl_attr_put_u32(r.nlh, RTA_OIF, (uint32_t)ifindex);
	metrics = mnl_attr_nest_start(r.nlh, RTA_METRICS);
	mnl_attr_put_u32(r.nlh, RTAX_QUICKACK, quickack);
	mnl_attr_nest_end(r.nlh, metrics);
	return run(&r);
}

int address_add(int ifindex, const struct addr *a, int prefix, bool quickack, struct err *e)
{
	int rc = add_address(ifindex, a, prefix);

	if (rc == 0)
		rc = add_route(ifindex, a, prefix, quickack);
	return rc < 0 ? err_sys(e, -rc, "the lab's address cannot be set") : 0;
}
