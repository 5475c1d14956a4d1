/* SPDX-License-Identifier: MIT
 * What the tests of the filter language share: a host of eleven sockets, and asking which of them a filter finds. */
#ifndef MODEL_FILTER_TEST_H
#define MODEL_FILTER_TEST_H

#include "base/tap.h"
#include "base/text.h"
#include "model/filter.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* --- the host --------------------------------------------------------------------------------------------- */

#define HOME 4026531840U
#define AWAY 4026532000U

/* The sockets, by the letters that the tests call them by. */
enum { L, M, Q, N, E, W, T, F, S, B, K, SOCKS };
static const char letters[] = "LMQNEWTFSBK";

static struct evidence host;

static inline struct endpoint end(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	addr_parse(addr, &e.addr);
	return e;
}

static inline void add(enum tcp_state state, struct endpoint local, struct endpoint remote, struct sock rest)
{
	rest.key = (struct sock_key){ HOME, host.n + 1 };
	rest.state = state;
	rest.local = local;
	rest.remote = remote;
	rest.untold = uid_untold(rest.held, rest.uid);
	evidence_add(&host, &rest);
	*evidence_add_info(&host) = (struct sock_info){ .known = !rest.is_mini, .cwnd = 10 };
}

static inline void hold(int sock, pid_t pid, pid_t tid, const char *comm, int fd)
{
	struct holder h = { .pid = pid, .tid = tid };

	strncpy(h.comm, comm, sizeof h.comm - 1);
	host.socks[sock].held = true;
	host.socks[sock].untold = 0;
	host.socks[sock].inode = 100 + (uint32_t)sock;
	evidence_add_owner(&host, &host.socks[sock], evidence_add_holder(&host, &h), fd);
}

static inline void make_sockets(void)
{
	struct endpoint v4 = end("10.0.0.1", 80), any4 = end("0.0.0.0", 0), any6 = end("::", 0);

	add(TCP_LISTEN, end("0.0.0.0", 80), any4,
	    (struct sock){ .rq = 3, .wq = 128, .half_open = 1, .drops = 7, .cgroup = 5 });
	add(TCP_LISTEN, end("::", 443), any6, (struct sock){ .wq = 511, .cgroup = 5 });
	add(TCP_NEW_SYN_RECV, v4, end("10.0.0.9", 5001),
	    (struct sock){ .is_mini = true,
	                   .no_owner = NO_OWNER_SYN_QUEUE,
	                   .listener = L + 1,
	                   .timer = TIMER_ON,
	                   .retrans = 2 });
	add(TCP_ESTABLISHED, v4, end("10.0.0.9", 5002),
	    (struct sock){ .rq = 100,
	                   .no_owner = NO_OWNER_NOT_ACCEPTED,
	                   .listener = L + 1,
	                   .age = span_s(30),
	                   .age_is = AGE_EXACT });
	add(TCP_ESTABLISHED, v4, end("10.0.0.9", 5003),
	    (struct sock){ .wq = 70000,
	                   .timer = TIMER_ON,
	                   .retrans = 1,
	                   .age = span_s(120),
	                   .age_is = AGE_AT_LEAST,
	                   .cgroup = 5 });
	add(TCP_CLOSE_WAIT, v4, end("192.168.7.7", 6000),
	    (struct sock){ .rq = 1, .uid = 1000, .age = span_s(90), .age_is = AGE_EXACT, .cgroup = 6 });
	add(TCP_TIME_WAIT, v4, end("10.0.0.9", 5005),
	    (struct sock){ .is_mini = true,
	                   .no_owner = NO_OWNER_TIME_WAIT,
	                   .timer = TIMER_TIMEWAIT,
	                   .age = span_s(20),
	                   .age_is = AGE_AT_LEAST });
	add(TCP_FIN_WAIT2, end("fd00::1", 443), end("fd00::9", 7000),
	    (struct sock){ .is_mini = true, .no_owner = NO_OWNER_ORPHAN });
	add(TCP_SYN_SENT, end("::ffff:10.0.0.1", 40000), end("::ffff:93.184.216.34", 8080),
	    (struct sock){ .uid = 33, .wq = 1 });
	add(TCP_BOUND, end("0.0.0.0", 9999), any4, (struct sock){ .uid = 1000 });
	add(TCP_ESTABLISHED, end("10.0.0.1", 700), end("10.0.0.2", 2049),
	    (struct sock){ .held = true, .no_owner = NO_OWNER_KERNEL });
}

static inline void make_host(void)
{
	make_sockets();
	host.socks[K].key.netns = AWAY;
	host.infos[E] =
		(struct sock_info){ .known = true, .rtt_us = 150000, .cwnd = 4, .mss = 1448, .total_retrans = 12 };
	host.infos[N] = (struct sock_info){ .known = true, .rtt_us = 5000, .cwnd = 10, .mss = 536 };
	hold(L, 10, 10, "nginx", 6);
	hold(L, 11, 11, "nginx-worker", 6);
	hold(M, 10, 10, "nginx", 7);
	hold(E, 11, 11, "nginx-worker", 9);
	hold(W, 20, 21, "leaky", 5);
	hold(B, 20, 20, "leaky", 8);
	hold(S, 30, 30, "tmux: server", 3);
}

/* --- asking ----------------------------------------------------------------------------------------------- */

static inline bool find_netns(void *ctx, const char *name, uint64_t *inode)
{
	(void)ctx;
	*inode = AWAY;
	return streq(name, "blue") || streq(name, "/run/netns/blue") || streq(name, "77");
}

static inline bool find_cgroup(void *ctx, const char *path, uint64_t *id)
{
	(void)ctx;
	*id = 6;
	return streq(path, "/leaky.scope");
}

static const struct filter_names names = { NULL, find_netns, find_cgroup };

/* The letters of the sockets that match; "? the error" if it is no filter. Valid until the next call. */
static const char *found(const char *text)
{
	static char out[sizeof(struct err) + 4];
	struct err e;
	struct filter *f = filter_parse(text, &names, &e);
	size_t n = 0;

	if (!f) {
		snprintf(out, sizeof out, "? %s", err_text(&e));
		return out;
	}
	for (size_t i = 0; i < host.n; i++)
		if (filter_match(f, &host, i))
			out[n++] = letters[i];
	out[n] = 0;
	filter_free(f);
	return out;
}

struct row {
	const char *text, *finds;
};

static inline void all_find(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		same_text(found(rows[i].text), rows[i].finds, *rows[i].text ? rows[i].text : "nothing");
}

#define FIND(rows) all_find(rows, ARRAY_SIZE(rows))

static inline struct filter *parsed(const char *text)
{
	struct err e;
	struct filter *f = filter_parse(text, &names, &e);

	if (f)
		return f;
	printf("Bail out! '%s' is no filter: %s\n", text, err_text(&e));
	exit(1);
}

/* Two lines below the sentence, of 4 + 72 columns at most, the caret the last character. */
static inline bool well_formed(const char *error)
{
	const char *text = strchr(error, '\n'), *caret = text ? strchr(text + 1, '\n') : NULL;
	char line[sizeof(struct err)];

	if (!text || !caret)
		return false;
	snprintf(line, sizeof line, "%.*s", (int)(caret - text - 1), text + 1);
	return text > error && text_width(line) <= 76 && text_width(caret + 1) <= text_width(line) + 1 &&
	       caret[strlen(caret) - 1] == '^' && strspn(caret + 1, " ") == strlen(caret) - 2;
}

#endif
