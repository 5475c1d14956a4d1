/* SPDX-License-Identifier: MIT
 * Addresses, routes and links of the calling thread's network namespace, by rtnetlink (libmnl). */
#ifndef LAB_NETCONF_H
#define LAB_NETCONF_H

#include "base/addr.h"
#include "base/clock.h"
#include "base/err.h"

/* Brings a link up; `mtu` 0 leaves it as it is; no multicast, so that the kernel sends nothing of its own. */
int link_up(int ifindex, unsigned mtu, struct err *e);

/* Adds an address without the kernel's own route, and a route to its network in which every ACK is sent at
 * once (RTAX_QUICKACK; doc/kernel/quickack_route.c) unless `quickack` is false. */
int address_add(int ifindex, const struct addr *a, int prefix, bool quickack, struct err *e);

/* Waits until packets to this address are taken in: of an IPv6 one the kernel makes the local route later, in a work
 * queue of the whole machine that waits for its networking lock (addrconf_dad_completed(); 0.1 ms, seconds where many
 * namespaces come and go). False after `limit`. */
bool address_comes(const struct addr *a, struct span limit);

/* The same for the loopback option: packets that this host sends to `network` go out by this device, from `source`, by
 * a route in `table`. */
int route_add(int ifindex, const struct addr *network, int prefix, const struct addr *source, unsigned table,
              bool quickack, struct err *e);

/* Takes an address away. */
int address_delete(int ifindex, const struct addr *a, int prefix, struct err *e);

/* Lets packets of 127.0.0.0/8 go out by this device and come in by it (route_localnet, accept_local, no rp_filter of
 * its own). These are sysctls of the device too, but /proc/sys may be read-only. */
int link_carry_loopback(int ifindex, struct err *e);

/* No link-local address, so that an IPv6 host sends nothing of its own accord: the lab's wire is for TCP only. Without
 * IPv6 there is nothing to do. */
void link_hush_v6(int ifindex);

/* A veth pair: `name` here, without ARP, and `name` in the namespace `peer_ns`. */
int veth_add(const char *name, int peer_ns, struct err *e);

/* A policy rule of IPv4: packets from device `iif` (NULL: any) look `table` up. rule_delete(): by priority. */
int rule_add(unsigned priority, const char *iif, unsigned table, struct err *e);
int rule_delete(unsigned priority, struct err *e);

#endif
