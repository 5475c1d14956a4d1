/* SPDX-License-Identifier: MIT
 * Every BPF program of lastack against the structures of real kernels (test/btf), none of which is booted: libbpf does
 * the relocations, as the kernel does from the same source (relo_core.c), and the kernel to which it hands the programs
 * is this file's. It refuses what a real one would: an instruction whose relocation failed and that can be reached, a
 * helper, a function or an iterator that it does not have. The verifier's other questions are the real one's. */
#include "base/file.h"
#include "base/tap.h"
#include "source/bpf_load.h"

#ifndef WITH_LIBBPF
int main(void)
{
	return tap_skip_all("built without BPF, or for another machine");
}
#else
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- a kernel ------------------------------------------------------------------------------------------------ */

struct kernel {
	char name[64], btf[512]; /* the file of its types */
	int helpers;             /* it has those with a smaller number */
	char has[512];           /* " WORD WORD ": functions, and core_relos: it does relocations itself */
};

/* A line of test/btf/kernels. */
static bool read_kernel(struct kernel *k, const char *line, const char *src)
{
	char words[480] = "";

	if (sscanf(line, "%63s %d %479[^\n]", k->name, &k->helpers, words) < 2)
		return false;
	snprintf(k->has, sizeof k->has, " %s ", words);
	snprintf(k->btf, sizeof k->btf, "%.400s/test/btf/%s.btf", src, k->name);
	return true;
}

static bool has_word(const struct kernel *k, const char *word)
{
	char between[80];

	snprintf(between, sizeof between, " %s ", word);
	return strstr(k->has, between) != NULL;
}

/* --- what libbpf hands to it --------------------------------------------------------------------------------- */

enum { PROGRAMS = 16 };

static struct given {
	char name[BPF_OBJ_NAME_LEN];
	struct bpf_insn *insns;
	uint32_t n;
} given[PROGRAMS];
static size_t n_given;
static const struct kernel *loading;
static struct buf said; /* by libbpf */

static void forget(void)
{
	while (n_given)
		free(given[--n_given].insns);
	buf_clear(&said);
}

static int new_fd(void)
{
	return memfd_create("bpf", MFD_CLOEXEC);
}

static int take_program(const union bpf_attr *a)
{
	struct given *g = &given[n_given];

	if (!*a->prog_name || n_given == PROGRAMS) /* libbpf tries what the kernel can */
		return new_fd();
	n_given++;
	memcpy(g->name, a->prog_name, sizeof g->name);
	g->n = a->insn_cnt;
	g->insns = xcalloc(g->n, sizeof *g->insns);
	memcpy(g->insns, (const void *)(uintptr_t)a->insns, g->n * sizeof *g->insns);
	return new_fd();
}

static long no(int error)
{
	errno = error;
	return -1;
}

static long bpf(long command, const union bpf_attr *a)
{
	switch (command) {
	case BPF_PROG_LOAD:
		return take_program(a);
	case BPF_MAP_CREATE:
	case BPF_BTF_LOAD:
		return new_fd();
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
		return 0;
	case BPF_BTF_GET_NEXT_ID:
		return no(ENOENT); /* no modules */
	default:
		return no(EINVAL);
	}
}

/* In place of the C library's. */
long syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_bpf)
		return bpf(a[0], (const union bpf_attr *)a[1]);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* In place of libbpf's, which reads those of the running kernel to find the functions that programs call or are called
 * as: whether there are such is asked later. */
struct btf *btf__load_vmlinux_btf(void)
{
	static const char *const functions[] = { "bpf_rdonly_cast", "bpf_iter_task", "bpf_iter_task_file" };
	struct btf *btf = btf__parse(loading->btf, NULL);
	int word, pointer, kind;

	if (!btf)
		return NULL;
	word = btf__add_int(btf, "word", 4, 0);
	pointer = btf__add_ptr(btf, 0);
	kind = btf__add_func_proto(btf, pointer);
	btf__add_func_param(btf, "object", pointer);
	btf__add_func_param(btf, "type", word);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		btf__add_func(btf, functions[i], BTF_FUNC_GLOBAL, kind);
	return btf;
}

static int note(enum libbpf_print_level level, const char *format, va_list ap)
{
	(void)level;
	buf_vaddf(&said, format, ap);
	return 0;
}

static int load(const struct kernel *k, const char *object, struct bpf_object **o)
{
	struct bpf_object_open_opts how = { .sz = sizeof how, .btf_custom_path = k->btf };

	forget();
	loading = k;
	*o = bpf_object__open_file(object, &how);
	if (!*o)
		return -errno;
	return bpf_object__load(*o);
}

/* --- what can be reached in a program ------------------------------------------------------------------------ */

/* What may be in a register. */
struct value {
	enum { NOTHING, ONE, ANY } is;
	int64_t n;
};

struct at {
	struct value reg[MAX_BPF_REG];
	bool reached, waits;
};

struct walk {
	const struct given *g;
	struct at *at;
	size_t *waiting, n_waiting;
	struct buf lacks;
	const struct kernel *k;
	bool poisoned;
};

enum { POISON = 0xbad2310 }; /* of a failed relocation: bpf_core_poison_insn() */

static bool join(struct value *old, struct value more)
{
	struct value was = *old;

	if (more.is == NOTHING || was.is == ANY)
		return false;
	*old = was.is == NOTHING || (more.is == ONE && more.n == was.n) ? more : (struct value){ .is = ANY };
	return old->is != was.is;
}

static void go(struct walk *w, size_t to, const struct value *reg)
{
	struct at *at;
	bool news;

	if (to >= w->g->n)
		return;
	at = &w->at[to];
	news = !at->reached;
	for (size_t i = 0; i < MAX_BPF_REG; i++)
		news |= join(&at->reg[i], reg ? reg[i] : (struct value){ .is = ANY });
	at->reached = true;
	if (!news || at->waits)
		return;
	at->waits = true;
	w->waiting[w->n_waiting++] = to;
}

static struct value operand(const struct bpf_insn *i, const struct value *reg)
{
	return BPF_SRC(i->code) == BPF_X ? reg[i->src_reg] : (struct value){ ONE, i->imm };
}

static struct value computed(const struct bpf_insn *i, const struct value *reg)
{
	struct value a = reg[i->dst_reg], b = operand(i, reg);
	int64_t n;

	if (BPF_OP(i->code) == BPF_MOV)
		a = b;
	if (a.is != ONE || b.is != ONE || i->off)
		return (struct value){ .is = ANY };
	switch (BPF_OP(i->code)) {
	case BPF_MOV:
		n = b.n;
		break;
	case BPF_AND:
		n = a.n & b.n;
		break;
	case BPF_OR:
		n = a.n | b.n;
		break;
	case BPF_XOR:
		n = a.n ^ b.n;
		break;
	default:
		return (struct value){ .is = ANY };
	}
	return (struct value){ ONE, BPF_CLASS(i->code) == BPF_ALU ? (uint32_t)n : n };
}

static void lacks(struct walk *w, const char *what)
{
	if (!has_word(w->k, what) && !strstr(buf_text(&w->lacks), what))
		buf_addf(&w->lacks, " %s", what);
}

static void call(struct walk *w, size_t pc, const struct bpf_insn *i)
{
	char helper[32];

	if (i->src_reg == BPF_PSEUDO_CALL)
		go(w, pc + 1 + (size_t)i->imm, NULL);
	else if (i->src_reg == BPF_PSEUDO_KFUNC_CALL)
		lacks(w, "bpf_rdonly_cast");
	else if (i->imm == POISON)
		w->poisoned = true;
	else if (i->imm >= w->k->helpers) {
		snprintf(helper, sizeof helper, "helper-%d", i->imm);
		lacks(w, helper);
	}
}

/* Which ways a comparison may go. */
static void branch(struct walk *w, size_t pc, const struct bpf_insn *i, const struct value *reg)
{
	struct value a = reg[i->dst_reg], b = operand(i, reg);
	bool known = a.is == ONE && b.is == ONE, same = a.n == b.n;
	bool is_eq = BPF_OP(i->code) == BPF_JEQ, is_ne = BPF_OP(i->code) == BPF_JNE;

	if (BPF_CLASS(i->code) == BPF_JMP32)
		same = (uint32_t)a.n == (uint32_t)b.n;
	if (!known || (!is_eq && !is_ne) || same == is_eq)
		go(w, pc + 1 + (size_t)i->off, reg);
	if (!known || (!is_eq && !is_ne) || same != is_eq)
		go(w, pc + 1, reg);
}

static void jump(struct walk *w, size_t pc, const struct bpf_insn *i, struct value *reg)
{
	switch (BPF_OP(i->code)) {
	case BPF_EXIT:
		return;
	case BPF_JA:
		go(w, pc + 1 + (size_t)(BPF_CLASS(i->code) == BPF_JMP32 ? i->imm : i->off), reg);
		return;
	case BPF_CALL:
		call(w, pc, i);
		for (int r = BPF_REG_0; r <= BPF_REG_5; r++)
			reg[r] = (struct value){ .is = ANY };
		if (i->imm != POISON)
			go(w, pc + 1, reg);
		return;
	default:
		branch(w, pc, i, reg);
	}
}

static void step(struct walk *w, size_t pc)
{
	const struct bpf_insn *i = &w->g->insns[pc];
	struct value reg[MAX_BPF_REG];

	memcpy(reg, w->at[pc].reg, sizeof reg);
	switch (BPF_CLASS(i->code)) {
	case BPF_JMP:
	case BPF_JMP32:
		jump(w, pc, i, reg);
		return;
	case BPF_LD: /* a number of 64 bits, in two instructions */
		if (i->src_reg == BPF_PSEUDO_FUNC)
			go(w, pc + 1 + (size_t)i->imm, NULL);
		reg[i->dst_reg] =
			i->src_reg ? (struct value){ .is = ANY }
				   : (struct value){ ONE, (int64_t)((uint64_t)i[1].imm << 32 | (uint32_t)i->imm) };
		go(w, pc + 2, reg);
		return;
	case BPF_ALU:
	case BPF_ALU64:
		reg[i->dst_reg] = computed(i, reg);
		break;
	case BPF_LDX:
		reg[i->dst_reg] = (struct value){ .is = ANY };
		break;
	case BPF_STX: /* an atomic one may fetch */
		if (BPF_MODE(i->code) == BPF_ATOMIC)
			reg[i->src_reg] = reg[BPF_REG_0] = (struct value){ .is = ANY };
		break;
	}
	go(w, pc + 1, reg);
}

/* What program `g` reaches and the kernel does not have: " WORD WORD". */
static void judge(const struct kernel *k, const struct given *g, const char *section, struct buf *lacking)
{
	struct walk w = { .g = g, .k = k };
	char iterator[64];

	w.at = xcalloc(g->n, sizeof *w.at);
	w.waiting = xcalloc(g->n, sizeof *w.waiting);
	go(&w, 0, NULL);
	while (w.n_waiting) {
		size_t pc = w.waiting[--w.n_waiting];

		w.at[pc].waits = false;
		step(&w, pc);
	}
	lacks(&w, "core_relos");
	if (strncmp(section, "iter/", 5) == 0) {
		snprintf(iterator, sizeof iterator, "bpf_iter_%s", section + 5);
		lacks(&w, iterator);
	}
	buf_puts(lacking, buf_text(&w.lacks));
	if (w.poisoned)
		buf_puts(lacking, " POISON");
	free(w.at);
	free(w.waiting);
	buf_free(&w.lacks);
}

/* --- what each kernel has ------------------------------------------------------------------------------------ */

/* Adds the members that the programs ask for before they read them, and that this kernel lacks. */
static void add_absent(struct buf *absent)
{
	char *line, *rest = said.text, member[128] = "";

	while (rest && (line = strsep(&rest, "\n"))) {
		const char *asks = strstr(line, ": <field_exists> [");

		if (strstr(line, ": <"))
			*member = 0;
		if (asks)
			sscanf(asks, ": <field_exists> [%*d] struct %127s", member);
		if (*member && strstr(line, "no matching targets found") && !strstr(buf_text(absent), member))
			buf_addf(absent, " %s", member);
	}
}

struct judged {
	struct buf absent, refused;
};

static const struct given *given_of(const struct bpf_program *p)
{
	for (size_t i = 0; i < n_given; i++)
		if (strncmp(given[i].name, bpf_program__name(p), sizeof given[i].name - 1) == 0)
			return &given[i];
	return NULL;
}

static void judge_program(const struct kernel *k, const struct bpf_program *p, struct judged *j)
{
	const struct given *g = given_of(p);
	struct buf lacking = { 0 };

	if (ok(g != NULL, "%s: %s is handed over, relocated", k->name, bpf_program__name(p)))
		judge(k, g, bpf_program__section_name(p), &lacking);
	if (lacking.len)
		buf_addf(&j->refused, "%s%s:%s", j->refused.len ? ", " : "", bpf_program__name(p), buf_text(&lacking));
	if (strstr(buf_text(&lacking), "POISON")) {
		struct bpf_wanted w = { .what = bpf_program__name(p), .since = "0.0" };
		struct bpf_refusal r = { .rc = -EINVAL,
			                 .release = k->name,
			                 .has_btf = true,
			                 .said = "invalid func unknown#195896080",
			                 .relocations = buf_text(&said) };
		struct err e;

		bpf_refused(&w, &r, &e);
		printf("# %s\n", err_text(&e));
	}
	buf_free(&lacking);
}

static void judge_object(const struct kernel *k, const char *object, struct judged *j)
{
	struct bpf_object *o;
	struct bpf_program *p;

	if (!ok(load(k, object, &o) == 0, "%s: libbpf loads %s", k->name, strrchr(object, '/') + 1))
		printf("# %.2000s\n", said.len > 2000 ? said.text + said.len - 2000 : buf_text(&said));
	bpf_object__for_each_program(p, o) judge_program(k, p, j);
	add_absent(&j->absent);
	bpf_object__close(o);
}

static glob_t objects;

static void judge_kernel(const struct kernel *k, struct judged *j)
{
	*j = (struct judged){ 0 };
	for (size_t i = 0; i < objects.gl_pathc; i++)
		judge_object(k, objects.gl_pathv[i], j);
}

static void free_judged(struct judged *j)
{
	buf_free(&j->absent);
	buf_free(&j->refused);
}

#define KEEPALIVE  " inet_connection_sock.icsk_keepalive_timer"
#define RETRANSMIT " inet_connection_sock.icsk_retransmit_timer"
#define TIMEOUT    " inet_connection_sock.icsk_timeout"
#define SOCK_TIMER " sock.tcp_retransmit_timer"
#define CGROUP     " sock.sk_cgrp_data.cgroup"

/* Helpers: 162 is bpf_sock_from_file(), 175 bpf_task_pt_regs(), 181 bpf_loop(). */
static const struct row {
	const char *kernel; /* the beginning of its name */
	const char *absent; /* of the members that are asked for */
	const char *refused;
} rows[] = {
	{ "5.10.", CGROUP KEEPALIVE SOCK_TIMER,
	  "find_cgroup: core_relos, list_files: helper-162 core_relos, walk_chains: helper-181 bpf_rdonly_cast "
	  "core_relos, "
	  "find_hashes: bpf_rdonly_cast helper-181 core_relos, list_nets: core_relos, "
	  "find_self: bpf_rdonly_cast core_relos, walk_fds: bpf_rdonly_cast helper-181 core_relos, "
	  "list_registers: helper-175 core_relos" },
	{ "6.1.", KEEPALIVE SOCK_TIMER,
	  "walk_chains: bpf_rdonly_cast, find_hashes: bpf_rdonly_cast, find_self: bpf_rdonly_cast, "
	  "walk_fds: bpf_rdonly_cast" },
	{ "6.12.95-amd64", KEEPALIVE SOCK_TIMER, "" },
	{ "6.12.117-amd64", SOCK_TIMER, "" },
	{ "6.12.117-arm64", SOCK_TIMER, "" },
	{ "6.16.", KEEPALIVE TIMEOUT SOCK_TIMER, "" },
	{ "6.18.", KEEPALIVE TIMEOUT SOCK_TIMER, "" },
	{ "6.19.", TIMEOUT RETRANSMIT, "" },
	{ "7.3.", TIMEOUT RETRANSMIT, "" },
};

static const struct row *row_of(const struct kernel *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strncmp(k->name, rows[i].kernel, strlen(rows[i].kernel)) == 0)
			return &rows[i];
	return NULL;
}

static void try_kernel(const struct kernel *k)
{
	const struct row *row = row_of(k);
	struct judged j;

	if (!ok(row != NULL, "%s is in the table", k->name))
		return;
	judge_kernel(k, &j);
	same_text(buf_text(&j.absent), row->absent, "what it lacks, and is asked for");
	same_text(buf_text(&j.refused), row->refused, "which programs it cannot take");
	free_judged(&j);
}

static size_t try_kernels(const char *src)
{
	struct buf list = { 0 };
	char path[512], *line, *rest;
	struct kernel k;
	size_t n = 0;

	snprintf(path, sizeof path, "%.400s/test/btf/kernels", src);
	file_read(path, &list, 1 << 20);
	for (rest = list.text; rest && (line = strsep(&rest, "\n"));)
		if (*line != '#' && read_kernel(&k, line, src)) {
			try_kernel(&k);
			n++;
		}
	buf_free(&list);
	return n;
}

/* Whatever it is: what is read without asking is there. */
static void try_this_kernel(void)
{
	struct kernel k = { "this kernel", "/sys/kernel/btf/vmlinux", INT32_MAX, "" };
	struct judged j;

	if (access(k.btf, R_OK) != 0) {
		ok(true, "this kernel's structures # SKIP it has no BTF");
		return;
	}
	judge_kernel(&k, &j);
	ok(!strstr(buf_text(&j.refused), "POISON"), "this kernel has what is read without asking");
	free_judged(&j);
}

int main(void)
{
	const char *src = getenv("SRC") ? getenv("SRC") : ".";
	char path[512];

	snprintf(path, sizeof path, "%.400s/build/bpf/*.o", src);
	if (glob(path, 0, NULL, &objects) != 0)
		return tap_skip_all("the programs are not in build/bpf");
	libbpf_set_print(note);
	ok(try_kernels(src) == ARRAY_SIZE(rows), "there is a file of each kernel of the table");
	try_this_kernel();
	forget();
	buf_free(&said);
	globfree(&objects);
	return tap_done();
}
#endif
