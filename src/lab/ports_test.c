/* SPDX-License-Identifier: MIT
 * The ports and the connections' ends by which packets of the machine's own network are told apart. Times are given. */
#include "base/tap.h"
#include "lab/ends.h"
#include "lab/ports.h"

#include <stdlib.h>

static const struct instant began = { 1000000000000 };

static struct instant after(int ms)
{
	return instant_after(began, span_ms(ms));
}

/* "80 81": those that are wanted, the first five. */
static void wants(const struct ports *p, int ms, const char *should, const char *what)
{
	uint16_t ports[LIVE_PORTS_MAX + 1];
	size_t n = ports_wanted(p, after(ms), ports);
	struct buf is = { 0 };

	for (size_t i = 0; i < n && i < 5; i++)
		buf_addf(&is, "%s%u", i ? " " : "", ports[i]);
	same_text(buf_text(&is), should, what);
	buf_free(&is);
}

static size_t wanted(const struct ports *p, int ms, uint16_t *last)
{
	uint16_t ports[LIVE_PORTS_MAX + 1];
	size_t n = ports_wanted(p, after(ms), ports);

	*last = n ? ports[n - 1] : 0;
	return n;
}

static bool changes(struct ports *p, uint16_t port, int ms)
{
	p->changed = false;
	ports_use(p, port, after(ms));
	return p->changed;
}

static void few(void)
{
	struct ports *p = xcalloc(1, sizeof *p);

	wants(p, 0, "", "none at first");
	ok(!changes(p, 0, 0), "port 0 is none");
	wants(p, 0, "", "and is not wanted");
	ok(changes(p, 80, 0), "a new port changes the filter");
	ok(!changes(p, 80, 9999), "one that is in use does not");
	ok(changes(p, 65535, 11000), "nor are there others: the highest");
	wants(p, 11000, "65535 80", "the youngest first");
	ok(!changes(p, 80, 19998), "in use until ten seconds are over");
	ok(changes(p, 80, 29998), "and not after that: it may have been left out meanwhile");
	wants(p, 70999, "80 65535", "a minute later late packets are still wanted");
	wants(p, 71000, "80", "but not for longer");
	wants(p, 89998, "", "of any");
	free(p);
}

static void many(void)
{
	struct ports *p = xcalloc(1, sizeof *p);
	uint16_t last;

	for (int i = 0; i < 300; i++)
		ports_use(p, (uint16_t)(1000 + i), after(i));
	ok(wanted(p, 300, &last) == 300 && last == 1000, "what is in use is wanted, all of it");
	ok(wanted(p, 10199, &last) == 128 && last == 1172, "what is in use no more only while it is little");
	ok(wanted(p, 10099, &last) == 200 && last == 1100, "or as much as is in use");
	for (int i = 0; i < LIVE_PORTS_MAX; i++)
		ports_use(p, (uint16_t)(2000 + i), after(20000));
	ok(wanted(p, 20000, &last) == LIVE_PORTS_MAX && last >= 2000, "as many as a filter holds");
	ports_use(p, 1999, after(20001));
	ok(wanted(p, 20001, &last) == LIVE_PORTS_MAX + 1, "one more is too many");
	ok(wanted(p, 30000, &last) == 128, "as long as they are in use");
	free(p);
}

static struct endpoint at(const char *address, unsigned port)
{
	struct endpoint e = { .port = (uint16_t)port };

	addr_parse(address, &e.addr);
	return e;
}

static enum side side_at(const struct ends *es, struct endpoint local, struct endpoint remote)
{
	const struct end *e = ends_find(es, &local, &remote);

	return e ? e->side : NO_SIDE;
}

static void ends(void)
{
	struct endpoint a = at("10.0.0.1", 80), b = at("10.0.0.2", 80), mapped = at("::ffff:10.0.0.1", 80),
			c = at("10.0.0.1", 81), six = at("fd00::1", 80);
	struct ends es = { 0 };

	ok(side_at(&es, a, b) == NO_SIDE, "an empty set has nothing");
	ends_add(&es, &a, &b, SERVER);
	ok(side_at(&es, a, b) == SERVER && side_at(&es, b, a) == NO_SIDE, "an end is not the other end");
	ok(side_at(&es, c, b) == NO_SIDE && side_at(&es, a, c) == NO_SIDE, "port and address count, on both sides");
	ok(side_at(&es, mapped, b) == SERVER, "an IPv4 address inside IPv6 is the IPv4 address");
	ends_add(&es, &mapped, &b, CLIENT);
	ok(es.n == 1 && side_at(&es, a, b) == SERVER, "what is there stays what it was");
	ends_add(&es, &six, &six, CLIENT);
	ok(side_at(&es, six, six) == CLIENT && side_at(&es, a, a) == NO_SIDE, "IPv6 beside it");
	ends_clear(&es);
	ok(es.n == 0 && side_at(&es, a, b) == NO_SIDE, "emptied");
	for (unsigned i = 1; i <= 5000; i++) {
		b.port = (uint16_t)i;
		ends_add(&es, &a, &b, i % 2 ? CLIENT : SERVER);
	}
	for (unsigned i = 1; i <= 5000; i++) {
		b.port = (uint16_t)i;
		if (side_at(&es, a, b) != (i % 2 ? CLIENT : SERVER))
			es.n = 0;
	}
	ok(es.n == 5000, "thousands, each with its side");
	ends_free(&es);
}

int main(void)
{
	few();
	many();
	ends();
	return tap_done();
}
