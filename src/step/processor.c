/* SPDX-License-Identifier: MIT
 * Registers by DWARF's numbers: System V ABI for x86-64, figure 3.36; for AArch64 as they are. */
#include "step/processor.h"

#include <linux/audit.h>
#include <stddef.h>
#include <sys/user.h>
#include <sys/utsname.h>

#define WORD(register) offsetof(struct user_regs_struct, register) / sizeof(uint64_t)

const struct processor processor = {
#if defined(__x86_64__) && defined(__LP64__)
	.arch = AUDIT_ARCH_X86_64,
	.n = 17,
	.stack = 7,
	.frame = 6,
	.back = 16,
	.pc = WORD(rip),
	.sp = WORD(rsp),
	.word = { WORD(rax), WORD(rdx), WORD(rcx), WORD(rbx), WORD(rsi), WORD(rdi), WORD(rbp), WORD(rsp), WORD(r8),
	          WORD(r9), WORD(r10), WORD(r11), WORD(r12), WORD(r13), WORD(r14), WORD(r15), WORD(rip) },
#elif defined(__aarch64__)
	.arch = AUDIT_ARCH_AARCH64,
	.n = 32,
	.stack = 31,
	.pc = WORD(pc),
	.sp = WORD(sp),
	.word = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	          16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 },
#endif
};

int processor_known(struct err *e)
{
	struct utsname host;

	if (processor.n)
		return 0;
	uname(&host);
	return err_set(e, "programs are stepped on x86-64 and arm64, and this is %.20s; all other commands work here",
	               host.machine);
}
