/* SPDX-License-Identifier: MIT
 * Addresses, routes, links and rules, as `ip` shows them, in a network namespace of this test's own. */
#include "base/tap.h"
#include "lab/netconf.h"

#include <net/if.h>
#include <sched.h>
#include <stdlib.h>

static struct err e;

/* What a command prints, without its newlines; NULL if it cannot be run. */
static const char *shown(const char *command)
{
	static char text[2048];
	FILE *f = popen(command, "r"); /* NOLINT(bugprone-command-processor): of this file's own words */
	size_t n;

	if (!f)
		return NULL;
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = 0;
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = '|';
	return pclose(f) == 0 ? text : NULL;
}

static void has(const char *command, const char *part, bool should)
{
	const char *text = shown(command);

	if (!ok(text && (strstr(text, part) != NULL) == should, "%s: %s'%s'", command, should ? "" : "no ", part))
		printf("# is: %s\n", text ? text : "nothing");
}

static struct addr address(const char *text)
{
	struct addr a;

	addr_parse(text, &a);
	return a;
}

static void of_links(void)
{
	has("ip link show dev lo", "state DOWN", true);
	ok(link_up(1, 0, &e) == 0, "a link is brought up");
	has("ip link show dev lo", ",UP", true);
	has("ip link show dev lo", "mtu 65536", true);
	has("ip link show dev lo", "qlen 10000", true);
	ok(link_up(1, 1280, &e) == 0, "and has another MTU");
	has("ip link show dev lo", "mtu 1280", true);
	ok(link_up(77, 0, &e) < 0, "one that is not there");
	ok(!strncmp(err_text(&e), "the lab's network device cannot be brought up (no such device)", 62), "is told");
}

static void of_addresses(void)
{
	struct addr one = address("10.0.0.1"), two = address("10.1.2.3"), six = address("fd00::1");

	ok(address_add(1, &one, 24, true, &e) == 0, "an address, with quick ACKs");
	has("ip -4 addr show dev lo", "inet 10.0.0.1/24", true);
	has("ip -4 addr show dev lo", "noprefixroute", true);
	has("ip -4 route show table main", "10.0.0.0/24 dev lo proto static scope link quickack 1", true);
	ok(address_add(1, &two, 16, false, &e) == 0, "another one, without");
	has("ip -4 route show table main", "10.1.0.0/16 dev lo proto static scope link", true);
	has("ip -4 route show 10.1.0.0/16", "quickack 1", false);
	if (address_add(1, &six, 64, true, &e) < 0) {
		ok(true, "no IPv6 here # SKIP");
		return;
	}
	ok(address_comes(&six, span_s(60)), "its packets are taken in");
	has("ip -6 route show table local", "local fd00::1 dev lo", true);
	ok(address_comes(&one, span_s(0)) &&
	           !address_comes(&(struct addr){ AF_INET6, { 0xfd, 0, [15] = 9 } }, span_ms(1)),
	   "of IPv4 at once, of none never");
	has("ip -6 addr show dev lo", "inet6 fd00::1/64", true);
	has("ip -6 route show table main", "fd00::/64 dev lo proto static", true);
	has("ip -6 route show table main", "quickack 1", true);
}

static void of_loopback(void)
{
	struct addr six = address("::1");

	ok(link_carry_loopback(1, &e) == 0, "a link that carries 127.0.0.1");
	has("cat /proc/sys/net/ipv4/conf/lo/route_localnet", "1", true);
	has("cat /proc/sys/net/ipv4/conf/lo/accept_local", "1", true);
	has("cat /proc/sys/net/ipv4/conf/lo/rp_filter", "0", true);
	ok(link_carry_loopback(77, &e) < 0, "one that is not there");
	link_hush_v6(1);
	if (shown("cat /proc/sys/net/ipv6/conf/lo/addr_gen_mode 2>&1"))
		has("cat /proc/sys/net/ipv6/conf/lo/addr_gen_mode", "1", true);
	if (!shown("ip -6 addr show dev lo | grep ::1/128"))
		return;
	ok(address_delete(1, &six, 128, &e) == 0, "::1 is taken away");
	has("ip -6 addr show dev lo", "::1/128", false);
	ok(address_delete(1, &six, 128, &e) < 0, "only once");
}

static void of_routes_and_rules(void)
{
	struct addr net = address("10.0.0.2"), source = address("10.0.0.1");

	ok(route_add(1, &net, 32, &source, 7, true, &e) == 0, "a route in a table of its own");
	has("ip -4 route show table 7", "10.0.0.2 dev lo proto static scope link src 10.0.0.1 quickack 1", true);
	has("ip -4 route show table main", "10.0.0.2", false);
	ok(rule_add(5, "lo", 7, &e) == 0 && rule_add(6, NULL, 9, &e) == 0, "two rules");
	has("ip -4 rule show", "5:\tfrom all iif lo lookup 7", true);
	has("ip -4 rule show", "6:\tfrom all lookup 9", true);
	ok(rule_delete(5, &e) == 0, "one is taken away");
	has("ip -4 rule show", "iif lo", false);
	has("ip -4 rule show", "6:\tfrom all lookup 9", true);
	ok(rule_delete(5, &e) < 0 &&
	           !strncmp(err_text(&e), "the lab's routing rule cannot be removed (no such file or directory)", 68),
	   "only once");
}

int main(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 && unshare(CLONE_NEWNET) < 0)
		return tap_skip_all("no network namespace can be made here");
	if (!shown("ip -V 2>&1"))
		return tap_skip_all("there is no ip here");
	of_links();
	of_loopback();
	of_addresses();
	of_routes_and_rules();
	return tap_done();
}
