/* SPDX-License-Identifier: MIT
 * Connections' ends, found by a hash of all four numbers. */
#include "lab/ends.h"
#include "base/hash.h"
#include "base/util.h"

#include <stdlib.h>

static struct end end_of(const struct endpoint *local, const struct endpoint *remote, enum side side)
{
	return (struct end){ endpoint_plain(local), endpoint_plain(remote), side, false };
}

static bool is_same(const struct end *a, const struct end *b)
{
	return endpoint_equal(&a->local, &b->local) && endpoint_equal(&a->remote, &b->remote);
}

static uint64_t hash_of(const struct end *e)
{
	uint64_t ports = (uint64_t)e->local.port << 16 | e->remote.port;

	return addr_hash(addr_hash(hash_mix(0, ports), &e->local.addr), &e->remote.addr);
}

static struct end *find(const struct ends *es, const struct end *e)
{
	struct table_walk w = table_find(&es->index, hash_of(e));

	for (uint32_t i; table_next(&es->index, &w, &i);)
		if (is_same(&es->all[i], e))
			return &es->all[i];
	return NULL;
}

struct end *ends_add(struct ends *es, const struct endpoint *local, const struct endpoint *remote, enum side side)
{
	const struct end e = end_of(local, remote, side);
	struct end *there = find(es, &e);

	if (there)
		return there;
	es->all = grow(es->all, es->n, &es->cap, sizeof *es->all);
	table_add(&es->index, hash_of(&e), (uint32_t)es->n);
	es->all[es->n++] = e;
	return &es->all[es->n - 1];
}

const struct end *ends_find(const struct ends *es, const struct endpoint *local, const struct endpoint *remote)
{
	const struct end e = end_of(local, remote, NO_SIDE);

	return find(es, &e);
}

void ends_clear(struct ends *es)
{
	table_clear(&es->index);
	es->n = 0;
}

void ends_free(struct ends *es)
{
	free(es->all);
	table_free(&es->index);
	*es = (struct ends){ 0 };
}
