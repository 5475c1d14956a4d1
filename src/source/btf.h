/* SPDX-License-Identifier: MIT
 * The kernel's own types (BTF), as far as they are enumerations: what its reasons are called, whatever its version. */
#ifndef SOURCE_BTF_H
#define SOURCE_BTF_H

#include "base/err.h"

#include <stdint.h>

/* /sys/kernel/btf/vmlinux, or another file of such types (NULL: that one). Calls `each` with every name of the
 * enumeration, in its order. 0; -1 with `e` filled: the kernel was built without them, or has no enumeration of that
 * name. No privilege is needed. */
int btf_enum(const char *path, const char *name, void (*each)(void *ctx, const char *name, int64_t value), void *ctx,
             struct err *e);

#endif
