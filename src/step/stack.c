/* SPDX-License-Identifier: MIT
 * Samples of stacks, and frames by libdw (elfutils), which is loaded when the first frame is wanted: it takes longer to load than
 * everything else of lastack. */
#include "step/stack.h"
#include "base/file.h"

#include <dlfcn.h>
#include <elf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

/* The top of the stack that is kept: most programs call their sockets from less deep. What is beyond is read from the thread
 * if it has not moved on, and ends the frames if it has. */
enum { STACK_KEPT = 16384, REGISTERS_MAX = 33 };

struct stack {
	Dwarf_Word reg[REGISTERS_MAX]; /* by DWARF's numbers */
	Dwarf_Word pc, sp;
	bool partial; /* pc and sp are all that is known */
	size_t n;
	unsigned char bytes[];
};

/* --- registers ----------------------------------------------------------------------------------------- */

/* DWARF's numbering: System V ABI for x86-64, figure 3.36; for AArch64 the registers as they are. */
#if defined(__x86_64__)
enum { REGISTERS = 17, STACK_REGISTER = 7 };
static void take_registers(struct stack *s, const struct user_regs_struct *u)
{
	const Dwarf_Word in_order[REGISTERS] = { u->rax, u->rdx, u->rcx, u->rbx, u->rsi, u->rdi, u->rbp, u->rsp, u->r8,
						 u->r9,	 u->r10, u->r11, u->r12, u->r13, u->r14, u->r15, u->rip };

	memcpy(s->reg, in_order, sizeof in_order);
	s->pc = u->rip;
	s->sp = u->rsp;
}
#elif defined(__aarch64__)
enum { REGISTERS = 32, STACK_REGISTER = 31 };
static void take_registers(struct stack *s, const struct user_regs_struct *u)
{
	for (int i = 0; i < 31; i++)
		s->reg[i] = u->regs[i];
	s->reg[31] = u->sp;
	s->pc = u->pc;
	s->sp = u->sp;
}
#else
#error "lastack steps programs on x86-64 and arm64"
#endif

/* Gives back what is not needed. */
static struct stack *take_bytes(struct stack *s, pid_t tid)
{
	struct iovec local, remote;
	ssize_t n;

	local = (struct iovec){ s->bytes, STACK_KEPT };
	remote = (struct iovec){ (void *)(uintptr_t)s->sp, STACK_KEPT };
	n = process_vm_readv(tid, &local, 1, &remote, 1, 0);
	s->n = n > 0 ? (size_t)n : 0;
	return xrealloc(s, 1, sizeof *s + s->n);
}

static struct stack *new_stack(void)
{
	return xcalloc(1, sizeof(struct stack) + STACK_KEPT);
}

struct stack *stack_take(pid_t tid)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof regs };
	struct stack *s;

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &io) < 0)
		return NULL;
	s = new_stack();
	take_registers(s, &regs);
	return take_bytes(s, tid);
}

/* The last two words of /proc/…/syscall are the stack pointer and the program counter. */
struct stack *stack_peek(pid_t pid, pid_t tid)
{
	unsigned long long sp, pc;
	struct buf line = { 0 };
	struct stack *s = NULL;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
	if (file_read(path, &line, 256) == 0 && sscanf(buf_text(&line), "%*s %*s %*s %*s %*s %*s %*s %llx %llx", &sp, &pc) == 2) {
		s = new_stack();
		s->partial = true;
		s->sp = sp;
		s->pc = pc;
		s = take_bytes(s, tid);
	}
	buf_free(&line);
	return s;
}

void stack_free(struct stack *s)
{
	free(s);
}

/* The same return addresses cannot be compared without unwinding; the same instruction at the same depth with the same words on
 * top is the same place, but for loops over different data. */
bool stack_same(const struct stack *a, const struct stack *b)
{
	return a && b && a->pc == b->pc && a->sp == b->sp;
}

/* --- libdw --------------------------------------------------------------------------------------------- */

static struct libdw {
	bool tried, loaded;
	typeof(dwfl_begin) *begin;
	typeof(dwfl_end) *end;
	typeof(dwfl_linux_proc_report) *report;
	typeof(dwfl_report_end) *report_end;
	typeof(dwfl_linux_proc_find_elf) *find_elf;
	typeof(dwfl_standard_find_debuginfo) *find_debuginfo;
	typeof(dwfl_attach_state) *attach;
	typeof(dwfl_thread_state_registers) *set_registers;
	typeof(dwfl_thread_state_register_pc) *set_pc;
	typeof(dwfl_getthread_frames) *frames;
	typeof(dwfl_frame_pc) *frame_pc;
	typeof(dwfl_addrmodule) *module;
	typeof(dwfl_module_info) *module_info;
	typeof(dwfl_module_getsrc) *line;
	typeof(dwfl_lineinfo) *line_info;
	typeof(dwfl_module_addrinfo) *symbol;
	typeof(dwfl_getmodules) *each;
} dw;

static bool load(void)
{
	static const struct {
		const char *name;
		void *where;
	} symbols[] = { { "dwfl_begin", &dw.begin },
			{ "dwfl_end", &dw.end },
			{ "dwfl_linux_proc_report", &dw.report },
			{ "dwfl_report_end", &dw.report_end },
			{ "dwfl_linux_proc_find_elf", &dw.find_elf },
			{ "dwfl_standard_find_debuginfo", &dw.find_debuginfo },
			{ "dwfl_attach_state", &dw.attach },
			{ "dwfl_thread_state_registers", &dw.set_registers },
			{ "dwfl_thread_state_register_pc", &dw.set_pc },
			{ "dwfl_getthread_frames", &dw.frames },
			{ "dwfl_frame_pc", &dw.frame_pc },
			{ "dwfl_addrmodule", &dw.module },
			{ "dwfl_module_info", &dw.module_info },
			{ "dwfl_module_getsrc", &dw.line },
			{ "dwfl_lineinfo", &dw.line_info },
			{ "dwfl_module_addrinfo", &dw.symbol },
			{ "dwfl_getmodules", &dw.each } };
	void *library;

	if (dw.tried)
		return dw.loaded;
	dw.tried = true;
	library = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *f = dlsym(library, symbols[i].name);

		if (!f)
			return false;
		memcpy(symbols[i].where, &f, sizeof f); /* a function's address in an object pointer: dlsym(3) */
	}
	return dw.loaded = true;
}

const char *stack_why_not(void)
{
	return load() ? NULL : "libdw is not installed, so there are no source lines and no stacks: apt-get install libdw1";
}

/* --- what a process has mapped ------------------------------------------------------------------------- */

struct modules {
	pid_t pid;
	Dwfl *dwfl;		   /* NULL: not read yet */
	const struct stack *stack; /* that is being made into frames */
};

/* A file as the process itself would open it. */
static int find_elf(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, char **file, Elf **elf)
{
	pid_t pid = *user ? (pid_t)(intptr_t)*user : 0;
	char path[512];
	int fd;

	if (name[0] == '/' && pid) {
		snprintf(path, sizeof path, "/proc/%d/root%s", pid, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			*file = xstrdup(name);
			return fd;
		}
	}
	return dw.find_elf(module, user, name, base, file, elf);
}

/* A server for debug information could keep us waiting; what is installed is looked at, and nothing else. */
static int find_debuginfo(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, const char *file,
			  const char *link, GElf_Word crc, char **found)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	char *kept = urls ? xstrdup(urls) : NULL;
	int fd;

	if (kept)
		unsetenv("DEBUGINFOD_URLS");
	fd = dw.find_debuginfo(module, user, name, base, file, link, crc, found);
	if (kept)
		setenv("DEBUGINFOD_URLS", kept, 1);
	free(kept);
	return fd;
}

struct modules *modules_open(pid_t pid)
{
	struct modules *m = xcalloc(1, sizeof *m);

	m->pid = pid;
	return m;
}

void modules_forget(struct modules *m)
{
	if (m->dwfl)
		dw.end(m->dwfl);
	m->dwfl = NULL;
}

void modules_close(struct modules *m)
{
	if (!m)
		return;
	modules_forget(m);
	free(m);
}

/* --- unwinding ----------------------------------------------------------------------------------------- */

static pid_t next_thread(Dwfl *dwfl, void *ctx, void **thread)
{
	struct modules *m = ctx;

	(void)dwfl;
	if (*thread)
		return 0;
	*thread = m;
	return m->pid;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *ctx, void **thread)
{
	(void)dwfl;
	(void)tid;
	*thread = ctx;
	return true;
}

static bool read_word(Dwfl *dwfl, Dwarf_Addr at, Dwarf_Word *word, void *ctx)
{
	const struct modules *m = ctx;
	const struct stack *s = m->stack;
	struct iovec local = { word, sizeof *word }, remote = { (void *)(uintptr_t)at, sizeof *word };

	(void)dwfl;
	if (at >= s->sp && at - s->sp + sizeof *word <= s->n) {
		memcpy(word, s->bytes + (at - s->sp), sizeof *word);
		return true;
	}
	return process_vm_readv(m->pid, &local, 1, &remote, 1, 0) == sizeof *word;
}

static bool set_registers(Dwfl_Thread *thread, void *ctx)
{
	const struct modules *m = ctx;

	dw.set_pc(thread, m->stack->pc);
	if (m->stack->partial)
		return dw.set_registers(thread, STACK_REGISTER, 1, &m->stack->sp);
	return dw.set_registers(thread, 0, REGISTERS, m->stack->reg);
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread, .get_thread = get_thread, .memory_read = read_word, .set_initial_registers = set_registers,
};

/* dwfl gives each module's user pointer as it was made: the process's id is put there for find_elf(). */
static int remember_pid(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr start, void *ctx)
{
	const struct modules *m = ctx;

	(void)module;
	(void)name;
	(void)start;
	*user = (void *)(intptr_t)m->pid;
	return DWARF_CB_OK;
}

static bool read_modules(struct modules *m)
{
	static char *no_path;
	static const Dwfl_Callbacks callbacks = { .find_elf = find_elf, .find_debuginfo = find_debuginfo,
						  .debuginfo_path = &no_path };

	if (m->dwfl)
		return true;
	m->dwfl = dw.begin(&callbacks);
	if (!m->dwfl)
		return false;
	if (dw.report(m->dwfl, m->pid) == 0 && dw.report_end(m->dwfl, NULL, NULL) == 0 &&
	    dw.each(m->dwfl, remember_pid, m, 0) == 0 && dw.attach(m->dwfl, NULL, m->pid, &thread_callbacks, m))
		return true;
	modules_forget(m);
	return false;
}

static bool in_c_library(const struct frame *f)
{
	static const char *const names[] = { "libc.so", "libc-2", "ld-linux", "ld-musl", "libpthread", "libnss_", "libresolv", "libanl", "[vdso" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(f->module, names[i], strlen(names[i])))
			return true;
	return false;
}

struct gathering {
	struct modules *modules;
	struct frame *frames;
	size_t n, max;
	bool until_own; /* no further than the first line of the program's source */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where one address is: function, line, module. */
static void place(struct modules *m, Dwarf_Addr pc, Dwarf_Addr looked_up, struct frame *f)
{
	Dwfl_Module *module = dw.module(m->dwfl, looked_up);
	Dwarf_Addr start = 0;
	const char *name, *file;
	GElf_Off offset = 0;
	GElf_Sym symbol;
	Dwfl_Line *line;

	*f = (struct frame){ .pc = pc };
	if (!module)
		return;
	name = dw.module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
	snprintf(f->module, sizeof f->module, "%s", name ? base_name(name) : "");
	name = dw.symbol(module, looked_up, &offset, &symbol, NULL, NULL, NULL);
	snprintf(f->function, sizeof f->function, "%s", name ? name : "");
	f->offset = name ? offset : pc - start;
	/* Nobody asks for lines of the C library, and its debug information takes 40 ms to unpack where it is installed. */
	line = in_c_library(f) ? NULL : dw.line(module, looked_up);
	file = line ? dw.line_info(line, NULL, &f->line, NULL, NULL, NULL) : NULL;
	snprintf(f->file, sizeof f->file, "%s", file ? base_name(file) : "");
}

/* A return address is that of the next instruction: the call is before it. */
static int take_frame(Dwfl_Frame *frame, void *ctx)
{
	struct gathering *g = ctx;
	bool exact = false;
	Dwarf_Addr pc;

	if (!dw.frame_pc(frame, &pc, &exact) || g->n == g->max)
		return DWARF_CB_ABORT;
	place(g->modules, pc, exact ? pc : pc - 1, &g->frames[g->n++]);
	return g->until_own && g->frames[g->n - 1].line ? DWARF_CB_ABORT : DWARF_CB_OK;
}

static size_t unwind(struct modules *m, const struct stack *s, struct frame *frames, size_t max, bool until_own)
{
	struct gathering g = { m, frames, 0, max, until_own };

	if (!read_modules(m))
		return 0;
	m->stack = s;
	dw.frames(m->dwfl, m->pid, take_frame, &g);
	m->stack = NULL;
	return g.n;
}

/* A frame in no module: something was mapped since (dlopen). */
static bool all_known(const struct frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!frames[i].module[0])
			return false;
	return n > 0;
}

static size_t frames_of(struct modules *m, const struct stack *s, struct frame *frames, size_t max, bool until_own)
{
	size_t n;

	if (!s || !load())
		return 0;
	n = unwind(m, s, frames, max, until_own);
	if (all_known(frames, n) || kill(m->pid, 0) < 0)
		return n;
	modules_forget(m);
	return unwind(m, s, frames, max, until_own);
}

size_t stack_frames(struct modules *m, const struct stack *s, struct frame *frames, size_t max)
{
	return frames_of(m, s, frames, max, false);
}

/* --- which frame is the program's own ------------------------------------------------------------------ */

/* In a static program the C library's functions are the program's: `accept`, `__libc_accept`, `__recv`. */
static bool is_wrapper(const struct frame *f, const char *call)
{
	static const char *const others[][2] = { { "recvfrom", "recv" }, { "sendto", "send" }, { "accept4", "accept" },
						 { "exit_group", "exit" } };
	const char *name = f->function;

	name += strspn(name, "_");
	if (!strncmp(name, "libc_", 5))
		name += 5;
	name += strspn(name, "_");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (streq(call, others[i][0]) && streq(name, others[i][1]))
			return true;
	return streq(name, call);
}

bool frame_is_own(const struct frame *f, const char *call)
{
	return !in_c_library(f) && (f->line || !is_wrapper(f, call));
}

static int stack_own(const struct frame *frames, size_t n, const char *call)
{
	for (size_t i = 0; i < n; i++)
		if (frames[i].line && !in_c_library(&frames[i]))
			return (int)i;
	for (size_t i = 0; i < n; i++)
		if (!in_c_library(&frames[i]) && !(i == 0 && is_wrapper(&frames[i], call)))
			return (int)i;
	return -1;
}

bool stack_line(struct modules *m, const struct stack *s, const char *call, struct frame *own)
{
	struct frame frames[STACK_DEPTH];
	size_t n = frames_of(m, s, frames, STACK_DEPTH, true);
	int i = stack_own(frames, n, call);

	if (i >= 0)
		*own = frames[i];
	return i >= 0;
}

void frame_text(struct buf *out, const struct frame *f)
{
	if (f->line)
		buf_addf(out, "%s:%d %s", f->file, f->line, f->function);
	else if (f->function[0])
		buf_addf(out, "%s+%#llx", f->function, (unsigned long long)f->offset);
	else
		buf_addf(out, "%s+%#llx", f->module[0] ? f->module : "?", (unsigned long long)f->offset);
}
