/* SPDX-License-Identifier: MIT
 * Tables of sockets as JSON Lines. */
#include "render/json_sock.h"
#include "render/list.h"
#include "render/pieces.h"

/* The listener that it waits for, by its first owner. */
static void listener(struct json *j, const struct evidence *ev, const struct sock *s)
{
	const struct sock *l = s->listener ? &ev->socks[s->listener - 1] : NULL;
	char at[ADDR_TEXT];

	if (!l)
		return;
	json_open(j, "listener", '{');
	endpoint_format(at, &l->local);
	json_string(j, "local", at);
	json_bool(j, "one_of", s->listener_one_of);
	json_owners(j, ev, l);
	json_close(j, '}');
}

void list_json_row(struct buf *b, const struct listing *l, size_t index, const char *change, const char *was)
{
	const struct sock *s = &l->ev->socks[index];
	struct json j = { b, false };

	json_open(&j, NULL, '{');
	if (change)
		json_string(&j, "change", change);
	if (was)
		json_string(&j, "was", was);
	json_sock(&j, s, l->want);
	if (l->want & WANT_OWNERS) {
		json_owners(&j, l->ev, s);
		listener(&j, l->ev, s);
	}
	if (l->ev->infos)
		json_info(&j, &l->ev->infos[index]);
	json_close(&j, '}');
	buf_add(b, "\n", 1);
}

static void add_json_row(struct buf *out, const void *ctx, size_t row)
{
	const struct listing *l = ctx;

	list_json_row(out, l, l->rows[row].index, NULL, NULL);
}

void list_json(FILE *out, const struct listing *l)
{
	print_rows(out, l->n, add_json_row, l);
}
