/* SPDX-License-Identifier: MIT
 * What stands beneath a state in the ladder: queues, owner, timer, listener's figures. Part of the ladder's layout. */
#ifndef RENDER_SOCKET_H
#define RENDER_SOCKET_H

#include "render/render.h"

/* Adds what is to be said of the socket event at `index`, nothing if there is nothing new. Remembers in `v` which
 * queues were shown. */
void socket_describe(struct view *v, const struct timeline *tl, size_t index, struct buf *b);

#endif
