/* SPDX-License-Identifier: MIT
 * Addresses with a port in a text that was pasted, and who listens there on this machine. */
#include "words/address.h"
#include "source/diag.h"
#include "source/owner.h"
#include "words/say.h"

#include <ctype.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- in the text --------------------------------------------------------------------------------------------- */

enum { TOKEN = 80 };

/* A text is taken apart at whatever cannot be in an address: blanks, quotes, brackets but [ ], and '/', '>', '='. What
 * is left is an address, a port behind "port" or behind an address, or neither. */
struct reading {
	struct endpoint *all;
	size_t n, max;
	struct addr host; /* that still wants its port; family 0: none */
	bool localhost;   /* it is both of them */
	bool port_next;   /* the word "port" was read */
};

static void add(struct reading *r, const struct addr *a, unsigned port)
{
	struct endpoint e = { *a, (uint16_t)port };

	for (size_t i = 0; i < r->n; i++)
		if (endpoint_equal(&r->all[i], &e))
			return;
	if (r->n < r->max)
		r->all[r->n++] = e;
}

static void add_localhost(struct reading *r, unsigned port)
{
	struct addr a;

	if (addr_parse("127.0.0.1", &a))
		add(r, &a, port);
	if (addr_parse("::1", &a))
		add(r, &a, port);
}

/* A port, in digits alone; 0: it is none. */
static unsigned port_of(const char *text)
{
	size_t n = strspn(text, "0123456789");
	long port = n && n <= 5 && !text[n] ? strtol(text, NULL, 10) : 0;

	return port <= 65535 ? (unsigned)port : 0;
}

/* "localhost", or an address in brackets or without. */
static bool host_of(const char *text, struct addr *a, bool *localhost)
{
	char plain[TOKEN];
	size_t n = strlen(text);

	*localhost = strcasecmp(text, "localhost") == 0;
	if (*localhost)
		return true;
	if (n > 2 && n < sizeof plain && text[0] == '[' && text[n - 1] == ']') {
		snprintf(plain, sizeof plain, "%.*s", (int)(n - 2), text + 1);
		return addr_parse(plain, a);
	}
	return strpbrk(text, ".:") && addr_parse(text, a);
}

/* "HOST:PORT". An IPv6 address may stand there without brackets: then what is behind the last colon is the port. */
static bool take_pair(struct reading *r, const char *token)
{
	const char *colon = strrchr(token, ':');
	unsigned port = colon ? port_of(colon + 1) : 0;
	char host[TOKEN];
	struct addr a;
	bool localhost;

	if (!port)
		return false;
	snprintf(host, sizeof host, "%.*s", (int)(colon - token), token);
	if (!host_of(host, &a, &localhost))
		return false;
	if (localhost)
		add_localhost(r, port);
	else
		add(r, &a, port);
	return true;
}

static bool take_port(struct reading *r, const char *token)
{
	unsigned port = port_of(token);

	if (!port || (!r->host.family && !r->localhost))
		return false;
	if (r->localhost)
		add_localhost(r, port);
	else
		add(r, &r->host, port);
	r->host.family = 0;
	r->localhost = false;
	return true;
}

static void take_token(struct reading *r, const char *token)
{
	struct addr a;
	bool localhost;

	if (take_pair(r, token) || take_port(r, token))
		return;
	if (!host_of(token, &a, &localhost))
		return;
	r->localhost = localhost;
	r->host = localhost ? (struct addr){ 0 } : a;
}

size_t addresses_in(const char *text, struct endpoint *all, size_t max)
{
	static const char between[] = " \t\r\n\"'`(){}<>,;=/@|";
	struct reading r = { .all = all, .max = max };

	while (*text) {
		char token[TOKEN];
		size_t n = strcspn(text, between), keep = n;

		while (keep && strchr(".:-", text[keep - 1]) && (keep < 3 || text[keep - 2] != ':'))
			keep--; /* the end of a sentence, the '-' of "->" */
		if (keep && keep < sizeof token) {
			snprintf(token, sizeof token, "%.*s", (int)keep, text);
			take_token(&r, token);
		}
		if (n && text[n - 1] == '-' && text[n] == '>')
			r.n = 0; /* A->B: A is this side */
		text += n + (text[n] != 0);
	}
	return r.n;
}

/* --- on this machine ----------------------------------------------------------------------------------------- */

static bool is_ours(const struct addr *a)
{
	struct ifaddrs *all = NULL;
	bool ours = addr_is_loopback(a) || addr_is_any(a);

	if (ours || getifaddrs(&all) < 0)
		return ours;
	for (const struct ifaddrs *i = all; i && !ours; i = i->ifa_next) {
		struct sockaddr_storage ss = { 0 };
		struct endpoint e;

		if (!i->ifa_addr || (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
			continue;
		memcpy(&ss, i->ifa_addr,
		       i->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		e = endpoint_from_sockaddr(&ss);
		ours = addr_equal(&e.addr, a);
	}
	freeifaddrs(all);
	return ours;
}

/* Would a SYN to that place come to this listener? */
static bool takes(const struct sock *s, const struct endpoint *to)
{
	if (s->state != TCP_LISTEN || s->local.port != to->port)
		return false;
	if (addr_equal(&s->local.addr, &to->addr))
		return true;
	if (!addr_is_any(&s->local.addr))
		return false;
	return s->local.addr.family == to->addr.family || (s->local.addr.family == AF_INET6 && !s->v6only);
}

/* "python3[77] listens on 127.0.0.1:80 (3 of 5 wait for accept())". */
static void add_listener(struct buf *b, const struct evidence *ev, const struct sock *s)
{
	const struct owner *o = owner_at(ev, s->owner);
	char at[ADDR_TEXT];

	endpoint_format(at, &s->local);
	buf_puts(b, b->len ? "; " : "");
	if (o)
		buf_addf(b, "%s[%d] listens on %s", holder_of(ev, o)->comm, holder_of(ev, o)->pid, at);
	else
		buf_addf(b, "somebody listens on %s", at);
	if (s->rq)
		buf_addf(b, " (%u wait for accept(), backlog %u)", s->rq, s->wq);
}

/* Who takes connections to that place; or that nobody does, and who listens on the port otherwise. */
static void add_place(struct buf *b, const struct evidence *ev, const struct endpoint *to)
{
	struct buf others = { 0 };
	bool taken = false;
	char at[ADDR_TEXT];

	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *s = &ev->socks[i];

		if (takes(s, to)) {
			add_listener(b, ev, s);
			taken = true;
		} else if (s->state == TCP_LISTEN && s->local.port == to->port) {
			add_listener(&others, ev, s);
		}
	}
	endpoint_format(at, to);
	if (!taken) {
		buf_addf(b, "%snothing listens on %s", b->len ? "; " : "", at);
		if (others.len)
			buf_addf(b, "; %s", buf_text(&others));
	}
	buf_free(&others);
}

enum { PLACES = 4 };

void addresses_say(const char *text)
{
	struct endpoint places[PLACES];
	size_t n = addresses_in(text, places, PLACES);
	struct evidence ev = { 0 };
	struct buf b = { 0 };
	struct err e;
	struct diag *d = n ? diag_open(&e) : NULL;

	if (d && diag_look(d, 1U << TCP_LISTEN, &ev, &e) == 0) {
		owners_fill_all(&ev);
		for (size_t i = 0; i < n; i++) {
			char at[ADDR_TEXT];

			endpoint_format(at, &places[i]);
			if (is_ours(&places[i].addr))
				add_place(&b, &ev, &places[i]);
			else
				buf_addf(&b, "%s%s is another machine's: lastack list listening sport = %u there",
				         b.len ? "; " : "", at, places[i].port);
		}
	}
	say("here now", buf_text(&b));
	buf_free(&b);
	evidence_free(&ev);
	diag_close(d);
}
