/* SPDX-License-Identifier: MIT
 * Behind a generated skeleton. */
#pragma GCC diagnostic pop

#ifndef SOURCE_SKELETON_END_H
#define SOURCE_SKELETON_END_H

#include "source/bpf_load.h"

#if __has_include(<bpf/skel_internal.h>) /* the skeleton has included it; where there is no libbpf there is none */
#include <errno.h>                       /* which it uses */
#include <bpf/skel_internal.h>

/* Before its load(): what the verifier has to say goes to `log` (NULL: nowhere): what is wrong, and the relocations,
 * but not each instruction (BPF_LOG_STATS of include/linux/bpf_verifier.h). */
static inline void skeleton_listen(struct bpf_loader_ctx *ctx, char *log)
{
	enum { LOG_STATS = 4 };

	ctx->log_level = log ? LOG_STATS : 0;
	ctx->log_size = log ? BPF_LOG_ROOM : 0;
	ctx->log_buf = (uintptr_t)log;
}

/* Defines skeleton_load_NAME(): loads bpf/NAME.bpf.c anew into `*skel`, as struct bpf_wanted wants it. */
#define SKELETON_LOADER(NAME)                                                                                          \
	static int skeleton_load_##NAME(struct NAME **skel, char *log)                                                 \
	{                                                                                                              \
		if (*skel)                                                                                             \
			NAME##__destroy(*skel);                                                                        \
		*skel = NAME##__open();                                                                                \
		if (!*skel)                                                                                            \
			return -ENOMEM;                                                                                \
		skeleton_listen(&(*skel)->ctx, log);                                                                   \
		return NAME##__load(*skel);                                                                            \
	}
#endif

#endif
