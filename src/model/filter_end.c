/* SPDX-License-Identifier: MIT
 * Ports and addresses of a filter. */
#include "model/filter_internal.h"
#include "base/account.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>

/* --- ports ----------------------------------------------------------------------------------------------- */

static const struct port_range all_ports = { 0, UINT16_MAX };

static bool one_port(const char *text, uint16_t *port)
{
	uint64_t n;

	if (filter_digits(text, &n)) {
		*port = (uint16_t)n;
		return n <= UINT16_MAX;
	}
	return service_port(text, port);
}

/* "80", "http", "8000-8100", "*"; without the colon. Services have '-' in their names too: a range begins with a
 * digit. */
static bool port_range(const char *text, struct port_range *range)
{
	const char *dash = isdigit((unsigned char)*text) ? strchr(text, '-') : NULL;
	char first[8];

	*range = all_ports;
	if (streq(text, "*") || strcasecmp(text, "any") == 0)
		return true;
	if (!dash || dash - text >= (ptrdiff_t)sizeof first)
		return one_port(text, &range->from) && one_port(text, &range->to);
	snprintf(first, sizeof first, "%.*s", (int)(dash - text), text);
	return one_port(first, &range->from) && one_port(dash + 1, &range->to) && range->from <= range->to;
}

bool filter_is_port(struct slice s)
{
	struct port_range range;
	char text[SHOWN_BYTES];

	snprintf(text, sizeof text, "%.*s", (int)(s.n < sizeof text ? s.n : 0), s.at);
	return *text && port_range(text, &range);
}

/* The ports for which "OP port" holds. Port 0 is none, so nothing is below 1; 1..0 is the empty range. */
static struct port_range compared(enum filter_op op, uint16_t port)
{
	static const struct port_range none = { 1, 0 };
	const struct port_range below = { 1, (uint16_t)(port - 1) }, above = { (uint16_t)(port + 1), UINT16_MAX };

	switch (op) {
	case OP_LT:
		return port > 1 ? below : none;
	case OP_LE:
		return (struct port_range){ 1, port };
	case OP_GT:
		return port < UINT16_MAX ? above : none;
	case OP_GE:
		return (struct port_range){ port, UINT16_MAX };
	default:
		return (struct port_range){ port, port };
	}
}

bool filter_read_ports(struct reading *r, const struct value *v, struct filter_node *n)
{
	struct port_range *range = &n->end.ports;

	if (!port_range(v->text + (*v->text == ':'), range))
		return false;
	if (n->op == OP_EQ || n->op == OP_NE)
		return true;
	if (range->from != range->to)
		return filter_refuse(r, v->at,
		                     "an order compares with one port, and this is a range; try '8000-8100' without an "
		                     "operator, or one port");
	*range = compared(n->op, range->from);
	return true;
}

/* --- addresses ------------------------------------------------------------------------------------------- */

/* ::ffff:a.b.c.d is the IPv4 address, so that it finds both kinds of sockets. */
static void unmap(struct filter_end *end)
{
	struct in6_addr a;

	memcpy(&a, end->addr.bytes, sizeof a);
	if (end->addr.family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a) || end->bits < 96)
		return;
	end->addr = addr_from_bytes(AF_INET, a.s6_addr + 12);
	end->bits -= 96;
}

static bool prefix(const char *text, unsigned most, struct filter_end *end)
{
	uint64_t n;

	if (!filter_digits(text, &n) || n > most)
		return false;
	end->bits = (uint8_t)n;
	return true;
}

/* "10.0.0.0/8", "::1", "*", "any", ""; changes `text`. */
static bool network(char *text, const char *bits, struct filter_end *end)
{
	char *slash = strchr(text, '/');
	unsigned most;

	if (slash && bits)
		return false;
	if (slash) {
		*slash = 0;
		bits = slash + 1;
	}
	if (!*text || streq(text, "*") || strcasecmp(text, "any") == 0)
		return !bits;
	if (!addr_parse(text, &end->addr))
		return false;
	most = end->addr.family == AF_INET ? 32 : 128;
	end->bits = (uint8_t)most;
	if (bits && !prefix(bits, most, end))
		return false;
	unmap(end);
	return true;
}

/* "[ADDRESS]/PREFIX:PORT", "[ADDRESS/PREFIX]:PORT". */
static bool bracketed_end(char *text, struct filter_end *end)
{
	char *close = strchr(text, ']'), *port, *bits = NULL;

	if (!close)
		return false;
	*close = 0;
	port = strchr(close + 1, ':');
	if (port)
		*port++ = 0;
	if (close[1] == '/')
		bits = close + 2;
	else if (close[1])
		return false;
	return text[1] && network(text + 1, bits, end) && (!port || port_range(port, &end->ports));
}

/* With more than one colon it is an IPv6 address, and what follows the last one is no port. */
static bool one_end(char *text, struct filter_end *end)
{
	char *colon = strchr(text, ':');

	if (*text == '[')
		return bracketed_end(text, end);
	if (!colon || strchr(colon + 1, ':'))
		return network(text, NULL, end);
	*colon = 0;
	return network(text, NULL, end) && port_range(colon + 1, &end->ports);
}

bool filter_read_end(struct reading *r, const struct value *v, struct filter_node *n)
{
	char text[FILTER_VALUE + 1];

	(void)r;
	memcpy(text, v->text, strlen(v->text) + 1);
	n->end = (struct filter_end){ .ports = all_ports };
	return one_end(text, &n->end);
}

bool filter_is_address(struct slice s)
{
	struct filter_end end = { 0 };
	char text[SHOWN_BYTES];

	snprintf(text, sizeof text, "%.*s", (int)(s.n < sizeof text ? s.n : 0), s.at);
	return one_end(text, &end) && end.addr.family;
}
