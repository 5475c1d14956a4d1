/* SPDX-License-Identifier: MIT
 * veth pairs and packet sockets. */
#include "lab/veth.h"
#include "base/file.h"
#include "lab/netconf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Half a second of a busy sender: what does not fit is lost before the wire has seen it. */
enum { RECEIVE_BUFFER = 32 << 20 };

/* Or the kernel would leave checksums and segmenting to a card that is none; the receiver then drops what it gets. */
static void offloads_off(int any, const char *name)
{
	static const unsigned commands[] = { ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct ethtool_value value = { .cmd = commands[i], .data = 0 };
		struct ifreq ifr = { .ifr_data = (char *)&value };

		snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
		(void)ioctl(any, SIOCETHTOOL, &ifr); /* one that the device does not have is off */
	}
}

static int host_end(struct veth *v, const char *name, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = -1;

	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
	if (any < 0 || ioctl(any, SIOCGIFHWADDR, &ifr) < 0)
		goto out;
	memcpy(v->to.sll_addr, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	if (ioctl(any, SIOCGIFINDEX, &ifr) < 0)
		goto out;
	v->ifindex = ifr.ifr_ifindex;
	offloads_off(any, name);
	rc = 0;
out:
	if (rc < 0)
		err_sys(e, errno, "the lab's veth device cannot be set up");
	fd_close(&any);
	return rc;
}

static int packet_socket(struct veth *v, const char *name)
{
	int on = 1, room = RECEIVE_BUFFER;
	struct sockaddr_ll here = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };

	v->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	here.sll_ifindex = (int)if_nametoindex(name);
	if (v->fd < 0 || !here.sll_ifindex)
		return -1;
	setsockopt(v->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	setsockopt(v->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
	v->to.sll_family = AF_PACKET;
	v->to.sll_ifindex = here.sll_ifindex;
	v->to.sll_halen = ETH_ALEN;
	return bind(v->fd, (struct sockaddr *)&here, sizeof here);
}

static int middle_end(struct veth *v, const char *name, struct err *e)
{
	if (link_up((int)if_nametoindex(name), 0, e) < 0)
		return -1;
	return packet_socket(v, name) < 0 ? err_sys(e, errno, "no packet socket can be had in the lab's own namespace")
	                                  : 0;
}

int veth_open(struct veth *v, const char *name, int own_ns, int middle, struct err *e)
{
	int rc;

	*v = (struct veth){ .fd = -1 };
	if (veth_add(name, middle, e) < 0 || host_end(v, name, e) < 0)
		return -1;
	if (setns(middle, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "the lab's middle namespace cannot be entered");
	rc = middle_end(v, name, e);
	if (setns(own_ns, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "the host's namespace cannot be entered");
	return rc;
}

void stay_on_one_cpu(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &one);
	(void)sched_setaffinity(0, sizeof one, &one);
}
