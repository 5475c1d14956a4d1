/* SPDX-License-Identifier: MIT
 * sock_diag by libmnl. The attribute tree is the call tree: look -> message -> attribute. */
#include "source/diag.h"
#include "base/system.h"
#include "model/age.h"
#include "source/diag_abi.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIAG_BUFFER = 65536, LOOKS = 3 };

struct diag {
	struct mnl_socket *nl;
	uint64_t netns; /* inode number: one half of every socket's key */
	uint32_t seq;
	struct diag_ask asked; /* by diag_begin() */
	bool disturbed;        /* since then: something was lost */
	bool midway;           /* not all of that has come yet */
	char *buffer;          /* of DIAG_BUFFER bytes. Not zeroed: what answers do not fill of it is no page of ours */
};

struct look {
	const struct diag *d;
	const struct diag_ask *ask;
	state_set states;
	struct evidence *ev;
	bool disturbed; /* the table changed, or something was lost, while it was dumped */
};

static uint64_t own_netns(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) == 0 ? st.st_ino : 0;
}

struct diag *diag_open(struct err *e)
{
	struct diag *d = xcalloc(1, sizeof *d);

	d->buffer = xrealloc(NULL, 1, DIAG_BUFFER);
	d->nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!d->nl || mnl_socket_bind(d->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err_sys(e, errno, "the kernel's socket table cannot be asked; try 'modprobe tcp_diag'");
		diag_close(d);
		return NULL;
	}
	d->netns = own_netns();
	return d;
}

void diag_close(struct diag *d)
{
	if (!d)
		return;
	if (d->nl)
		mnl_socket_close(d->nl);
	free(d->buffer);
	free(d);
}

/* Where the kernel's struct has each number. It grew over the years: what an older one does not send is not told. */
static const size_t places[SOCK_NUMBERS] = {
#define INFO(member, type, kernel, sentence)       [INFO_##member] = offsetof(struct tcp_info, tcpi_##kernel),
#define INFO_AFTER(member, type, before, sentence) [INFO_##member] = TCPI_BEHIND(before),
#include "model/info.def"
#undef INFO
#undef INFO_AFTER
};

static uint64_t unaligned(const void *at, size_t size)
{
	uint32_t narrow;
	uint64_t wide;

	if (size == sizeof wide) {
		memcpy(&wide, at, sizeof wide);
		return wide;
	}
	memcpy(&narrow, at, sizeof narrow);
	return narrow;
}

static void take_numbers(struct sock_info *info, const char *told, size_t n)
{
	for (int i = 0; i < SOCK_NUMBERS; i++) {
		size_t size = sock_number_info((enum sock_number)i)->size;

		if (places[i] + size <= n)
			sock_number_set(info, (enum sock_number)i, unaligned(told + places[i], size));
	}
}

/* Told since Linux 4.6. */
static enum sent sent_of(const struct tcp_info *ti, size_t n)
{
	if (n < offsetof(struct tcp_info, tcpi_data_segs_out) + sizeof ti->tcpi_data_segs_out)
		return SENT_UNKNOWN;
	return ti->tcpi_data_segs_out ? SENT_SOME : SENT_NEVER;
}

static void take_info(struct sock_info *info, const struct nlattr *attr)
{
	struct tcp_info ti = { 0 };
	size_t n = mnl_attr_get_payload_len(attr);

	memcpy(&ti, mnl_attr_get_payload(attr), n < sizeof ti ? n : sizeof ti);
	*info = (struct sock_info){
		.known = true,
		.untold = INFO_EVERY,
		.sent = (uint8_t)sent_of(&ti, n),
		.options = ti.tcpi_options,
		.snd_wscale = ti.tcpi_snd_wscale,
		.rcv_wscale = ti.tcpi_rcv_wscale,
	};
	take_numbers(info, mnl_attr_get_payload(attr), n);
}

/* A message that is being read. */
struct reading {
	struct sock *s;
	struct sock_info info;
};

static void take_memory(struct sock *s, const struct nlattr *attr)
{
	uint32_t memory[SK_MEMINFO_VARS];

	if (mnl_attr_get_payload_len(attr) < sizeof memory)
		return;
	memcpy(memory, mnl_attr_get_payload(attr), sizeof memory);
	s->drops = memory[SK_MEMINFO_DROPS];
	s->untold &= (uint8_t)~TOLD_BIT(TOLD_DROPS);
}

static int take_attribute(const struct nlattr *attr, void *data)
{
	struct reading *r = data;
	size_t n = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case INET_DIAG_INFO:
		take_info(&r->info, attr);
		break;
	case INET_DIAG_SKMEMINFO:
		take_memory(r->s, attr);
		break;
	case INET_DIAG_SKV6ONLY:
		r->s->v6only = n > 0 && mnl_attr_get_u8(attr);
		break;
	case DIAG_CGROUP_ID:
		r->s->cgroup = n >= 8 ? mnl_attr_get_u64(attr) : 0;
		break;
	case INET_DIAG_SHUTDOWN: /* sent of every full socket, and of no other */
		r->s->is_mini = false;
		break;
	default: /* not asked for */
		break;
	}
	return MNL_CB_OK;
}

static struct endpoint endpoint_of(int family, const __be32 address[4], __be16 port)
{
	return (struct endpoint){ addr_from_bytes(family, address), ntohs(port) };
}

/* net/ipv4/inet_diag.c: a request socket is reported as SYN_RECV and, unlike a full one, without
 * INET_DIAG_SHUTDOWN (doc/kernel/request_in_dump.c). FIN_WAIT2 and TIME_WAIT minisockets come without it as well. */
static enum tcp_state state_of(const struct inet_diag_msg *m, bool is_mini)
{
	enum tcp_state s = tcp_state_of_number(m->idiag_state);

	if (s == TCP_SYN_RECV && is_mini)
		return TCP_NEW_SYN_RECV;
	/* Bound sockets are reported as CLOSE, without a peer. */
	return s == TCP_CLOSED && m->id.idiag_dport == 0 ? TCP_BOUND : s;
}

static struct sock sock_of(const struct inet_diag_msg *m, uint64_t netns)
{
	return (struct sock){
		.key = { netns, (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0] },
		.local = endpoint_of(m->idiag_family, m->id.idiag_src, m->id.idiag_sport),
		.remote = endpoint_of(m->idiag_family, m->id.idiag_dst, m->id.idiag_dport),
		.timer = m->idiag_timer < TIMERS ? (enum sock_timer)m->idiag_timer : TIMER_UNKNOWN,
		.timer_left = span_ms(m->idiag_timer ? m->idiag_expires : 0),
		.retrans = m->idiag_retrans,
		.rq = m->idiag_rqueue,
		.wq = m->idiag_wqueue,
		.inode = m->idiag_inode,
		.uid = m->idiag_uid,
		.held = m->idiag_inode != 0,
		.on_device = m->id.idiag_if != 0,
		.is_mini = true,
		.untold = TOLD_BIT(TOLD_DROPS) | uid_untold(m->idiag_inode, m->idiag_uid),
	};
}

static void take_message(const struct nlmsghdr *nlh, struct look *look)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	struct sock s;
	struct reading r = { &s, { 0 } };

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof *m)
		return;
	if (m->idiag_family != AF_INET && m->idiag_family != AF_INET6)
		return;
	s = sock_of(m, look->d->netns);
	mnl_attr_parse(nlh, sizeof *m, take_attribute, &r);
	s.state = state_of(m, s.is_mini);
	sock_settle_queues(&s);
	if (s.state >= TCP_STATES || !state_set_has(look->states, s.state))
		return;
	r.info.known =
		r.info.known && s.state != TCP_LISTEN; /* which uses its fields for other numbers (tcp_get_info()) */
	sock_set_age(&s, &r.info);
	evidence_add(look->ev, &s);
	if (look->ask->info)
		*evidence_add_info(look->ev) = r.info;
}

/* The kernel's mask of these states: request sockets are in its SYN_RECV, bound ones have a bit of their own. */
static uint32_t kernel_states(state_set states)
{
	uint32_t mask = 0;

	for (int s = 0; s < TCP_STATES; s++)
		if (state_set_has(states, (enum tcp_state)s))
			mask |= 1U << tcp_state_info((enum tcp_state)s)->number;
	if (state_set_has(states, TCP_NEW_SYN_RECV))
		mask |= 1U << tcp_state_info(TCP_SYN_RECV)->number;
	return mask;
}

/* Conditions on ports, which the kernel tests before it writes anything (inet_diag_bc_run()). Each is two operations:
 * what to compare, and in the second's `no` the port; `yes` and `no` are how far to go on, 4 beyond the end being a
 * refusal. */
enum { CONDITIONS = 4 };

struct condition {
	struct inet_diag_bc_op what, port;
};

static void add_ports(struct nlmsghdr *nlh, const struct diag_ask *ask)
{
	const struct {
		uint8_t code;
		uint16_t port;
		bool asked;
	} wanted[CONDITIONS] = {
		{ INET_DIAG_BC_S_GE, ask->local.from, ask->local.to },
		{ INET_DIAG_BC_S_LE, ask->local.to, ask->local.to },
		{ INET_DIAG_BC_D_GE, ask->remote.from, ask->remote.to },
		{ INET_DIAG_BC_D_LE, ask->remote.to, ask->remote.to },
	};
	struct condition code[CONDITIONS];
	size_t n = 0;

	for (size_t i = 0; i < CONDITIONS; i++)
		if (wanted[i].asked)
			code[n++] = (struct condition){ .what.code = wanted[i].code,
				                        .what.yes = sizeof *code,
				                        .port.no = wanted[i].port };
	for (size_t i = 0; i < n; i++)
		code[i].what.no = (uint16_t)((n - i) * sizeof *code + 4);
	if (n)
		mnl_attr_put(nlh, INET_DIAG_REQ_BYTECODE, n * sizeof *code, code);
}

static int send_question(struct diag *d, const struct look *look)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(d->buffer);
	struct inet_diag_req *req;

	assert(!d->midway);
	nlh->nlmsg_type = DIAG_GETSOCK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++d->seq;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof *req);
	req->idiag_family = AF_INET;
	req->idiag_states = kernel_states(look->states);
	req->idiag_ext =
		(uint8_t)((look->ask->info ? 1 << (INET_DIAG_INFO - 1) : 0) |
	                  (look->ask->memory ? 1 << (INET_DIAG_SKMEMINFO - 1) : 0) |
	                  (look->ask->cgroup ? 1 << (INET_DIAG_TCLASS - 1) : 0)); /* tells the cgroup as well */
	add_ports(nlh, look->ask);
	return mnl_socket_sendto(d->nl, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

/* A signal does not end a dump. What the kernel had no room for (ENOBUFS) is lost, and the rest still comes. */
static ssize_t receive(struct diag *d, struct look *look)
{
	ssize_t n;

	do {
		n = mnl_socket_recvfrom(d->nl, d->buffer, DIAG_BUFFER);
		look->disturbed = look->disturbed || (n < 0 && errno == ENOBUFS);
	} while (n < 0 && (errno == EINTR || errno == ENOBUFS));
	return n < 0 ? -errno : n;
}

/* The number behind NLMSG_DONE and NLMSG_ERROR: 0, or -errno. */
static int error_of(const struct nlmsghdr *nlh)
{
	return mnl_nlmsg_get_payload_len(nlh) >= sizeof(int) ? *(const int *)mnl_nlmsg_get_payload(nlh) : 0;
}

/* What one buffer holds: 1 the end was in it, 0 more follows, -errno the kernel's refusal. */
static int take_messages(const struct diag *d, size_t size, struct look *look)
{
	const struct nlmsghdr *nlh = (const void *)d->buffer;
	int left = (int)size;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq != d->seq) /* the rest of a question that was given up */
			continue;
		look->disturbed = look->disturbed || nlh->nlmsg_flags & NLM_F_DUMP_INTR;
		if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
			return error_of(nlh) < 0 ? error_of(nlh) : 1;
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			take_message(nlh, look);
	}
	return 0;
}

/* 0 there is more, 1 that was all, -errno. */
static int take_buffer(struct diag *d, struct look *look)
{
	ssize_t n = receive(d, look);

	return n < 0 ? (int)n : take_messages(d, (size_t)n, look);
}

/* 0, or -errno; -EINTR: the table changed meanwhile, look again. A disturbed dump is read to its end all the same, or
 * the next question would find its rest in the socket, and EBUSY. */
static int dump(struct diag *d, struct look *look)
{
	int rc = send_question(d, look);

	look->disturbed = false;
	while (rc == 0)
		rc = take_buffer(d, look);
	return rc < 0 ? rc : look->disturbed ? -EINTR : 0;
}

static struct look look_of(const struct diag *d, const struct diag_ask *ask, struct evidence *ev)
{
	return (struct look){ d, ask, ask->states ? ask->states : STATE_SET_ALL, ev, false };
}

int diag_begin(struct diag *d, const struct diag_ask *ask, struct err *e)
{
	const struct look look = look_of(d, ask, NULL);
	int rc = send_question(d, &look);

	d->asked = *ask;
	d->disturbed = false;
	d->midway = rc == 0;
	return rc < 0 ? err_sys(e, -rc, "the kernel's socket table cannot be read") : 0;
}

int diag_more(struct diag *d, struct evidence *ev, struct err *e)
{
	struct look look = look_of(d, &d->asked, ev);
	int rc;

	assert(d->midway);
	rc = take_buffer(d, &look);
	d->midway = rc == 0;
	d->disturbed = d->disturbed || look.disturbed;
	if (rc > 0 && d->disturbed)
		rc = -EINTR;
	return rc < 0 ? err_sys(e, -rc, "the kernel's socket table cannot be read") : rc == 0;
}

int diag_dump(struct diag *d, const struct diag_ask *ask, struct evidence *ev, struct err *e)
{
	struct look look = look_of(d, ask, ev);
	size_t before = ev->n;
	int rc = -EINTR;

	for (int i = 0; i < LOOKS && rc == -EINTR; i++) {
		ev->n = before;
		rc = dump(d, &look);
	}
	return rc < 0 ? err_sys(e, -rc, "the kernel's socket table cannot be read") : 0;
}

int diag_look(struct diag *d, state_set states, struct evidence *ev, struct err *e)
{
	const struct diag_ask all = { .states = states, .memory = true };

	evidence_clear(ev);
	ev->at = clock_now();
	if (diag_dump(d, &all, ev, e) < 0)
		return -1;
	evidence_finish(ev);
	return 0;
}

/* --- sockets that are bound only ----------------------------------------------------------------------- */

/* Of one that was just bound: is it told of? */
static bool is_told(int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	struct diag_ask ask = { .states = 1U << TCP_BOUND };
	struct evidence ev = { 0 };
	struct diag *d = diag_open(&(struct err){ 0 });
	bool tried, told;

	tried = d && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
	        getsockname(fd, (struct sockaddr *)&at, &len) == 0;
	ask.local = (struct port_range){ ntohs(at.sin_port), ntohs(at.sin_port) };
	tried = tried && diag_dump(d, &ask, &ev, &(struct err){ 0 }) == 0;
	told = !tried || ev.n > 0;
	evidence_free(&ev);
	diag_close(d);
	return told;
}

static bool bound_are_told(void)
{
	bool told;
	int fd;

	if (!kernel_is_before(6, 8))
		return true;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	told = fd < 0 || is_told(fd);
	if (fd >= 0)
		close(fd);
	return told;
}

bool diag_tells_bound(void)
{
	static int told = -1;

	if (told < 0)
		told = bound_are_told();
	return told;
}

/* --- single sockets ------------------------------------------------------------------------------------ */

/* A question about the socket between these two, written there. */
static struct inet_diag_req_v2 *put_request(struct nlmsghdr *nlh, uint16_t type, uint16_t flags,
                                            const struct endpoint *local, const struct endpoint *remote)
{
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof *req);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	req->sdiag_family = local->addr.family;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = DIAG_ALL_STATES;
	req->id.idiag_sport = htons(local->port);
	req->id.idiag_dport = htons(remote->port);
	memcpy(req->id.idiag_src, local->addr.bytes, sizeof local->addr.bytes);
	memcpy(req->id.idiag_dst, remote->addr.bytes, sizeof remote->addr.bytes);
	return req;
}

/* So many questions go at once: all their answers must find room in the socket before the first is read. */
enum { GETS_AT_ONCE = 32 };

static int send_gets(struct diag *d, const struct diag_pair *pairs, size_t n)
{
	size_t used = 0;

	d->seq++;
	for (size_t i = 0; i < n; i++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(d->buffer + used);
		struct inet_diag_req_v2 *req =
			put_request(nlh, SOCK_DIAG_BY_FAMILY, 0, &pairs[i].local, &pairs[i].remote);

		nlh->nlmsg_seq = d->seq;
		req->idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
		req->id.idiag_cookie[0] = req->id.idiag_cookie[1] = (uint32_t)INET_DIAG_NOCOOKIE;
		used += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	return mnl_socket_sendto(d->nl, d->buffer, used) < 0 ? -errno : 0;
}

/* How many answers one buffer holds; -errno when one of them is a refusal. */
static int take_answers(const struct diag *d, size_t size, struct look *look)
{
	const struct nlmsghdr *nlh = (const void *)d->buffer;
	int left = (int)size, n = 0;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq != d->seq)
			continue;
		if (nlh->nlmsg_type == NLMSG_ERROR && error_of(nlh) != -ENOENT)
			return error_of(nlh);
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			take_message(nlh, look);
		n++;
	}
	return n;
}

/* The kernel has answered all before the send returned: what is not there then will not come. */
static int gets(struct diag *d, const struct diag_pair *pairs, size_t n, struct look *look)
{
	int rc = send_gets(d, pairs, n);

	for (size_t answers = 0; rc >= 0 && answers < n; answers += (size_t)rc) {
		ssize_t size = recv(mnl_socket_get_fd(d->nl), d->buffer, DIAG_BUFFER, MSG_DONTWAIT);

		rc = size < 0 ? -errno : take_answers(d, (size_t)size, look);
		if (rc == -EINTR)
			rc = 0;
	}
	return rc < 0 ? rc : 0;
}

int diag_get(struct diag *d, const struct diag_pair *pairs, size_t n, struct evidence *ev, struct err *e)
{
	static const struct diag_ask ask = { .memory = true };
	struct look look = { d, &ask, DIAG_HASHED & ~(state_set)(1U << TCP_LISTEN), ev, false };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i += GETS_AT_ONCE)
		rc = gets(d, pairs + i, n - i < GETS_AT_ONCE ? n - i : GETS_AT_ONCE, &look);
	return rc < 0 ? err_sys(e, -rc, "sockets cannot be asked for one by one") : 0;
}

static void destroy(struct diag *d, const struct sock *s)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(d->buffer);
	struct inet_diag_req_v2 *req = put_request(nlh, SOCK_DESTROY, NLM_F_ACK, &s->local, &s->remote);

	nlh->nlmsg_seq = ++d->seq;
	req->id.idiag_cookie[0] = (uint32_t)s->key.cookie;
	req->id.idiag_cookie[1] = (uint32_t)(s->key.cookie >> 32);
	if (mnl_socket_sendto(d->nl, nlh, nlh->nlmsg_len) < 0)
		return;
	(void)mnl_socket_recvfrom(d->nl, d->buffer, DIAG_BUFFER); /* the ACK; who is left, the next look tells */
}

bool diag_spares_orphans(void)
{
	return kernel_is_before(6, 11);
}

int diag_destroy_all(struct diag *d)
{
	bool spare = diag_spares_orphans();
	struct evidence ev = { 0 };
	struct err e;
	int found = -1;

	if (diag_look(d, DIAG_HASHED, &ev, &e) == 0) {
		found = (int)ev.n;
		for (size_t i = 0; i < ev.n; i++)
			if (!spare || !sock_is_orphan(&ev.socks[i]))
				destroy(d, &ev.socks[i]);
	}
	evidence_free(&ev);
	return found;
}
