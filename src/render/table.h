/* SPDX-License-Identifier: MIT
 * Sockets of both hosts as a table, in the layout of ss or of netstat. */
#ifndef RENDER_TABLE_H
#define RENDER_TABLE_H

#include "render/render.h"

/* Adds lines, each ended by a newline; a verbose view adds descriptors to netstat's owners. */
void table_render(struct buf *out, const struct event_table *t, const struct view *v);

#endif
