/* SPDX-License-Identifier: MIT
 * Constants of the socket interface, as socket(2), ip(7), ipv6(7) and tcp(7) name them. */
#include "step/names.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <sys/socket.h>

#define NAME(constant)                                                                                                 \
	{                                                                                                              \
		(uint64_t)(constant), #constant                                                                        \
	}
#define END                                                                                                            \
	{                                                                                                              \
		0, NULL                                                                                                \
	}

const struct name names_domain[] = { NAME(AF_UNSPEC),
	                             NAME(AF_UNIX),
	                             NAME(AF_INET),
	                             NAME(AF_INET6),
	                             NAME(AF_NETLINK),
	                             NAME(AF_PACKET),
	                             NAME(AF_VSOCK),
	                             NAME(AF_ALG),
	                             NAME(AF_KEY),
	                             NAME(AF_BLUETOOTH),
	                             END };

const struct name names_type[] = { NAME(SOCK_STREAM), NAME(SOCK_DGRAM),     NAME(SOCK_RAW),
	                           NAME(SOCK_RDM),    NAME(SOCK_SEQPACKET), END };

const struct name names_type_flags[] = { NAME(SOCK_CLOEXEC), NAME(SOCK_NONBLOCK), END };

const struct name names_protocol[] = { NAME(IPPROTO_IP),   NAME(IPPROTO_ICMP),   NAME(IPPROTO_TCP),
	                               NAME(IPPROTO_UDP),  NAME(IPPROTO_ICMPV6), NAME(IPPROTO_RAW),
	                               NAME(IPPROTO_SCTP), NAME(IPPROTO_MPTCP),  END };

const struct name names_message_flags[] = { NAME(MSG_OOB),
	                                    NAME(MSG_PEEK),
	                                    NAME(MSG_DONTROUTE),
	                                    NAME(MSG_CTRUNC),
	                                    NAME(MSG_TRUNC),
	                                    NAME(MSG_DONTWAIT),
	                                    NAME(MSG_EOR),
	                                    NAME(MSG_WAITALL),
	                                    NAME(MSG_CONFIRM),
	                                    NAME(MSG_ERRQUEUE),
	                                    NAME(MSG_NOSIGNAL),
	                                    NAME(MSG_MORE),
	                                    NAME(MSG_WAITFORONE),
	                                    NAME(MSG_ZEROCOPY),
	                                    NAME(MSG_FASTOPEN),
	                                    NAME(MSG_CMSG_CLOEXEC),
	                                    END };

const struct name names_how[] = { NAME(SHUT_RD), NAME(SHUT_WR), NAME(SHUT_RDWR), END };

const struct name names_open_flags[] = { NAME(O_CLOEXEC), END };

const struct name names_level[] = { NAME(SOL_SOCKET),           { IPPROTO_IP, "SOL_IP" },
	                            { IPPROTO_TCP, "SOL_TCP" }, { IPPROTO_IPV6, "SOL_IPV6" },
	                            { IPPROTO_UDP, "SOL_UDP" }, NAME(SOL_NETLINK),
	                            NAME(SOL_PACKET),           END };

const struct name names_so[] = { NAME(SO_DEBUG),
	                         NAME(SO_REUSEADDR),
	                         NAME(SO_TYPE),
	                         NAME(SO_ERROR),
	                         NAME(SO_DONTROUTE),
	                         NAME(SO_BROADCAST),
	                         NAME(SO_SNDBUF),
	                         NAME(SO_RCVBUF),
	                         NAME(SO_KEEPALIVE),
	                         NAME(SO_OOBINLINE),
	                         NAME(SO_PRIORITY),
	                         NAME(SO_LINGER),
	                         NAME(SO_REUSEPORT),
	                         NAME(SO_PASSCRED),
	                         NAME(SO_PEERCRED),
	                         NAME(SO_RCVLOWAT),
	                         NAME(SO_SNDLOWAT),
	                         { SO_RCVTIMEO, "SO_RCVTIMEO_OLD" },
	                         { SO_SNDTIMEO, "SO_SNDTIMEO_OLD" },
	                         NAME(SO_BINDTODEVICE),
	                         NAME(SO_ATTACH_FILTER),
	                         NAME(SO_DETACH_FILTER),
	                         NAME(SO_PEERNAME),
	                         NAME(SO_ACCEPTCONN),
	                         NAME(SO_MARK),
	                         NAME(SO_PROTOCOL),
	                         NAME(SO_DOMAIN),
	                         NAME(SO_BUSY_POLL),
	                         NAME(SO_MAX_PACING_RATE),
	                         NAME(SO_INCOMING_CPU),
	                         NAME(SO_COOKIE),
	                         NAME(SO_ZEROCOPY),
	                         NAME(SO_SNDBUFFORCE),
	                         NAME(SO_RCVBUFFORCE),
	                         NAME(SO_ATTACH_BPF),
	                         END };

const struct name names_tcp[] = { NAME(TCP_NODELAY),
	                          NAME(TCP_MAXSEG),
	                          NAME(TCP_CORK),
	                          NAME(TCP_KEEPIDLE),
	                          NAME(TCP_KEEPINTVL),
	                          NAME(TCP_KEEPCNT),
	                          NAME(TCP_SYNCNT),
	                          NAME(TCP_LINGER2),
	                          NAME(TCP_DEFER_ACCEPT),
	                          NAME(TCP_WINDOW_CLAMP),
	                          NAME(TCP_INFO),
	                          NAME(TCP_QUICKACK),
	                          NAME(TCP_CONGESTION),
	                          NAME(TCP_MD5SIG),
	                          NAME(TCP_THIN_LINEAR_TIMEOUTS),
	                          NAME(TCP_THIN_DUPACK),
	                          NAME(TCP_USER_TIMEOUT),
	                          NAME(TCP_REPAIR),
	                          NAME(TCP_FASTOPEN),
	                          NAME(TCP_TIMESTAMP),
	                          NAME(TCP_NOTSENT_LOWAT),
	                          NAME(TCP_CC_INFO),
	                          NAME(TCP_SAVE_SYN),
	                          NAME(TCP_SAVED_SYN),
	                          NAME(TCP_FASTOPEN_CONNECT),
	                          NAME(TCP_ULP),
	                          NAME(TCP_FASTOPEN_KEY),
	                          NAME(TCP_FASTOPEN_NO_COOKIE),
	                          NAME(TCP_ZEROCOPY_RECEIVE),
	                          NAME(TCP_INQ),
	                          NAME(TCP_TX_DELAY),
	                          END };

const struct name names_ip[] = { NAME(IP_TOS),
	                         NAME(IP_TTL),
	                         NAME(IP_HDRINCL),
	                         NAME(IP_OPTIONS),
	                         NAME(IP_RECVOPTS),
	                         NAME(IP_PKTINFO),
	                         NAME(IP_MTU_DISCOVER),
	                         NAME(IP_RECVERR),
	                         NAME(IP_RECVTTL),
	                         NAME(IP_MTU),
	                         NAME(IP_FREEBIND),
	                         NAME(IP_TRANSPARENT),
	                         NAME(IP_BIND_ADDRESS_NO_PORT),
	                         END };

const struct name names_ipv6[] = { NAME(IPV6_UNICAST_HOPS), NAME(IPV6_MULTICAST_IF),
	                           NAME(IPV6_MTU_DISCOVER), NAME(IPV6_MTU),
	                           NAME(IPV6_RECVERR),      NAME(IPV6_V6ONLY),
	                           NAME(IPV6_RECVPKTINFO),  NAME(IPV6_TCLASS),
	                           NAME(IPV6_FREEBIND),     END };

void name_text(struct buf *out, const struct name *table, uint64_t value, const char *unknown)
{
	for (; table->name; table++) {
		if (table->value == value) {
			buf_puts(out, table->name);
			return;
		}
	}
	buf_addf(out, "%#llx /* %s */", (unsigned long long)value, unknown);
}

void flags_text(struct buf *out, const struct name *table, uint64_t flags)
{
	const char *joint = "";

	if (!flags)
		buf_puts(out, "0");
	for (; table->name && flags; table++) {
		if ((flags & table->value) != table->value)
			continue;
		buf_addf(out, "%s%s", joint, table->name);
		flags &= ~table->value;
		joint = "|";
	}
	if (flags)
		buf_addf(out, "%s%#llx", joint, (unsigned long long)flags);
}
