/* SPDX-License-Identifier: MIT
 * Connections of a capture as a list, and one of them in full: as text, and as JSON Lines. Parts of the renderers. */
#ifndef RENDER_STORIES_H
#define RENDER_STORIES_H

#include "base/json.h"
#include "render/render.h"

void text_capture(struct view *v, const struct capture_facts *facts);
void text_story(struct view *v, const struct story *s, const struct capture_facts *facts, bool whole);

/* The object as a line; the buffer is empty then. */
void json_put(const struct view *v, struct buf *b);
void json_capture(struct view *v, const struct capture_facts *facts);
void json_story(struct view *v, const struct story *s, const struct capture_facts *facts, bool whole);
void json_states(struct json *j, const char *key, state_set set);
void json_remarks(struct json *j, remarks set);

#endif
