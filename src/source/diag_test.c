/* SPDX-License-Identifier: MIT
 * sock_diag: what a dump does when the kernel is disturbed (by a kernel of our own, for the real one hardly ever is),
 * and sockets asked for one by one, with the real one. */
#include "base/tap.h"
#include "source/diag.h"
#include "source/diag_abi.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* --- a kernel of our own -------------------------------------------------------------------------------- */

enum { MOST_ANSWERS = 16 };

/* One buffer of answers: sockets of these ports, then an end, if it is one. Or an error of recv(). */
struct answer {
	int error;
	uint16_t ports[4];
	uint16_t flags; /* of its first message */
	int after;      /* how many questions ago this was asked for */
	uint16_t end;   /* NLMSG_DONE, NLMSG_ERROR; 0: more follows */
	int code;       /* behind the end */
};

static struct {
	const struct answer *answers; /* NULL: the real kernel answers */
	size_t n, next;
	unsigned questions;
	uint32_t seq;
	size_t info;   /* bytes of tcp_info with each socket: its words are their numbers */
	size_t memory; /* and of sk_meminfo */
} fake;

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	ssize_t (*real)(const struct mnl_socket *, const void *, size_t) = dlsym(RTLD_NEXT, "mnl_socket_sendto");

	if (!fake.answers)
		return real(nl, buf, len);
	fake.seq = ((const struct nlmsghdr *)buf)->nlmsg_seq;
	fake.questions++;
	return (ssize_t)len;
}

enum { INFO_WORDS = 64 };

static void put_info(struct nlmsghdr *nlh)
{
	uint32_t words[INFO_WORDS];

	for (uint32_t i = 0; i < INFO_WORDS; i++)
		words[i] = i;
	if (fake.info)
		mnl_attr_put(nlh, INET_DIAG_INFO, fake.info, words);
	if (fake.memory)
		mnl_attr_put(nlh, INET_DIAG_SKMEMINFO, fake.memory, words);
}

static void put_socket(struct nlmsghdr *nlh, uint16_t port)
{
	struct inet_diag_msg *m = mnl_nlmsg_put_extra_header(nlh, sizeof *m);

	nlh->nlmsg_type = DIAG_GETSOCK;
	m->idiag_family = AF_INET;
	m->idiag_state = 1;
	m->id.idiag_sport = htons(port);
	m->id.idiag_dport = htons(1);
	mnl_attr_put_u8(nlh, INET_DIAG_SHUTDOWN, 0);
	put_info(nlh);
}

static size_t write_answer(const struct answer *a, char *buf)
{
	size_t used = 0;

	for (int i = 0; i < 5; i++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf + used);

		if (i < 4 && a->ports[i]) {
			put_socket(nlh, a->ports[i]);
		} else if (i == 4 && a->end) {
			nlh->nlmsg_type = a->end;
			*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = a->code;
		} else {
			continue;
		}
		nlh->nlmsg_flags = used ? 0 : a->flags;
		nlh->nlmsg_seq = fake.seq - (uint32_t)a->after;
		used += MNL_ALIGN(nlh->nlmsg_len);
	}
	return used;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	ssize_t (*real)(const struct mnl_socket *, void *, size_t) = dlsym(RTLD_NEXT, "mnl_socket_recvfrom");
	const struct answer *a = &fake.answers[fake.next];

	if (!fake.answers)
		return real(nl, buf, size);
	errno = EIO; /* asked for more than there is */
	if (fake.next++ >= fake.n)
		return -1;
	errno = a->error;
	return a->error ? -1 : (ssize_t)write_answer(a, buf);
}

/* The next questions are answered so, until fake.answers is NULL again. */
static void answer_with(const struct answer *answers, size_t n)
{
	fake.answers = answers;
	fake.n = n;
	fake.next = fake.questions = 0;
}

/* "80 81", of what was found; or the error. */
static void dumps(const char *should, unsigned questions, const char *what, const struct answer *answers, size_t n)
{
	static const struct diag_ask all = { .states = 0 };
	struct evidence ev = { 0 };
	struct buf is = { 0 };
	struct err e = { .what = "" };
	struct diag *d = diag_open(&e);
	int rc;

	answer_with(answers, n);
	rc = diag_dump(d, &all, &ev, &e);
	for (size_t i = 0; i < ev.n && rc == 0; i++)
		buf_addf(&is, "%s%u", i ? " " : "", ev.socks[i].local.port);
	if (rc < 0)
		buf_puts(&is, err_text(&e));
	fake.answers = NULL;
	same_text(buf_text(&is), should, what);
	ok(fake.questions == questions && fake.next == n, "with %u questions, and all answers were taken", questions);
	evidence_free(&ev);
	buf_free(&is);
	diag_close(d);
}
#define DUMPS(should, questions, what, ...)                                                                            \
	dumps(should, questions, what, (const struct answer[]){ __VA_ARGS__ },                                         \
	      ARRAY_SIZE(((const struct answer[]){ __VA_ARGS__ })))

#define DISTURBED                                                                                                      \
	{                                                                                                              \
		.ports = { 90, 91 }, .flags = NLM_F_DUMP_INTR                                                          \
	}
#define END                                                                                                            \
	{                                                                                                              \
		.end = NLMSG_DONE                                                                                      \
	}

static void disturbed(void)
{
	DUMPS("80 81 82", 1, "a dump of two buffers", { .ports = { 80, 81 } }, { .ports = { 82 } }, END);
	DUMPS("80 81", 2, "a disturbed dump is read to its end, and made again", DISTURBED, { .ports = { 92 } }, END,
	      { .ports = { 80, 81 } }, END);
	DUMPS("the kernel's socket table cannot be read (interrupted system call)", 3, "three times at most", DISTURBED,
	      END, DISTURBED, END, DISTURBED, END);
	DUMPS("80 81", 1, "a signal does not end it", { .ports = { 80 } }, { .error = EINTR }, { .ports = { 81 } },
	      END);
	DUMPS("80 81", 2, "what had no room is asked for again", { .ports = { 90 } }, { .error = ENOBUFS },
	      { .ports = { 91 } }, END, { .ports = { 80, 81 } }, END);
	DUMPS("80", 1, "the rest of an older dump is passed over", { .ports = { 90 }, .after = 1 },
	      { .end = NLMSG_DONE, .after = 1 }, { .ports = { 80 } }, END);
	DUMPS("the kernel's socket table cannot be read (device or resource busy)", 1, "a refusal",
	      { .end = NLMSG_ERROR, .code = -EBUSY });
	DUMPS("the kernel's socket table cannot be read (no such file or directory)", 1,
	      "an error behind the end is no empty table", { .end = NLMSG_DONE, .code = -ENOENT });
	DUMPS("the kernel's socket table cannot be read (input/output error)", 1, "no answer", { .error = EIO });
}

/* In parts: what each adds, a word for the end. */
static void parts(const char *should, const char *what, const struct answer *answers, size_t n)
{
	static const struct diag_ask all = { .states = 0 };
	struct evidence ev = { 0 };
	struct buf is = { 0 };
	struct err e = { .what = "" };
	struct diag *d = diag_open(&e);
	int rc;

	answer_with(answers, n);
	for (rc = diag_begin(d, &all, &e) == 0; rc > 0;)
		rc = diag_more(d, &ev, &e);
	fake.answers = NULL;
	for (size_t i = 0; i < ev.n; i++)
		buf_addf(&is, "%u ", ev.socks[i].local.port);
	buf_puts(&is, rc < 0 ? err_text(&e) : "all");
	same_text(buf_text(&is), should, what);
	evidence_free(&ev);
	buf_free(&is);
	diag_close(d);
}
#define PARTS(should, what, ...)                                                                                       \
	parts(should, what, (const struct answer[]){ __VA_ARGS__ },                                                    \
	      ARRAY_SIZE(((const struct answer[]){ __VA_ARGS__ })))

static void in_parts(void)
{
	PARTS("80 81 82 all", "in parts", { .ports = { 80, 81 } }, { .ports = { 82 } }, END);
	PARTS("90 91 80 the kernel's socket table cannot be read (interrupted system call)",
	      "the end of what was disturbed is not all", DISTURBED, { .ports = { 80 } }, END);
	PARTS("80 81 the kernel's socket table cannot be read (interrupted system call)", "nor of what had no room",
	      { .ports = { 80 } }, { .error = ENOBUFS }, { .ports = { 81 } }, END);
	PARTS("80 81 all", "a signal takes nothing", { .ports = { 80 } }, { .error = EINTR }, { .ports = { 81 } }, END);
}

/* --- one by one ----------------------------------------------------------------------------------------- */

static struct endpoint end_of(int fd, int (*name)(int, struct sockaddr *restrict, socklen_t *restrict))
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof ss;

	name(fd, (struct sockaddr *)&ss, &len);
	return endpoint_from_sockaddr(&ss);
}

static struct diag_pair pair_of(int fd)
{
	return (struct diag_pair){ end_of(fd, getsockname), end_of(fd, getpeername) };
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	return cookie;
}

static int listen_at(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listen(fd, 200) < 0)
		printf("# listen: %s\n", strerror(errno));
	return fd;
}

static int connect_to(int listener, int family)
{
	struct endpoint to = end_of(listener, getsockname);
	struct sockaddr_storage ss;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr_parse(family == AF_INET ? "127.0.0.1" : "::1", &to.addr);
	if (connect(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&to, &ss)) < 0)
		printf("# connect: %s\n", strerror(errno));
	return fd;
}

/* Whose cookies come for these pairs? */
static void finds(struct diag *d, const struct diag_pair *pairs, size_t n, const uint64_t *cookies, size_t found,
                  const char *what)
{
	struct evidence ev = { 0 };
	struct err e = { .what = "" };
	size_t right = 0;
	int rc = diag_get(d, pairs, n, &ev, &e);

	for (size_t i = 0; i < ev.n && i < found; i++)
		right += ev.socks[i].key.cookie == cookies[i];
	ok(rc == 0 && ev.n == found && right == found, "%s: %zu found, %zu of them right%s%s", what, ev.n, right,
	   rc < 0 ? ", " : "", err_text(&e));
	evidence_free(&ev);
}

static struct diag_pair turned(struct diag_pair p)
{
	return (struct diag_pair){ p.remote, p.local };
}

static void both_ends(struct diag *d, int from, int family, const char *what)
{
	int client = connect_to(from, family), server = accept4(from, NULL, NULL, SOCK_CLOEXEC);
	const struct diag_pair pair = pair_of(client), both[] = { pair, turned(pair) };
	const uint64_t cookies[] = { cookie_of(client), cookie_of(server) };

	finds(d, both, 2, cookies, 2, what);
	close(client); /* who closes first keeps the TIME_WAIT */
	close(server);
	finds(d, both, 2, cookies, 1, "in TIME_WAIT: one end, of the same cookie");
}

static void closed(struct diag *d, int from)
{
	int client = connect_to(from, AF_INET), server = accept4(from, NULL, NULL, SOCK_CLOEXEC);
	const struct diag_pair pair = pair_of(client), other = turned(pair);
	const struct linger now = { 1, 0 };

	setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(client);
	close(server);
	finds(d, &pair, 1, NULL, 0, "what is gone");
	finds(d, &other, 1, NULL, 0, "nor does its listener answer for it");
}

static void many(struct diag *d, int from)
{
	enum { MANY = 100 };
	struct diag_pair pairs[MANY];
	uint64_t cookies[MANY];
	int fds[MANY];

	for (int i = 0; i < MANY; i++) {
		fds[i] = connect_to(from, AF_INET);
		pairs[i] = pair_of(fds[i]);
		cookies[i] = cookie_of(fds[i]);
	}
	finds(d, pairs, MANY, cookies, MANY, "more than go at once");
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

static void on_device(struct diag *d, int from)
{
	static const struct diag_ask hashed = { .states = DIAG_HASHED };
	struct endpoint to = end_of(from, getsockname);
	struct sockaddr_storage ss;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = cookie_of(fd);
	struct evidence ev = { 0 };
	size_t bound = 0, others = 0;
	struct err e;

	addr_parse("127.0.0.1", &to.addr);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) < 0 ||
	    connect(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&to, &ss)) < 0)
		printf("# bound to a device: %s\n", strerror(errno));
	diag_dump(d, &hashed, &ev, &e);
	for (size_t i = 0; i < ev.n; i++)
		*(ev.socks[i].key.cookie == cookie ? &bound : &others) += ev.socks[i].on_device;
	ok(bound == 1 && others == 0, "a socket that is bound to a device says so, and no other: %zu, %zu", bound,
	   others);
	evidence_free(&ev);
	close(fd);
}

static bool loopback_is_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = ioctl(fd, SIOCSIFFLAGS, &r) == 0;

	close(fd);
	return up;
}

static void one_by_one(void)
{
	int v4, dual;
	struct err e;
	struct diag *d;

	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) < 0 || !loopback_is_up()) {
		puts("# the rest is skipped: no network namespace can be made");
		return;
	}
	d = diag_open(&e);
	v4 = listen_at(AF_INET);
	dual = listen_at(AF_INET6);
	both_ends(d, v4, AF_INET, "IPv4");
	both_ends(d, dual, AF_INET6, "IPv6");
	both_ends(d, dual, AF_INET, "IPv4 to a listener of IPv6");
	closed(d, v4);
	many(d, v4);
	on_device(d, v4);
	close(v4);
	close(dual);
	diag_close(d);
}

/* What is told of a connection by a kernel that sends so many bytes of tcp_info. Offsets by hand, from
 * include/uapi/linux/tcp.h; `wide` ones have 64 bits. */
static void told_of(size_t bytes)
{
	static const struct {
		enum sock_number is;
		size_t at;
		bool wide;
	} places[] = {
		{ INFO_rto_us, 8, false },       { INFO_mss, 16, false },         { INFO_unacked, 24, false },
		{ INFO_lost, 32, false },        { INFO_retrans_out, 36, false }, { INFO_last_snd_ms, 44, false },
		{ INFO_last_rcv_ms, 52, false }, { INFO_last_ack_ms, 56, false }, { INFO_rtt_us, 68, false },
		{ INFO_rttvar_us, 72, false },   { INFO_cwnd, 80, false },        { INFO_total_retrans, 100, false },
		{ INFO_snd_wnd, 228, false },    { INFO_rcv_wnd, 232, false },    { INFO_bytes_received, 128, true },
	};
	static const struct answer answer = { .ports = { 80 }, .end = NLMSG_DONE };
	static const struct diag_ask ask = { .info = true };
	struct evidence ev = { 0 };
	struct err e = { .what = "" };
	struct diag *d = diag_open(&e);
	size_t wrong = 0;

	answer_with(&answer, 1);
	fake.info = bytes;
	ok(diag_dump(d, &ask, &ev, &e) == 0 && ev.n == 1, "a socket with %zu bytes of tcp_info", bytes);
	for (size_t i = 0; i < ARRAY_SIZE(places) && ev.infos; i++) {
		int64_t first = (int64_t)places[i].at / 4, both = first | (first + 1) << 32;
		bool told = bytes >= places[i].at + (places[i].wide ? 8 : 4);

		wrong += sock_number(&ev.infos[0], places[i].is) != (!told ? UNKNOWN : places[i].wide ? both : first);
	}
	ok(ARRAY_SIZE(places) == SOCK_NUMBERS && !wrong, "each number is told, or unknown: %zu wrong", wrong);
	ok(ev.infos && ev.infos[0].sent == (bytes >= 160 ? SENT_SOME : SENT_UNKNOWN), "and whether it has sent");
	fake.answers = NULL;
	fake.info = 0;
	evidence_free(&ev);
	diag_close(d);
}

/* Linux 5.10 sends 232 bytes, 6.2 and later 240 and more; others what they like. */
static void older_kernels(void)
{
	static const size_t bytes[] = { 104, 131, 135, 136, 159, 160, 231, 232, 235, 236, 240, 256 };

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
		told_of(bytes[i]);
}

/* Whose user, and drops, are told: sk_meminfo's ninth word, which Linux before 4.6 does not send; the user of what a
 * process holds. */
static void facts(void)
{
	static const struct {
		size_t memory;
		bool told;
	} cases[] = { { 0, false }, { 32, false }, { 35, false }, { 36, true }, { 64, true } };
	static const struct answer answer = { .ports = { 80 }, .end = NLMSG_DONE };
	static const struct diag_ask ask = { .memory = true };
	struct err e = { .what = "" };
	struct diag *d = diag_open(&e);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct evidence ev = { 0 };

		answer_with(&answer, 1);
		fake.memory = cases[i].memory;
		ok(diag_dump(d, &ask, &ev, &e) == 0 && ev.n == 1 &&
		           sock_tells(&ev.socks[0], TOLD_DROPS) == cases[i].told &&
		           ev.socks[0].drops == (cases[i].told ? 8 : 0),
		   "%zu bytes of sk_meminfo: drops are %s", cases[i].memory, cases[i].told ? "told" : "not told");
		ok(!sock_tells(&ev.socks[0], TOLD_UID) && sock_tells(&ev.socks[0], TOLD_INODE),
		   "of what no process holds it is told that, and not whose it is");
		evidence_free(&ev);
	}
	fake.answers = NULL;
	fake.memory = 0;
	diag_close(d);
}

int main(void)
{
	disturbed();
	in_parts();
	older_kernels();
	facts();
	one_by_one();
	return tap_done();
}
