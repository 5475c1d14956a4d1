/* SPDX-License-Identifier: MIT
 * In which states a network namespace may have sockets, by what it counts; where nothing is told, in all. */
#include "base/tap.h"
#include "source/net.h"

#define STAT(used, inuse, tw)                                                                                          \
	"sockets: used " used "\nTCP: inuse " inuse " orphan 3 tw " tw " alloc 9 mem 4\nUDP: inuse 7 mem 0\n"
#define STAT6(inuse) "TCP6: inuse " inuse "\nUDP6: inuse 5\n"
#define SNMP(segments)                                                                                                 \
	"Ip: Forwarding InReceives\nIp: 1 9\nTcp: RtoAlgorithm MaxConn InSegs OutSegs\nTcp: 1 -1 " segments " 8\n"     \
	"Udp: InDatagrams\nUdp: 6\n"

enum {
	NONE = 0,
	BOUND = 1U << TCP_BOUND,
	BOUND_OR_HALF = 1U << TCP_BOUND | 1U << TCP_NEW_SYN_RECV,
	ANY = STATE_SET_ALL,
};

static const struct {
	const char *what, *sockstat, *sockstat6, *snmp;
	unsigned states;
} rows[] = {
	{ "nothing", STAT("0", "0", "0"), STAT6("0"), NULL, NONE },
	{ "nothing, without IPv6", STAT("0", "0", "0"), NULL, NULL, NONE },
	{ "nothing, and what once came", STAT("0", "0", "0"), STAT6("0"), SNMP("12"), NONE },
	{ "one", STAT("1", "1", "0"), STAT6("0"), NULL, ANY },
	{ "one of the kernel's own", STAT("0", "1", "0"), STAT6("0"), NULL, ANY },
	{ "one of IPv6", STAT("1", "0", "0"), STAT6("1"), NULL, ANY },
	{ "one of IPv6 of the kernel's own", STAT("0", "0", "0"), STAT6("1"), NULL, ANY },
	{ "a TIME_WAIT, which nobody has", STAT("0", "0", "1"), STAT6("0"), NULL, ANY },
	{ "others' sockets, or one that is bound only", STAT("1", "0", "0"), STAT6("0"), SNMP("0"), BOUND },
	{ "the same after TCP came", STAT("1", "0", "0"), STAT6("0"), SNMP("1"), BOUND_OR_HALF },
	{ "the same, and it is not told if any came", STAT("1", "0", "0"), STAT6("0"), NULL, BOUND_OR_HALF },
	{ "a column is missing", STAT("1", "0", "0"), STAT6("0"), "Tcp: MaxConn\nTcp: -1\n", BOUND_OR_HALF },
	{ "nothing can be read", NULL, NULL, NULL, ANY },
	{ "no such lines", "", STAT6("0"), NULL, ANY },
	{ "IPv6 without its line", STAT("0", "0", "0"), "", NULL, ANY },
	{ "no TIME_WAIT told", "sockets: used 0\nTCP: inuse 0\n", STAT6("0"), NULL, ANY },
	{ "no sockets told", "TCP: inuse 0 orphan 0 tw 0\n", STAT6("0"), NULL, ANY },
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		state_set states = net_states_parse(rows[i].sockstat, rows[i].sockstat6, rows[i].snmp);

		ok(states == rows[i].states, "%s: %#x", rows[i].what, states);
	}
	return tap_done();
}
