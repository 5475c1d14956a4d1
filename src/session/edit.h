/* SPDX-License-Identifier: MIT
 * Reading lines from a person: history, editing and completion by libedit, loaded when it is needed. Without libedit
 * lines are read as they come. */
#ifndef SESSION_EDIT_H
#define SESSION_EDIT_H

#include <stdbool.h>
#include <stddef.h>

struct editor;

/* Standard input is readable; the person pressed Ctrl-C, and the line is to be thrown away; there will be no more. */
enum editor_wait { EDITOR_READS, EDITOR_DROPS, EDITOR_ENDS };

struct editor_hooks {
	void *ctx;
	/* Returns when there is something to do; whatever else must go on meanwhile goes on here. */
	enum editor_wait (*wait)(void *ctx);
	/* Calls `add` for each word that may follow `line` (which ends where the cursor is) and begins like its last
	 * word. */
	void (*complete)(void *ctx, const char *line, void (*add)(void *to, const char *word), void *to);
};

/* `prompt` must live as long as the editor. Never NULL. */
struct editor *editor_open(const char *prompt, struct editor_hooks hooks);
void editor_close(struct editor *e);

/* From the next line on. The text must live as long as the editor. */
void editor_prompt(struct editor *e, const char *prompt);

/* Something was printed above the line: shows prompt and line again. */
void editor_again(struct editor *e);

/* Is libedit there? Without it there is no history and no completion. */
bool editor_is_full(const struct editor *e);

/* The next line, without its newline; valid until the next call. NULL at the end of input. */
const char *editor_line(struct editor *e);

#endif
