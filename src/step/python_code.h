/* SPDX-License-Identifier: MIT
 * What a function of Python is called and where its lines are: its code object, as it lies in the process. They are
 * remembered by their address; and asked of the process again each time, in one call, for an address is given to
 * another function when the first one is gone. Internal to step/. */
#ifndef STEP_PYTHON_CODE_H
#define STEP_PYTHON_CODE_H

#include "step/image.h"
#include "step/python_layout.h"

#include <sys/types.h>

/* An interpreter in a process. */
struct python_there {
	pid_t pid;
	struct python_layout at;
	uint64_t runtime;                          /* _PyRuntime */
	uint64_t code_type, text_type, bytes_type; /* of the objects that are believed */
	struct image_again *again;                 /* by which it is read; NULL: each thing by itself */
};

bool python_read(const struct python_there *p, uint64_t at, void *to, size_t n);

enum { PYTHON_NAME = 96 };

struct python_code {
	unsigned users;
	bool standard; /* of Python's own library, or frozen into the interpreter */
	int first;
	enum lines_are kind;
	char function[PYTHON_NAME], file[PYTHON_NAME]; /* the file without its folder; as raw as they are, in UTF-8 */
	size_t n;
	unsigned char lines[];
};

/* All zero: empty. */
enum { CODES_KEPT = 512 };
struct python_codes {
	struct known_code *kept[CODES_KEPT];
	unsigned turn; /* what was asked for in this turn is not asked for again */
};

/* NULL: there is no code object, or one that does not fit. It is the caller's as long as he has not let it go: also
 * when it is remembered no more. */
struct python_code *python_code_at(struct python_codes *c, const struct python_there *p, uint64_t at);
void python_code_let_go(struct python_code *code);

void python_codes_free(struct python_codes *c);

#endif
