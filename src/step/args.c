/* SPDX-License-Identifier: MIT
 * Arguments as strace prints them: one function per kind. */
#include "step/args.h"
#include "step/names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { BYTES_SHOWN = 32, PIECES_SHOWN = 16, MESSAGES_SHOWN = 8 };

/* What is being printed: argument `i` of a call. */
struct printing {
	struct buf *out;
	pid_t pid;
	const struct call *call;
	int i;
};

static uint64_t arg(const struct printing *p)
{
	return p->call->arg[p->i];
}
static uint64_t next_arg(const struct printing *p)
{
	return p->call->arg[p->i + 1];
}

/* Did the kernel fill in what was to be filled in? */
static bool filled(const struct printing *p)
{
	return p->call->returned && p->call->ret >= 0;
}

/* --- plain values -------------------------------------------------------------------------------------- */

static void put_int(const struct printing *p)
{
	buf_addf(p->out, "%d", (int32_t)arg(p));
}
static void put_size(const struct printing *p)
{
	buf_addf(p->out, "%llu", (unsigned long long)arg(p));
}

static void pointer_text(struct buf *out, uint64_t at)
{
	if (at)
		buf_addf(out, "%#llx", (unsigned long long)at);
	else
		buf_puts(out, "NULL");
}

static void put_pointer(const struct printing *p)
{
	pointer_text(p->out, arg(p));
}
static void put_domain(const struct printing *p)
{
	name_text(p->out, names_domain, arg(p), "AF_???");
}
static void put_how(const struct printing *p)
{
	name_text(p->out, names_how, arg(p), "SHUT_???");
}
static void put_level(const struct printing *p)
{
	name_text(p->out, names_level, (uint32_t)arg(p), "SOL_???");
}
static void put_message_flags(const struct printing *p)
{
	flags_text(p->out, names_message_flags, (uint32_t)arg(p));
}
static void put_open_flags(const struct printing *p)
{
	flags_text(p->out, names_open_flags, (uint32_t)arg(p));
}
static void put_socket_flags(const struct printing *p)
{
	flags_text(p->out, names_type_flags, (uint32_t)arg(p));
}
static void put_flags(const struct printing *p)
{
	buf_addf(p->out, arg(p) ? "%#x" : "%x", (uint32_t)arg(p));
}

static void put_type(const struct printing *p)
{
	uint64_t flags = arg(p) & (SOCK_CLOEXEC | SOCK_NONBLOCK);

	name_text(p->out, names_type, arg(p) & ~(uint64_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), "SOCK_???");
	if (flags) {
		buf_puts(p->out, "|");
		flags_text(p->out, names_type_flags, flags);
	}
}

/* A protocol's number means something in the two internet families only. */
static void put_protocol(const struct printing *p)
{
	uint64_t domain = p->call->arg[0];

	if (domain == AF_INET || domain == AF_INET6)
		name_text(p->out, names_protocol, arg(p), "IPPROTO_???");
	else
		put_int(p);
}

static const struct name *options_of(uint64_t level)
{
	switch (level) {
	case SOL_SOCKET:
		return names_so;
	case IPPROTO_TCP:
		return names_tcp;
	case IPPROTO_IP:
		return names_ip;
	case IPPROTO_IPV6:
		return names_ipv6;
	default:
		return NULL;
	}
}

static void put_option(const struct printing *p)
{
	const struct name *table = options_of(p->call->arg[p->i - 1]);

	if (table)
		name_text(p->out, table, arg(p), "???");
	else
		put_int(p);
}

/* --- bytes --------------------------------------------------------------------------------------------- */

static bool is_octal(unsigned char c)
{
	return c >= '0' && c <= '7';
}

/* One byte; an octal escape has three digits where a digit follows, as in strace. */
static void byte_text(struct buf *out, unsigned char c, unsigned char next)
{
	static const char letters[] = "\t\n\v\f\r\"\\";
	static const char escapes[] = "tnvfr\"\\";
	const char *which = c ? strchr(letters, c) : NULL;

	if (which)
		buf_addf(out, "\\%c", escapes[which - letters]);
	else if (c >= ' ' && c <= '~')
		buf_add(out, (const char *)&c, 1);
	else
		buf_addf(out, is_octal(next) ? "\\%03o" : "\\%o", c);
}

void bytes_text(struct buf *out, pid_t pid, uint64_t from, uint64_t n)
{
	unsigned char bytes[BYTES_SHOWN + 1] = { 0 };
	size_t shown = n < BYTES_SHOWN ? (size_t)n : BYTES_SHOWN;

	if (!from || memory_read(pid, from, bytes, shown) != shown) {
		pointer_text(out, from);
		return;
	}
	bytes[shown] = 0;
	buf_puts(out, "\"");
	for (size_t i = 0; i < shown; i++)
		byte_text(out, bytes[i], bytes[i + 1]);
	buf_puts(out, n > shown ? "\"..." : "\"");
}

static void put_data(const struct printing *p)
{
	bytes_text(p->out, p->pid, arg(p), next_arg(p));
}

static void put_data_back(const struct printing *p)
{
	if (filled(p))
		bytes_text(p->out, p->pid, arg(p), (uint64_t)p->call->ret);
	else
		put_pointer(p);
}

/* --- addresses ----------------------------------------------------------------------------------------- */

static void unix_text(struct buf *out, const struct sockaddr_un *un, size_t n)
{
	size_t head = offsetof(struct sockaddr_un, sun_path), len = n > head ? n - head : 0;
	const char *path = un->sun_path;

	if (!len)
		return;
	buf_puts(out, ", sun_path=");
	if (!*path) /* an abstract name */
		buf_puts(out, "@");
	buf_puts(out, "\"");
	for (size_t i = *path ? 0 : 1; i < len && i < sizeof un->sun_path && (path[i] || !*path); i++)
		byte_text(out, (unsigned char)path[i], i + 1 < len ? (unsigned char)path[i + 1] : 0);
	buf_puts(out, "\"");
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
};

static void address_fields(struct buf *out, const union address *a, size_t n)
{
	char text[INET6_ADDRSTRLEN] = "";

	buf_puts(out, "{sa_family=");
	name_text(out, names_domain, a->any.sa_family, "AF_???");
	if (a->any.sa_family == AF_INET && n >= sizeof a->v4) {
		inet_ntop(AF_INET, &a->v4.sin_addr, text, sizeof text);
		buf_addf(out, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(a->v4.sin_port), text);
	} else if (a->any.sa_family == AF_INET6 && n >= sizeof a->v6 - sizeof a->v6.sin6_scope_id) {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, text, sizeof text);
		buf_addf(out,
		         ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"%s\", &sin6_addr), "
		         "sin6_scope_id=%u",
		         ntohs(a->v6.sin6_port), ntohl(a->v6.sin6_flowinfo), text, a->v6.sin6_scope_id);
	} else if (a->any.sa_family == AF_UNIX) {
		unix_text(out, &a->un, n);
	}
	buf_puts(out, "}");
}

static void address_text(const struct printing *p, uint64_t from, size_t n)
{
	union address a = { 0 };

	if (n > sizeof a)
		n = sizeof a;
	if (!from || n < sizeof a.any.sa_family || memory_read(p->pid, from, &a, n) != n)
		pointer_text(p->out, from);
	else
		address_fields(p->out, &a, n);
}

static void put_address(const struct printing *p)
{
	address_text(p, arg(p), (size_t)next_arg(p));
}

static void put_address_back(const struct printing *p)
{
	uint32_t n = 0;

	if (!filled(p) || !arg(p) || memory_read(p->pid, next_arg(p), &n, sizeof n) != sizeof n)
		put_pointer(p);
	else
		address_text(p, arg(p), n < p->call->room ? n : p->call->room);
}

static void put_length_back(const struct printing *p)
{
	uint32_t n = 0;

	if (!arg(p) || memory_read(p->pid, arg(p), &n, sizeof n) != sizeof n)
		put_pointer(p);
	else if (filled(p) && n != p->call->room)
		buf_addf(p->out, "[%u => %u]", p->call->room, n);
	else
		buf_addf(p->out, "[%u]", n);
}

/* --- values of options --------------------------------------------------------------------------------- */

static bool is_text_option(const struct printing *p)
{
	return p->call->arg[1] == SOL_SOCKET && p->call->arg[2] == SO_BINDTODEVICE;
}

static bool is_linger(const struct printing *p, size_t n)
{
	return p->call->arg[1] == SOL_SOCKET && p->call->arg[2] == SO_LINGER && n == sizeof(struct linger);
}

static void value_text(const struct printing *p, size_t n)
{
	int32_t value[2] = { 0, 0 };
	size_t shown = n < sizeof value ? n : sizeof value;

	if (!arg(p) || memory_read(p->pid, arg(p), value, shown) != shown)
		put_pointer(p);
	else if (is_linger(p, n))
		buf_addf(p->out, "{l_onoff=%d, l_linger=%d}", value[0], value[1]);
	else if (n == sizeof value[0] && !is_text_option(p))
		buf_addf(p->out, "[%d]", value[0]);
	else
		bytes_text(p->out, p->pid, arg(p), n);
}

static void put_value(const struct printing *p)
{
	value_text(p, (size_t)(uint32_t)next_arg(p));
}

static void put_value_back(const struct printing *p)
{
	uint32_t n = 0;

	if (!filled(p) || memory_read(p->pid, next_arg(p), &n, sizeof n) != sizeof n)
		put_pointer(p);
	else
		value_text(p, n);
}

/* --- pieces and messages ------------------------------------------------------------------------------- */

/* `left`: bytes that are in them; what is beyond is not shown. */
static void pieces_text(const struct printing *p, uint64_t from, uint64_t n, uint64_t left)
{
	buf_puts(p->out, "[");
	for (uint64_t i = 0; i < n; i++) {
		struct iovec piece;
		uint64_t here;

		if (i)
			buf_puts(p->out, ", ");
		if (i == PIECES_SHOWN ||
		    memory_read(p->pid, from + i * sizeof piece, &piece, sizeof piece) != sizeof piece) {
			buf_puts(p->out, "...");
			break;
		}
		here = piece.iov_len < left ? piece.iov_len : left;
		buf_puts(p->out, "{iov_base=");
		bytes_text(p->out, p->pid, (uint64_t)(uintptr_t)piece.iov_base, here);
		buf_addf(p->out, ", iov_len=%zu}", piece.iov_len);
		left -= here;
	}
	buf_puts(p->out, "]");
}

static void put_pieces(const struct printing *p)
{
	if (arg(p))
		pieces_text(p, arg(p), next_arg(p), UINT64_MAX);
	else
		put_pointer(p);
}

static void put_pieces_back(const struct printing *p)
{
	if (filled(p) && arg(p))
		pieces_text(p, arg(p), next_arg(p), (uint64_t)p->call->ret);
	else
		put_pointer(p);
}

/* Descriptors that travel in a message are told; that is all of its control data that is a socket's business. */
static void rights_text(const struct printing *p, const struct msghdr *m)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} c = { 0 };
	size_t n = m->msg_controllen < sizeof c ? m->msg_controllen : sizeof c, fds;

	if (memory_read(p->pid, (uint64_t)(uintptr_t)m->msg_control, &c, n) != n || n < sizeof c.head ||
	    c.head.cmsg_level != SOL_SOCKET || c.head.cmsg_type != SCM_RIGHTS || c.head.cmsg_len < sizeof c.head)
		return;
	fds = (c.head.cmsg_len - CMSG_LEN(0)) / sizeof(int);
	buf_puts(p->out, ", msg_control=[{cmsg_type=SCM_RIGHTS, cmsg_data=[");
	for (size_t i = 0; i < fds && i < 16; i++)
		buf_addf(p->out, "%s%d", i ? ", " : "", ((int *)(void *)CMSG_DATA(&c.head))[i]);
	buf_puts(p->out, "]}]");
}

static void message_text(const struct printing *p, const struct msghdr *m, uint64_t bytes)
{
	buf_puts(p->out, "{msg_name=");
	address_text(p, (uint64_t)(uintptr_t)m->msg_name, m->msg_namelen);
	if (p->call->room && p->call->room != m->msg_namelen)
		buf_addf(p->out, ", msg_namelen=%u => %u, msg_iov=", p->call->room, m->msg_namelen);
	else
		buf_addf(p->out, ", msg_namelen=%u, msg_iov=", m->msg_namelen);
	pieces_text(p, (uint64_t)(uintptr_t)m->msg_iov, m->msg_iovlen, bytes);
	buf_addf(p->out, ", msg_iovlen=%zu", (size_t)m->msg_iovlen);
	rights_text(p, m);
	buf_addf(p->out, ", msg_controllen=%zu, msg_flags=", (size_t)m->msg_controllen);
	flags_text(p->out, names_message_flags, (uint32_t)m->msg_flags);
	buf_puts(p->out, "}");
}

static void one_message(const struct printing *p, uint64_t bytes)
{
	struct msghdr m;

	if (!arg(p) || memory_read(p->pid, arg(p), &m, sizeof m) != sizeof m)
		put_pointer(p);
	else
		message_text(p, &m, bytes);
}

static void put_message(const struct printing *p)
{
	one_message(p, UINT64_MAX);
}

static void put_message_back(const struct printing *p)
{
	if (filled(p))
		one_message(p, (uint64_t)p->call->ret);
	else
		put_pointer(p);
}

static void messages_text(const struct printing *p, uint64_t n, bool back)
{
	buf_puts(p->out, "[");
	for (uint64_t i = 0; i < n; i++) {
		struct mmsghdr m;

		if (i)
			buf_puts(p->out, ", ");
		if (i == MESSAGES_SHOWN || memory_read(p->pid, arg(p) + i * sizeof m, &m, sizeof m) != sizeof m) {
			buf_puts(p->out, "...");
			break;
		}
		buf_puts(p->out, "{msg_hdr=");
		message_text(p, &m.msg_hdr, back ? m.msg_len : UINT64_MAX);
		if (p->call->returned)
			buf_addf(p->out, ", msg_len=%u", m.msg_len);
		buf_puts(p->out, "}");
	}
	buf_puts(p->out, "]");
}

static void put_messages(const struct printing *p)
{
	messages_text(p, (uint32_t)next_arg(p), false);
}

static void put_messages_back(const struct printing *p)
{
	if (filled(p))
		messages_text(p, (uint64_t)p->call->ret, true);
	else
		put_pointer(p);
}

static void put_offset(const struct printing *p)
{
	int64_t at;

	if (!arg(p) || memory_read(p->pid, arg(p), &at, sizeof at) != sizeof at)
		put_pointer(p);
	else
		buf_addf(p->out, "[%lld]", (long long)at);
}

static void put_pair_back(const struct printing *p)
{
	int fds[2];

	if (!filled(p) || memory_read(p->pid, arg(p), fds, sizeof fds) != sizeof fds)
		put_pointer(p);
	else
		buf_addf(p->out, "[%d, %d]", fds[0], fds[1]);
}

static void (*const put[ARG_KINDS])(const struct printing *p) = {
	[ARG_INT] = put_int,
	[ARG_SIZE] = put_size,
	[ARG_FD] = put_int,
	[ARG_POINTER] = put_pointer,
	[ARG_DOMAIN] = put_domain,
	[ARG_TYPE] = put_type,
	[ARG_PROTOCOL] = put_protocol,
	[ARG_SOCKET_FLAGS] = put_socket_flags,
	[ARG_MESSAGE_FLAGS] = put_message_flags,
	[ARG_OPEN_FLAGS] = put_open_flags,
	[ARG_FLAGS] = put_flags,
	[ARG_HOW] = put_how,
	[ARG_LEVEL] = put_level,
	[ARG_OPTION] = put_option,
	[ARG_VALUE] = put_value,
	[ARG_VALUE_BACK] = put_value_back,
	[ARG_ADDRESS] = put_address,
	[ARG_ADDRESS_BACK] = put_address_back,
	[ARG_LENGTH_BACK] = put_length_back,
	[ARG_DATA] = put_data,
	[ARG_DATA_BACK] = put_data_back,
	[ARG_PIECES] = put_pieces,
	[ARG_PIECES_BACK] = put_pieces_back,
	[ARG_MESSAGE] = put_message,
	[ARG_MESSAGE_BACK] = put_message_back,
	[ARG_MESSAGES] = put_messages,
	[ARG_MESSAGES_BACK] = put_messages_back,
	[ARG_OFFSET] = put_offset,
	[ARG_PAIR_BACK] = put_pair_back,
};

void arg_text(struct buf *out, pid_t pid, const struct call *c, int i)
{
	struct printing p = { out, pid, c, i };

	put[c->is->args[i]](&p);
}
