/* SPDX-License-Identifier: MIT
 * What a group of sockets is called, and what it holds, as text. */
#ifndef RENDER_GROUPS_H
#define RENDER_GROUPS_H

#include "model/groups.h"
#include "render/cell.h"

/* Of the group to which ev->socks[index] belongs: as the column reads, a peer without its port, a listener's
 * address. */
void group_name(struct buf *out, enum grouping by, const struct evidence *ev, size_t index,
                const struct cell_style *style);

void group_states(struct buf *out, const struct group *g);            /* "1 LISTEN, 5 CLOSE_WAIT" */
void group_oldest(struct buf *out, const struct group *g, bool utf8); /* "≥9.00 s"; nothing where none is known */

#endif
