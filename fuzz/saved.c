/* SPDX-License-Identifier: MIT
 * Any bytes as files that were saved elsewhere: a table of ss, counters, sockstat, reserved ports. The first byte says
 * which. */
#include "source/net.h"
#include "sight/saved_ss.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void table(char *text)
{
	struct evidence ev = { 0 };
	struct saved_ss told = { 0 };
	struct err e;

	saved_ss_is(text);
	saved_ss_read(text, 1, &ev, &told, &e);
	for (size_t i = 0; i < ev.n; i++)
		FOR_EACH_OWNER(o, &ev, &ev.socks[i])
	if (o->holder >= ev.n_holders)
		abort();
	evidence_free(&ev);
}

static void counts(char *text)
{
	struct counters c = { 0 };
	struct buf b = { 0 };

	buf_puts(&b, text);
	counters_parse(&c, &b);
	counters_free(&c);
}

static void others(char *text)
{
	struct net_facts n = { 0 };
	struct sockstat s;

	sockstat_parse(&s, text);
	net_parse_ports(&n, text);
	for (int i = 0; i < SYSCTLS; i++)
		setting_parse((enum sysctl_id)i, text);
	free(n.reserved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(char *text) = { table, table, counts, others };
	char *text;

	if (!size)
		return 0;
	text = xcalloc(size, 1);
	memcpy(text, data + 1, size - 1);
	kinds[data[0] % ARRAY_SIZE(kinds)](text);
	free(text);
	return 0;
}
