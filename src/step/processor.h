/* SPDX-License-Identifier: MIT
 * What step must know of the processor: a row of processor.c for each that it works on. On others lastack is built all
 * the same, and programs are not stepped. */
#ifndef STEP_PROCESSOR_H
#define STEP_PROCESSOR_H

#include "base/err.h"
#include "base/syscall.h"

#include <stdint.h>

/* The most registers of a row, and the most words of PTRACE_GETREGSET's NT_PRSTATUS. */
enum { REGISTERS_MAX = 32, REGISTER_WORDS = 34 };

struct processor {
	uint32_t arch;               /* linux/audit.h: of the system calls that are meant */
	uint8_t n;                   /* registers; 0: step does not know this processor */
	uint8_t stack;               /* which one is the stack pointer, by DWARF's numbers */
	uint8_t frame, back;         /* the frame pointer and the return address, by DWARF's numbers; 0: memo.h does not
	                                know this processor's rules (a return address may be signed) */
	uint8_t pc, sp;              /* which words of NT_PRSTATUS they are */
	uint8_t word[REGISTERS_MAX]; /* for each register, by DWARF's numbers */
};
extern const struct processor processor;

/* 0, or -1 with the sentence that says on which processors step works. */
int processor_known(struct err *e);

/* Calls that some processors have not got (they have a newer one that does more): numbers that no program uses. */
enum { NO_SUCH_CALL = -4096 };
#ifndef SYS_accept
#define SYS_accept (NO_SUCH_CALL - 1)
#endif
#ifndef SYS_fstat
#define SYS_fstat (NO_SUCH_CALL - 2)
#endif
#ifndef SYS_newfstatat
#define SYS_newfstatat (NO_SUCH_CALL - 3)
#endif
#ifndef SYS_mmap
#define SYS_mmap SYS_mmap2
#endif

#endif
