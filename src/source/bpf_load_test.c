/* SPDX-License-Identifier: MIT
 * What is said where the kernel does not take a BPF program. The lines are those of Linux 6.18 and 7.3 and of
 * libbpf 1.1. */
#include "base/tap.h"
#include "source/bpf_load.h"

#include <errno.h>
#include <unistd.h>

static int never(void *ctx, char *log)
{
	(void)ctx;
	(void)log;
	return -EINVAL;
}

static const struct bpf_wanted walk = { "the walk", "6.2", never };

#define RELOCATION(number, kind, what)                                                                                 \
	"CO-RE relocating STRUCT x: found target candidate [969]\n"                                                    \
	"prog '': relo #" number ": <" kind "> [100] " what " (0:3 @ offset 192)\n"
#define RESOLVED(number, kind, what)                                                                                   \
	RELOCATION(number, kind, what)                                                                                 \
	"prog '': relo #" number ": matching candidate #0 <" kind "> [969] " what " (0:12 @ offset 256)\n"             \
	"prog '': relo #" number ": patched insn #1128 (LDX/ST/STX) off 160 -> 672\n"
#define FAILED(number, kind, what)                                                                                     \
	RELOCATION(number, kind, what)                                                                                 \
	"prog '': relo #" number ": no matching targets found\n"                                                       \
	"prog '': relo #" number ": substituting insn #996 w/ invalid insn\n"
#define ASKED(number, what)                                                                                            \
	RELOCATION(number, "field_exists", what)                                                                       \
	"prog '': relo #" number ": no matching targets found\n"                                                       \
	"prog '': relo #" number ": patched insn #12 (ALU/ALU64) imm 1 -> 0\n"
#define POISONED                                                                                                       \
	"Validating take() func#2...\ninvalid func unknown#195896080\nverification time 10285 usec\n"                  \
	"stack depth 64+240+96\nprocessed 1937 insns (limit 1000000) max_states_per_insn 2\n"

#define CANNOT "this kernel does not take the walk: "
#define LACKS  CANNOT "its struct inet_connection_sock has no "
#define SAYS   CANNOT "its verifier says "
#define PERMIT "BPF programs may not be loaded "
#define TRY    "; try as root, or with CAP_BPF and CAP_PERFMON"

static const struct row {
	const char *what;
	int error;
	const char *release;
	bool no_btf;
	const char *said, *relocations, *should;
} rows[] = {
	{ "no permission", EPERM, "6.18.44", false, "", "", PERMIT "(operation not permitted)" TRY },
	{ "none on an old kernel", EPERM, "5.10.0", true, "", "", PERMIT "(operation not permitted)" TRY },
	{ "a security module", EACCES, "6.18.44", false, "", "", PERMIT "(permission denied)" TRY },
	{ "but the verifier says the same of a wrong access", EACCES, "6.18.44", false,
	  "R1 invalid mem access 'scalar'\nprocessed 4 insns\n", "", SAYS "'R1 invalid mem access 'scalar''" },
	{ "an old kernel", EINVAL, "6.1.0-50-amd64", false, "", "",
	  CANNOT "that needs Linux 6.2 with BTF, and this is 6.1.0-50-amd64" },
	{ "a much older one", E2BIG, "5.19", false, "", "", CANNOT "that needs Linux 6.2 with BTF, and this is 5.19" },
	{ "one that is as old as may be", EINVAL, "6.2.0", false, "", "",
	  "this kernel does not take the walk (invalid argument)" },
	{ "6.18 is no 6.1", EINVAL, "6.18.44", false, "", "", "this kernel does not take the walk (invalid argument)" },
	{ "nor is 10.0", EINVAL, "10.0", false, "", "", "this kernel does not take the walk (invalid argument)" },
	{ "no types", EINVAL, "6.18.44", true, "", "", CANNOT "it has no BTF (/sys/kernel/btf/vmlinux)" },
	{ "a member that is not there", EINVAL, "7.3.4", false, POISONED,
	  RESOLVED("1", "byte_off", "STRUCT sock.sk_timer")
	          FAILED("2", "byte_off", "STRUCT inet_connection_sock.icsk_retransmit_timer.expires")
	                  RESOLVED("3", "byte_off", "STRUCT sock.sk_drops"),
	  LACKS "icsk_retransmit_timer.expires" },
	{ "libbpf's lines", EINVAL, "7.3.4", false, POISONED,
	  "libbpf: prog 'take': relo #2: <byte_off> [12] struct inet_connection_sock.icsk_timeout (0:1 @ offset 8)\n"
	  "libbpf: prog 'take': relo #2: no matching targets found\n"
	  "libbpf: prog 'take': relo #2: substituting insn #3 w/ invalid insn\n",
	  LACKS "icsk_timeout" },
	{ "not the one that is asked for", EINVAL, "7.3.4", false, POISONED,
	  FAILED("1", "byte_off", "STRUCT inet_connection_sock.icsk_timeout")
	          ASKED("2", "STRUCT inet_connection_sock.icsk_timeout")
	                  FAILED("3", "byte_off", "STRUCT inet_connection_sock.icsk_rto"),
	  LACKS "icsk_rto" },
	{ "nor a part of it", EINVAL, "7.3.4", false, POISONED,
	  ASKED("1", "STRUCT inet_connection_sock.icsk_timer")
	          FAILED("2", "byte_off", "STRUCT inet_connection_sock.icsk_timer.expires")
	                  FAILED("3", "byte_off", "STRUCT inet_connection_sock.icsk_timers"),
	  LACKS "icsk_timers" },
	{ "all of them are asked for: somewhere they are read without", EINVAL, "7.3.4", false, POISONED,
	  ASKED("1", "STRUCT sock.sk_timer") FAILED("2", "byte_off", "STRUCT sock.sk_timer"),
	  SAYS "'invalid func unknown#195896080'" },
	{ "a structure that is not there", EINVAL, "7.3.4", false, POISONED,
	  FAILED("1", "target_type_id", "STRUCT inet_listen_hashbucket"),
	  CANNOT "it has no struct inet_listen_hashbucket" },
	{ "a line that was written over: what is left of another is not its own", EINVAL, "7.3.4", false, POISONED,
	  "prog '': relo #1: <byte_off> [70] STRUCT sock.sk_drops (0:2 @ offset 8)\n"
	  "und\nprog '': relo #9: substituting insn #3 w/ invalid insn\n",
	  SAYS "'invalid func unknown#195896080'" },
	{ "the statistics of 7.3", EINVAL, "7.3.4", false,
	  "R1 invalid mem access 'scalar'\nverification time 2285478 usec\nstack depth max 0\n"
	  "subprog 0 (walk_chains) main insns_self 19 insns_total 3652 stack 0\nprocessed 4481 insns (limit 1000000)\n",
	  "", SAYS "'R1 invalid mem access 'scalar''" },
	{ "another failure, where a member is missing too", EINVAL, "7.3.4", false,
	  "Func#2 ('keep_fd') is global and assumed valid.\nBPF program is too large. Processed 1000001 insn\n",
	  FAILED("1", "byte_off", "STRUCT sock.sk_timer"), SAYS "'BPF program is too large. Processed 1000001 insn'" },
};

static void sentences(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct bpf_refusal refusal = { -r->error, r->release, !r->no_btf, r->said, r->relocations };
		struct err e;

		ok(bpf_refused(&walk, &refusal, &e) < 0, "it is refused");
		same_text(err_text(&e), r->should, r->what);
	}
}

/* --- loading ------------------------------------------------------------------------------------------------- */

/* A kernel, and how it is asked. */
struct asked {
	int answers[2]; /* 0 or -errno */
	int n;
	bool listened[2];
};

static int load(void *ctx, char *log)
{
	struct asked *a = ctx;
	int n = a->n++;

	a->listened[n] = log != NULL;
	if (log && a->answers[n] < 0) { /* as the verifier leaves it: what it says last, and behind that the rest */
		memset(log, 'x', BPF_LOG_ROOM);
		memset(log + 600, 0, BPF_LOG_ROOM - 600);
		strcpy(log, "invalid func unknown#195896080\n");
		strcpy(log + 100, "\n" FAILED("7", "byte_off", "STRUCT sock.sk_timer"));
	}
	return a->answers[n];
}

static void loading(void)
{
	static const struct bpf_wanted wanted = { "it", "2.6", load };
	struct asked good = { .answers = { 0 } }, forbidden = { .answers = { -EPERM } };
	struct asked bad = { .answers = { -EINVAL, -EINVAL } }, busy = { .answers = { -EAGAIN, 0 } };
	struct err e;

	ok(bpf_load(&wanted, &good, &e) == 0 && good.n == 1 && !good.listened[0], "what is taken is loaded once");
	ok(bpf_load(&wanted, &forbidden, &e) < 0 && forbidden.n == 1, "what is forbidden is not tried again");
	ok(bpf_load(&wanted, &busy, &e) == 0 && busy.n == 2, "what is taken the second time is taken");
	ok(bpf_load(&wanted, &bad, &e) < 0 && bad.n == 2 && bad.listened[1], "what is refused, once more to hear why");
	if (access("/sys/kernel/btf/vmlinux", F_OK) == 0)
		same_text(err_text(&e), "this kernel does not take it: its struct sock has no sk_timer",
		          "and that is said, though the verifier began its log anew");
	else
		ok(true, "and that is said # SKIP this kernel has no BTF");
}

int main(void)
{
	sentences();
	loading();
	return tap_done();
}
