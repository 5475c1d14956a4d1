/* SPDX-License-Identifier: MIT
 * What an actor can be told: each verb is one of the system calls a program makes. */
#include "base/near.h"
#include "base/text.h"
#include "lab/rehearsal.h"
#include "lab/sockopt.h"
#include "lab/verbs.h"

#include <stdio.h>
#include <sys/socket.h>

enum { PORT_MAX = 65535, BACKLOG_MAX = 65535, BYTES_MAX = 1 << 30, RECV_DEFAULT = 4096, TEXT_SHOWN = 40 };
enum { BACKLOG_DEFAULT = 5 };

#define ANY_V4 "0.0.0.0"
#define ANY_V6 "::"

/* The actor of this line: one that makes the calls it is told. */
static struct actor *own_maker(struct saying *s)
{
	struct actor *a = lab_actor(s->ctx, s->subject, s->e);

	if (!a || !a->program || a->doubtful)
		return a;
	err_set(s->e, "%s runs a program, which makes its own calls; it is told past, to, go, until, type and signal",
	        a->name);
	return NULL;
}

/* The same, when its call before has returned. */
static struct actor *ready(struct saying *s)
{
	struct actor *a = own_maker(s);

	return a && lab_await(s->ctx, a, s->e) == 0 ? a : NULL;
}

static struct actor *with_connection(struct saying *s)
{
	struct actor *a = ready(s);

	if (a && a->conn_fd < 0) {
		err_set(s->e, "%s has no connection; connect or accept first", a->name);
		return NULL;
	}
	return a;
}

static int take_port(struct saying *s, struct actor_cmd *c)
{
	long port;

	if (take_number(s, "the port", 1, PORT_MAX, &port) < 0)
		return -1;
	c->at.port = (uint16_t)port;
	return 0;
}

static const char *shown_endpoint(const struct endpoint *at, char text[static ADDR_TEXT])
{
	endpoint_format(text, at);
	return text;
}

/* The options of listen and bind; true for each word taken. */
static bool take_flag(struct saying *s, struct actor_cmd *c, bool *v6)
{
	if (take_keyword(s, "reuseaddr"))
		return c->reuseaddr = true;
	if (take_keyword(s, "reuseport"))
		return c->reuseport = true;
	if (take_keyword(s, "v6"))
		return *v6 = true;
	if (take_keyword(s, "v6only"))
		return *v6 = c->v6only = true;
	return false;
}

static int take_local(struct saying *s, struct actor_cmd *c, bool with_backlog)
{
	bool v6 = false;
	long backlog = BACKLOG_DEFAULT;

	if (take_port(s, c) < 0)
		return -1;
	while (say_more(s)) {
		if (with_backlog && take_keyword(s, "backlog")) {
			if (take_number(s, "backlog", 0, BACKLOG_MAX, &backlog) < 0)
				return -1;
		} else if (!take_flag(s, c, &v6)) {
			return take_nothing(s);
		}
	}
	c->number = (int)backlog;
	addr_parse(v6 ? ANY_V6 : ANY_V4, &c->at.addr);
	return 0;
}

static const char *shown_reuse(const struct actor_cmd *c)
{
	if (c->reuseaddr)
		return c->reuseport ? "SO_REUSEADDR, SO_REUSEPORT, " : "SO_REUSEADDR, ";
	return c->reuseport ? "SO_REUSEPORT, " : "";
}

static int run_listen(struct saying *s)
{
	struct actor_cmd c = { .op = OP_LISTEN };
	char shown[160], at[ADDR_TEXT];
	struct actor *a = ready(s);
	int fd;

	if (!a || take_local(s, &c, true) < 0)
		return -1;
	if (a->listener_fd >= 0 && !is_rehearsed(s))
		return err_set(s->e, "%s listens already; let another actor listen (%s2), or '%s close listener'",
		               a->name, a->name, a->name);
	fd = actor_next_fd(a);
	snprintf(shown, sizeof shown, "%sbind(%d, %s), listen(%d, %d)", shown_reuse(&c), fd, shown_endpoint(&c.at, at),
	         fd, c.number);
	return lab_call(s->ctx, a, &c, NULL, "listen", shown, s->e);
}

static int run_bind(struct saying *s)
{
	struct actor_cmd c = { .op = OP_BIND };
	char shown[120], at[ADDR_TEXT];
	struct actor *a = ready(s);

	if (!a || take_local(s, &c, false) < 0)
		return -1;
	if (a->conn_fd >= 0 && !is_rehearsed(s))
		return err_set(s->e, "%s has a socket already; close it, or use another actor (%s2)", a->name, a->name);
	snprintf(shown, sizeof shown, "%sbind(%d, %s)", shown_reuse(&c), actor_next_fd(a), shown_endpoint(&c.at, at));
	return lab_call(s->ctx, a, &c, NULL, "bind", shown, s->e);
}

static int no_host(struct saying *s, const char *word)
{
	struct near near = { .word = word };

	for (int i = 0; i < SIDES; i++)
		near_try(&near, side_name((enum side)i));
	if (near.best)
		return err_set(s->e, "'%.60s' is no host: client, server, or an address; did you mean %s?", word,
		               near.best);
	return err_set(s->e, "'%.60s' is no host: client, server, or an address", word);
}

static int take_remote(struct saying *s, const struct actor *a, struct actor_cmd *c)
{
	const char *host = side_name(side_other(a->side));
	const struct lab *l = s->ctx;
	bool v6 = false;

	if (take_port(s, c) < 0)
		return -1;
	while (say_more(s)) {
		if (take_keyword(s, "v6"))
			v6 = true;
		else if (!take_keyword(s, "host"))
			return take_nothing(s);
		else if (!(host = take_word(s, "the host")))
			return -1;
	}
	if (v6 && !l->hosts[a->side].v6.family)
		return err_set(s->e, "this lab has no IPv6: %s",
		               l->options.loopback ? "option loopback is IPv4 only" : "the kernel has none");
	if (!host_resolve(l->hosts, host, v6, &c->at.addr))
		return no_host(s, host);
	return 0;
}

static int run_connect(struct saying *s)
{
	struct actor_cmd c = { .op = OP_CONNECT };
	char shown[120], at[ADDR_TEXT];
	struct actor *a = ready(s);

	if (!a || take_remote(s, a, &c) < 0)
		return -1;
	if (a->connected)
		return err_set(s->e, "%s has a connection already; close it, or use another actor (%s2)", a->name,
		               a->name);
	snprintf(shown, sizeof shown, "connect(%d, %s)", a->conn_fd >= 0 ? a->conn_fd : actor_next_fd(a),
	         shown_endpoint(&c.at, at));
	return lab_call(s->ctx, a, &c, NULL, "connect", shown, s->e);
}

static int run_accept(struct saying *s)
{
	struct actor_cmd c = { .op = OP_ACCEPT };
	struct actor *a = ready(s);
	const char *heir = "";
	char shown[40];
	enum side side;

	if (!a)
		return -1;
	if (take_keyword(s, "as") && !(heir = take_word(s, "the new actor's name")))
		return -1;
	if (take_nothing(s) < 0)
		return -1;
	if (a->listener_fd < 0)
		return err_set(s->e, "%s does not listen; '%s listen PORT' first", a->name, a->name);
	if (*heir && (!actor_name_ok(heir, &side) || side != a->side || lab_find_actor(s->ctx, heir)))
		return err_set(s->e,
		               "'%.40s' cannot be the new actor: a name on the same host that nobody has yet, as %s-b",
		               heir, side_name(a->side));
	snprintf(a->heir, sizeof a->heir, "%s", heir);
	c.give_away = *heir || a->conn_fd >= 0;
	snprintf(shown, sizeof shown, "accept(%d)", a->listener_fd);
	return lab_call(s->ctx, a, &c, NULL, "accept", shown, s->e);
}

static int send_text(struct saying *s, struct actor *a, struct actor_cmd *c)
{
	const struct word *w = take_text(s, "what to send");
	struct buf shown = { 0 };
	int rc;

	if (!w || take_nothing(s) < 0)
		return -1;
	if (w->len == 0 || w->len > ACTOR_TEXT)
		return err_set(s->e, "a text to send has 1 to %d bytes; for more write '%s send N bytes'", ACTOR_TEXT,
		               a->name);
	c->text_len = (uint32_t)w->len;
	buf_addf(&shown, "send(%d, \"", a->conn_fd);
	text_escape(&shown, w->text, w->len < TEXT_SHOWN ? w->len : TEXT_SHOWN);
	buf_addf(&shown, "%s\", %zu)", w->len > TEXT_SHOWN ? "…" : "", w->len);
	rc = lab_call(s->ctx, a, c, w->text, "send", buf_text(&shown), s->e);
	buf_free(&shown);
	return rc;
}

static int run_send(struct saying *s)
{
	struct actor_cmd c = { .op = OP_SEND };
	struct actor *a = with_connection(s);
	const struct word *w = say_peek(s);
	char shown[64];
	long n;

	if (!a)
		return -1;
	if (!w || w->quoted)
		return send_text(s, a, &c);
	if (take_number(s, "how many bytes to send", 1, BYTES_MAX, &n) < 0)
		return -1;
	if (!take_keyword(s, "bytes"))
		return err_set(s->e, "the word 'bytes' is missing after %ld, or the text is not in quotes", n);
	if (take_nothing(s) < 0)
		return -1;
	c.length = (uint32_t)n;
	snprintf(shown, sizeof shown, "send(%d, …, %ld)", a->conn_fd, n);
	return lab_call(s->ctx, a, &c, NULL, "send", shown, s->e);
}

static int run_recv(struct saying *s)
{
	struct actor_cmd c = { .op = OP_RECV };
	struct actor *a = with_connection(s);
	long n = RECV_DEFAULT;
	char shown[64];

	if (!a || (say_more(s) && take_number(s, "how many bytes to receive", 1, BYTES_MAX, &n) < 0) ||
	    take_nothing(s) < 0)
		return -1;
	c.length = (uint32_t)n;
	snprintf(shown, sizeof shown, "recv(%d, %ld)", a->conn_fd, n);
	return lab_call(s->ctx, a, &c, NULL, "recv", shown, s->e);
}

static int take_how(struct saying *s, struct actor_cmd *c, const char **constant)
{
	static const struct {
		const char *word, *constant;
		int how;
	} hows[] = { { "wr", "SHUT_WR", SHUT_WR }, { "rd", "SHUT_RD", SHUT_RD }, { "both", "SHUT_RDWR", SHUT_RDWR } };

	c->number = SHUT_WR;
	*constant = "SHUT_WR";
	for (size_t i = 0; i < ARRAY_SIZE(hows); i++) {
		if (!take_keyword(s, hows[i].word))
			continue;
		c->number = hows[i].how;
		*constant = hows[i].constant;
	}
	return take_nothing(s);
}

/* shutdown() works beside a call that is pending on the same socket, and is meant to. */
static int run_shutdown(struct saying *s)
{
	struct actor_cmd c = { .op = OP_SHUTDOWN };
	struct actor *a = own_maker(s);
	const char *how;
	char shown[64];

	if (!a || take_how(s, &c, &how) < 0)
		return -1;
	if (a->conn_fd < 0 && !a->now.id)
		return err_set(s->e, "%s has no connection to shut down", a->name);
	snprintf(shown, sizeof shown, "shutdown(%d, %s)", a->conn_fd, how);
	if (a->now.id)
		return lab_call_aside(s->ctx, a, &c, "shutdown", shown, s->e);
	return lab_call(s->ctx, a, &c, NULL, "shutdown", shown, s->e);
}

static int run_close(struct saying *s)
{
	struct actor_cmd c = { .op = OP_CLOSE };
	struct actor *a = ready(s);
	bool listener = take_keyword(s, "listener");
	char shown[40];
	int fd;

	if (!a || take_nothing(s) < 0)
		return -1;
	if (a->conn_fd < 0 || listener)
		c.op = OP_CLOSE_LISTENER;
	fd = c.op == OP_CLOSE ? a->conn_fd : a->listener_fd;
	if (fd < 0)
		return err_set(s->e, "%s has no %s to close", a->name, listener ? "listener" : "socket");
	snprintf(shown, sizeof shown, "close(%d)", fd);
	return lab_call(s->ctx, a, &c, NULL, "close", shown, s->e);
}

static int run_abort(struct saying *s)
{
	struct actor_cmd c = { .op = OP_ABORT };
	struct actor *a = with_connection(s);
	char shown[64];

	if (!a || take_nothing(s) < 0)
		return -1;
	snprintf(shown, sizeof shown, "close(%d) with SO_LINGER 0 s", a->conn_fd);
	return lab_call(s->ctx, a, &c, NULL, "abort", shown, s->e);
}

static int run_vanish(struct saying *s)
{
	struct actor_cmd c = { .op = OP_VANISH };
	struct actor *a = with_connection(s);
	char shown[64];

	if (!a || take_nothing(s) < 0)
		return -1;
	snprintf(shown, sizeof shown, "(fd %d is gone, without a packet)", a->conn_fd);
	return lab_call(s->ctx, a, &c, NULL, "vanish", shown, s->e);
}

static int unknown_option(const char *name, struct err *e)
{
	struct near near = { .word = name };
	struct buf all = { 0 };

	for (size_t i = 0; i < sockopts_n; i++)
		near_try(&near, sockopts[i].name);
	if (near.best)
		return err_set(e, "there is no option '%.40s'; did you mean '%s'?", name, near.best);
	for (size_t i = 0; i < sockopts_n; i++)
		buf_addf(&all, "%s%s", i ? " " : "", sockopts[i].name);
	err_set(e, "there is no option '%.40s'; there are: %s", name, buf_text(&all));
	buf_free(&all);
	return -1;
}

static int run_set(struct saying *s)
{
	struct actor_cmd c = { .op = OP_SET };
	struct actor *a = ready(s);
	const char *name = a ? take_word(s, "the option") : NULL;
	char shown[96], on[16] = "next socket";
	long value;

	if (!name)
		return -1;
	c.number = sockopt_find(name);
	if (c.number < 0)
		return unknown_option(name, s->e);
	if (take_number(s, "the option's value", -1, 0x7fffffff, &value) < 0 || take_nothing(s) < 0)
		return -1;
	c.value = (int)value;
	if (a->conn_fd >= 0 || a->listener_fd >= 0)
		snprintf(on, sizeof on, "%d", a->conn_fd >= 0 ? a->conn_fd : a->listener_fd);
	snprintf(shown, sizeof shown, "setsockopt(%s, %s, %ld)", on, sockopts[c.number].constant, value);
	return lab_call(s->ctx, a, &c, NULL, "set", shown, s->e);
}

static const struct verb rows[] = {
	{ "listen", VERB_SUBJECT, "PORT [backlog N] [reuseaddr] [reuseport] [v6] [v6only]",
	  "socket(), bind() to every address, listen(); the backlog is 5 unless said", NULL, run_listen, 0, false },
	{ "bind", VERB_SUBJECT, "PORT [reuseaddr] [reuseport] [v6]", "socket() and bind(), for a later connect",
	  "Two actors that are bound to known ports and connect to one another open simultaneously, without a "
	  "listener.",
	  run_bind, 0, false },
	{ "connect", VERB_SUBJECT, "PORT [host HOST] [v6]",
	  "socket() and connect(), to the other host unless HOST (client, server, an address) is said",
	  "While the handshake is held, the call is pending and the scenario goes on.", run_connect, 0, false },
	{ "accept", VERB_SUBJECT, "[as NAME]", "accept(); pending while nobody waits to be accepted",
	  "An actor holds one connection. What it accepts beyond goes to a new actor A.2, A.3 …, or to NAME.",
	  run_accept, 0, false },
	{ "send", VERB_SUBJECT, "\"TEXT\" | N bytes", "one send()", NULL, run_send, 0, false },
	{ "recv", VERB_SUBJECT, "[N]", "one recv() of at most N bytes (4096); 0 is the end of file", NULL, run_recv, 0,
	  false },
	{ "shutdown", VERB_SUBJECT, "[wr|rd|both]", "shutdown(); wr unless said; does not wait for a pending call",
	  NULL, run_shutdown, 0, false },
	{ "close", VERB_SUBJECT, "[listener]", "close() of the connection, or, if there is none, of the listener", NULL,
	  run_close, 0, false },
	{ "abort", VERB_SUBJECT, "", "close() after SO_LINGER with 0 s: a reset instead of a FIN", NULL, run_abort, 0,
	  false },
	{ "vanish", VERB_SUBJECT, "",
	  "this end of the connection is gone without a packet, as when a host crashes; its other sockets stay", NULL,
	  run_vanish, 0, false },
	{ "set", VERB_SUBJECT, "OPTION VALUE", "setsockopt(); before there is a socket it is kept for the next one",
	  NULL, run_set, 0, false },
};
const struct verb_group verbs_actor = { "Verbs of an actor", rows, ARRAY_SIZE(rows) };
