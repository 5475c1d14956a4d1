/* SPDX-License-Identifier: MIT
 * Engine C on a kernel made by hand: what its two walks find is joined by hash and ports as well as by address, for
 * between them a socket may be closed and another be made in its place, or be opened. The walker is this file's. */
#include "base/tap.h"
#include "source/engine.h"
#include "source/walk.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* --- the kernel ---------------------------------------------------------------------------------------------- */

enum { NETNS = 1000, FAR = 2000 };

/* Sockets are called by letters, the kernel's addresses of them and their hashes follow from these. */
struct fd {
	int pid, tid, fd;
	uint64_t sk, socket;
	uint32_t hash, ports;
	int walk; /* in which it is found; 0: in each */
};

struct so {
	char letter;
	enum tcp_state state;
	unsigned flags; /* WALK_… */
	int bound;      /* it is in no hash, and found by so many descriptors */
	bool far, moved;
	uint8_t timer; /* 0: 1, with 25 ticks left */
	int32_t timer_left;
};

enum { FDS = 6, SOCKS = 4 };

struct kernel {
	struct fd fds[FDS];
	struct so socks[SOCKS];
	size_t n_fds, n_socks;
	size_t copies; /* of the first socket, at other places: none of them has a descriptor */
	bool blind;    /* processes outside of a PID namespace are not seen */
};

static uint64_t sk_of(char letter)
{
	return 64 * (uint64_t)letter;
}

static uint64_t socket_of(char letter)
{
	return 640 * (uint64_t)letter;
}

/* "80:3=A": descriptor 3 of process 80 leads to A. "80.82:3": of its thread 82. Behind the letter: "/hash", "/ports":
 * another socket's, which was at that place before; "/mptcp": an MPTCP socket's of which A is a subflow; "@2": found in
 * the second walk only. */
static void read_fd(struct kernel *k, const char *word)
{
	struct fd *f = &k->fds[k->n_fds++];
	char letter, rest[32] = "";

	*f = (struct fd){ .tid = 0 };
	if (sscanf(word, "%d.%d:%d=%c%31s", &f->pid, &f->tid, &f->fd, &letter, rest) < 4) {
		sscanf(word, "%d:%d=%c%31s", &f->pid, &f->fd, &letter, rest);
		f->tid = f->pid;
	}
	f->sk = sk_of(letter) + (strstr(rest, "/mptcp") ? 1 << 20 : 0);
	f->socket = socket_of(letter);
	f->hash = (uint32_t)letter + (strstr(rest, "/hash") || strstr(rest, "/mptcp") ? 1000 : 0);
	f->ports = (uint32_t)letter + (strstr(rest, "/ports") || strstr(rest, "/mptcp") ? 1000 : 0);
	f->walk = strstr(rest, "@2") ? 2 : 0;
}

/* "A": held, with a file. "A/kernel": without one; "A/bare": no struct socket; "A/moved": another is at its place when
 * it is looked at again; "A/far": of another namespace; "A/bound2": bound alone, found at two descriptors. */
static void read_sock(struct kernel *k, const char *word)
{
	struct so *s = &k->socks[k->n_socks++];
	const char *bound = strstr(word, "/bound");

	*s = (struct so){ .letter = *word,
		          .state = bound ? TCP_BOUND : TCP_ESTABLISHED,
		          .flags = WALK_HAS_SOCKET | WALK_HAS_FILE,
		          .bound = bound ? atoi(bound + 6) : 0,
		          .far = strstr(word, "/far") != NULL,
		          .moved = strstr(word, "/moved") != NULL };
	if (strstr(word, "/kernel") || s->moved)
		s->flags = WALK_HAS_SOCKET;
	if (strstr(word, "/bare"))
		s->flags = 0;
}

static void read_words(struct kernel *k, const char *text, void (*read)(struct kernel *k, const char *word))
{
	char word[64];

	for (int n; sscanf(text, "%63s%n", word, &n) == 1; text += n)
		read(k, word);
}

static struct walker {
	const struct kernel *k;
	int fd_walks;    /* of the tables */
	unsigned wanted; /* WALK_… of the first walk of a hash */
	uint32_t states;
	unsigned hashes_walked; /* bits */
	bool given[2];
} walker;

struct walker *walker_open(bool cgroups, struct err *e)
{
	(void)cgroups;
	(void)e;
	return &walker;
}

void walker_close(struct walker *w)
{
	(void)w;
}

bool walker_knows_cgroups(const struct walker *w)
{
	(void)w;
	return true;
}

bool walker_sees_all_processes(const struct walker *w)
{
	return !w->k->blind;
}

struct span walker_ticks(const struct walker *w, int64_t ticks)
{
	(void)w;
	return span_ms(ticks * 4);
}

static void add_bound(struct walk_fds *piece, const struct so *s)
{
	for (int i = 0; i < s->bound; i++)
		piece->bound[piece->n_bound++] = (struct walk_sock){ .sk = sk_of(s->letter),
			                                             .socket = socket_of(s->letter),
			                                             .hash = (uint32_t)s->letter,
			                                             .ports = (uint32_t)s->letter,
			                                             .netns = NETNS,
			                                             .family = AF_INET,
			                                             .state = 13,
			                                             .flags = (uint8_t)s->flags };
}

static void add_fd(struct walk_fds *piece, const struct fd *f)
{
	piece->tasks[piece->n_tasks] = (struct walk_task){ f->pid, f->tid, "by-hand" };
	piece->all[piece->n++] = (struct walk_fd){ f->sk, f->socket, f->hash, f->ports, piece->n_tasks++, f->fd };
}

/* In two pieces: all descriptors but the first come with the second one. */
const struct walk_fds *walker_fds(struct walker *w, bool again, unsigned want, struct err *e)
{
	static struct walk_fds piece;
	static int pieces;

	(void)want;
	(void)e;
	pieces = again ? 0 : pieces + 1;
	w->fd_walks += again;
	if (pieces == 2)
		return NULL;
	piece.n = piece.n_tasks = piece.n_bound = 0;
	for (size_t i = 0; i < w->k->n_fds; i++)
		if ((i > 0) == pieces && (!w->k->fds[i].walk || w->k->fds[i].walk == w->fd_walks))
			add_fd(&piece, &w->k->fds[i]);
	for (size_t i = 0; i < w->k->n_socks && pieces == 0; i++)
		add_bound(&piece, &w->k->socks[i]);
	return &piece;
}

/* The first is the listeners'. */
int walker_hashes(struct walker *w, struct err *e)
{
	(void)e;
	w->given[0] = w->given[1] = false;
	return 2;
}

bool walker_is_listeners(const struct walker *w, int i)
{
	(void)w;
	return i == 0;
}

static struct walk_sock sock_of(const struct so *s, bool second)
{
	return (struct walk_sock){ .sk = sk_of(s->letter),
		                   .socket = socket_of(s->letter),
		                   .hash = (uint32_t)s->letter + (second && s->moved ? 1000 : 0),
		                   .ports = (uint32_t)s->letter,
		                   .netns = s->far ? FAR : NETNS,
		                   .family = AF_INET,
		                   .state = (uint8_t)tcp_state_info(s->state)->number,
		                   .flags = (uint8_t)s->flags,
		                   .since_ack = 250,
		                   .since_snd = 500,
		                   .timer = s->timer ? s->timer : 1,
		                   .timer_left = s->timer ? s->timer_left : 25 };
}

static size_t fill_piece(struct walk_socks *piece, const struct kernel *k, bool second)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n_socks; i++) {
		if (k->socks[i].bound)
			continue;
		piece->info[n] = (struct walk_info){ .since_rcv = 750, .rto = 50, .mss = 1448, .rcv_wnd = 9 };
		piece->all[n++] = sock_of(&k->socks[i], second);
	}
	for (size_t i = 0; i < k->copies; i++) {
		piece->all[n] = sock_of(&k->socks[0], second);
		piece->all[n].sk += (1 << 21) * (i + 1);
		piece->all[n++].socket += (1 << 21) * (i + 1);
	}
	return n;
}

const struct walk_socks *walker_socks(struct walker *w, int i, bool again, const struct walk_asked *asked, size_t *n,
                                      struct err *e)
{
	static struct walk_socks piece;
	bool second = asked->want == WALK_FILE;

	(void)again;
	(void)e;
	if (!second) {
		w->hashes_walked |= 1U << i;
		w->wanted = asked->want;
		w->states = asked->states;
	}
	*n = w->given[i] || i == 0 ? 0 : fill_piece(&piece, w->k, second);
	w->given[i] = true;
	return &piece;
}

void walker_troubles(const struct walker *w, size_t *again, size_t *unsure)
{
	(void)w;
	*again = 5;
	*unsure = 2;
}

/* --- what it makes of it ------------------------------------------------------------------------------------- */

static void add_owners(struct buf *out, const struct evidence *ev, const struct sock *s)
{
	size_t n = 0;

	FOR_EACH_OWNER(o, ev, s)
	{
		const struct holder *h = holder_of(ev, o);

		buf_addf(out, n++ ? ",%d" : "%d", h->pid);
		if (h->tid != h->pid)
			buf_addf(out, "/%d", h->tid);
		buf_addf(out, ":%d", o->fd);
	}
	if (!n)
		buf_addf(out, "- %s", no_owner_info((enum no_owner)s->no_owner)->word);
}

static const struct row {
	const char *what, *fds, *socks, *look;
	const char *owners; /* of each socket in their order: "80:3", or "-" and why there is none */
} rows[] = {
	{ "a socket and its descriptor", "80:3=A", "A", "", "80:3" },
	{ "nobody's", "", "A", "", "- in-flight" },
	{ "the kernel's: it has no file", "", "A/kernel", "", "- kernel" },
	{ "not the kernel's: it was closed, another one stands there by now", "", "A/moved", "", "- in-flight" },
	{ "not accepted: there is nothing that a descriptor could lead to", "80:3=A", "A/bare", "", "- not-accepted" },
	{ "a descriptor of what was there before, by its hash", "80:3=A/hash", "A", "", "- in-flight" },
	{ "and by its ports", "80:3=A/ports", "A", "", "- in-flight" },
	{ "a descriptor of another one", "80:3=B", "A", "", "- in-flight" },
	{ "of two at one place the one that fits", "80:3=A/hash 81:4=A", "A", "", "81:4" },
	{ "opened between the walks", "80:3=A@2", "A", "", "80:3" },
	{ "and beside one that was there", "80:3=A 80:4=B@2", "A B", "", "80:3 | 80:4" },
	{ "of which not all are seen", "80:3=A@2", "A", "blind", "- hidden" },
	{ "of which this one is", "80:3=A", "A", "blind", "80:3" },
	{ "an MPTCP subflow: a sock of its own, the same struct socket", "80:3=A/mptcp", "A", "", "80:3" },
	{ "seen from within a PID namespace", "80:3=A/mptcp", "A", "blind", "80:3" },
	{ "a subflow beside a socket", "80:3=A/mptcp 81:4=B", "A B", "", "80:3 | 81:4" },
	{ "copies, as they were found", "80:3=A 80:4=A", "A", "", "80:3,80:4" },
	{ "copies of a subflow's", "80:3=A/mptcp 81:4=A/mptcp", "A", "", "80:3,81:4" },
	{ "two processes", "80:3=A 81:5=A", "A", "", "80:3,81:5" },
	{ "a thread with a table of its own", "80.82:3=A", "A", "", "80/82:3" },
	{ "to each its own", "80:3=B 80:4=A", "A B", "", "80:4 | 80:3" },
	{ "bound alone, and two descriptors in each walk: one socket", "80:3=A 80:4=A", "A/bound2", "", "80:3,80:4" },
	{ "two of those", "80:3=A 80:4=B", "A/bound1 B/bound1", "", "80:3 | 80:4" },
	{ "two walks find it no second time", "80:3=B", "A/bound1 B", "", "80:3 | - in-flight" },
	{ "bound ones were not asked for", "80:3=A", "A/bound1", "established", "" },
	{ "another namespace was asked for", "80:3=A 80:4=B", "A B/far", "far", "80:4" },
	{ "64 that nobody has are worth a second look", "", "A/kernel", "copies 63", "- kernel | - kernel" },
	{ "65 are not", "", "A/kernel", "copies 64", "- one-of | - one-of" },
	{ "nor are their subflows found", "80:3=A/mptcp", "A/kernel", "copies 64", "- one-of | - one-of" },
};

static struct engine_ask read_look(struct kernel *k, const char *look)
{
	struct engine_ask ask = { .want = WANT_OWNERS };

	k->blind = streq(look, "blind");
	ask.netns = streq(look, "far") ? FAR : 0;
	ask.states = streq(look, "established") ? 1U << TCP_ESTABLISHED : 0;
	if (strncmp(look, "copies ", 7) == 0)
		k->copies = (size_t)atoi(look + 7);
	return ask;
}

/* As the engine finds it; the report and the error are of no matter here. */
static void look(const struct kernel *k, const struct engine_ask *ask, struct evidence *ev)
{
	struct engine_report report = { 0 };
	struct err e = { 0 };

	walker = (struct walker){ .k = k };
	ok(engine_walk.look(engine_walk.open(0, &e), ask, ev, &report, &e) == 0 && report.again == 5 &&
	           report.unsure == 2,
	   "it looks, and says how well it could");
}

static void try_row(const struct row *row)
{
	struct kernel k = { .n_fds = 0 };
	struct engine_ask ask = read_look(&k, row->look);
	struct evidence ev = { 0 };
	struct buf out = { 0 };

	read_words(&k, row->fds, read_fd);
	read_words(&k, row->socks, read_sock);
	look(&k, &ask, &ev);
	for (size_t i = 0; i < ev.n && (!k.copies || i < 2); i++) {
		buf_puts(&out, i ? " | " : "");
		add_owners(&out, &ev, &ev.socks[i]);
	}
	same_text(buf_text(&out), row->owners, row->what);
	buf_free(&out);
	evidence_free(&ev);
}

/* --- what it asks for ---------------------------------------------------------------------------------------- */

/* The kernel's numbers: include/net/tcp_states.h. */
enum { ESTABLISHED = 1, LISTEN = 10, BOUND_INACTIVE = 13 };

static const struct {
	const char *what;
	unsigned want, states;   /* of it */
	unsigned walked, hashes; /* WALK_…; bits: the listeners' hash, the other one */
	int fd_walks;
} asks[] = {
	{ "nothing but the sockets", 0, 0, 0, 3, 1 },
	{ "listeners, in a hash of their own", 0, 1U << TCP_LISTEN, 0, 1, 0 },
	{ "all others, in the other one", 0, 1U << TCP_ESTABLISHED, 0, 2, 0 },
	{ "bound ones, in none", 0, 1U << TCP_BOUND, 0, 0, 1 },
	{ "inodes", WANT_INODE, 0, WALK_INODE, 3, 1 },
	{ "timers", WANT_TIMER, 0, WALK_TIMER, 3, 1 },
	{ "users", WANT_UID, 0, WALK_UID, 3, 1 },
	{ "ages", WANT_AGE, 0, WALK_AGE, 3, 1 },
	{ "what was thrown away", WANT_DROPS, 0, WALK_DROPS, 3, 1 },
	{ "cgroups", WANT_CGROUP, 0, WALK_CGROUP, 3, 1 },
	{ "tcp_info, with its times", WANT_INFO, 0, WALK_INFO | WALK_AGE, 3, 1 },
	{ "owners", WANT_OWNERS, 1U << TCP_ESTABLISHED, 0, 2, 1 },
};

static void asking(void)
{
	struct kernel k = { .n_fds = 0 };

	read_sock(&k, "A/bare");
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		struct engine_ask ask = { .want = asks[i].want, .states = (state_set)asks[i].states };
		struct evidence ev = { 0 };

		look(&k, &ask, &ev);
		ok(!asks[i].hashes || walker.wanted == asks[i].walked, "asked for %s it reads that", asks[i].what);
		ok(walker.hashes_walked == asks[i].hashes && walker.fd_walks == asks[i].fd_walks, "and walks so far");
		evidence_free(&ev);
	}
}

static void states(void)
{
	static const struct kernel nobody = { .n_fds = 0 };
	struct engine_ask ask = { .states = 1U << TCP_ESTABLISHED | 1U << TCP_LISTEN };
	struct evidence ev = { 0 };

	look(&nobody, &ask, &ev);
	ok(walker.states == (1U << ESTABLISHED | 1U << LISTEN), "states are asked for by the kernel's numbers");
	ask.states = 0;
	look(&nobody, &ask, &ev);
	ok(walker.states >> BOUND_INACTIVE & 1 && walker.states >> ESTABLISHED & 1, "or all of them");
	evidence_free(&ev);
}

/* --- times --------------------------------------------------------------------------------------------------- */

/* A tick is 4 ms here. */
static void times(void)
{
	static const struct kernel k = { .n_socks = 2,
		                         .socks = { { 'A', TCP_FIN_WAIT2, WALK_HAS_SOCKET | WALK_NEVER_SENT, 0, 0, 0, 0,
		                                      0 },
		                                    { 'B', TCP_TIME_WAIT, WALK_MINI, 0, 0, 0, 0, 0 } } };
	struct engine_ask ask = { .want = WANT_INFO | WANT_TIMER };
	struct evidence ev = { 0 };

	look(&k, &ask, &ev);
	ok(ev.n == 2 && ev.infos && ev.infos[0].known && !ev.infos[1].known, "a minisocket has no tcp_info");
	ok(ev.infos[0].last_ack_ms == 1000 && ev.infos[0].last_snd_ms == 2000 && ev.infos[0].last_rcv_ms == 3000,
	   "the times of the last packets, in ms");
	ok(ev.infos[0].rto_us == 200000 && ev.infos[0].mss == 1448 && ev.infos[0].rcv_wnd == 9, "and the rest of it");
	ok(ev.infos[0].sent == SENT_NEVER && ev.socks[1].is_mini && !ev.socks[1].held && ev.socks[0].held,
	   "what its flags say");
	ok(ev.socks[0].timer_left.ns == 100000000 && ev.socks[0].timer == TIMER_ON, "its timer");
	ok(ev.socks[0].age_is == AGE_AT_LEAST && ev.socks[0].age.ns == 1000000000, "its age, by the last ACK");
	evidence_free(&ev);
}

static void timers(void)
{
	static const struct {
		const char *what;
		uint8_t number;
		int32_t left;
		enum sock_timer timer;
		int64_t ns;
	} cases[] = {
		{ "keep-alive", 2, 250, TIMER_KEEPALIVE, 1000000000 },
		{ "one that should have fired", 4, -3, TIMER_PERSIST, 0 },
		{ "this kernel does not tell when", 1, WALK_LEFT_UNKNOWN, TIMER_ON, UNKNOWN },
		{ "nor whether", WALK_TIMER_UNKNOWN, 0, TIMER_UNKNOWN, 0 },
		{ "a number that nobody knows", TIMERS, 250, TIMER_UNKNOWN, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kernel k = { .n_socks = 1,
			            .socks = { { 'A', TCP_ESTABLISHED, WALK_HAS_SOCKET, 0, 0, 0, 0, 0 } } };
		struct engine_ask ask = { .want = WANT_TIMER };
		struct evidence ev = { 0 };

		k.socks[0].timer = cases[i].number;
		k.socks[0].timer_left = cases[i].left;
		look(&k, &ask, &ev);
		ok(ev.n == 1 && ev.socks[0].timer == cases[i].timer && ev.socks[0].timer_left.ns == cases[i].ns,
		   "a timer: %s", cases[i].what);
		evidence_free(&ev);
	}
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		try_row(&rows[i]);
	asking();
	states();
	times();
	timers();
	return tap_done();
}
