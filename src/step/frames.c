/* SPDX-License-Identifier: MIT
 * Frames by libdw (elfutils), which is loaded when the first frame is wanted: it takes longer to load than everything
 * else of lastack. Functions that the compiler has put into others are frames, too. */
#include "step/stack_internal.h"
#include "base/foreign.h"
#include "base/library.h"
#include "step/jit.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

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
	typeof(dwfl_module_addrdie) *unit;
	typeof(dwarf_getscopes) *scopes;
	typeof(dwarf_tag) *tag;
	typeof(dwarf_diename) *die_name;
	typeof(dwarf_attr_integrate) *attribute;
	typeof(dwarf_formudata) *number;
	typeof(dwarf_getsrcfiles) *files;
	typeof(dwarf_filesrc) *file;
} dw;

static const struct library_symbol symbols[] = {
	{ "dwfl_begin", &dw.begin },
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
	{ "dwfl_getmodules", &dw.each },
	{ "dwfl_module_addrdie", &dw.unit },
	{ "dwarf_getscopes", &dw.scopes },
	{ "dwarf_tag", &dw.tag },
	{ "dwarf_diename", &dw.die_name },
	{ "dwarf_attr_integrate", &dw.attribute },
	{ "dwarf_formudata", &dw.number },
	{ "dwarf_getsrcfiles", &dw.files },
	{ "dwarf_filesrc", &dw.file },
};

static bool load(void)
{
	if (!dw.tried)
		dw.loaded = library_load("libdw.so.1", symbols, ARRAY_SIZE(symbols));
	dw.tried = true;
	return dw.loaded;
}

const char *stack_why_not(void)
{
	return load() ? NULL
	              : "libdw is not installed, so there are no source lines and no stacks: apt-get install libdw1";
}

/* --- what a process has mapped ------------------------------------------------------------------------- */

struct modules {
	pid_t pid;
	Dwfl *dwfl;                /* NULL: not read yet */
	struct jit *jit;           /* what it has made itself; NULL: not read yet */
	const struct stack *stack; /* that is being made into frames */
};

/* A file as the process itself would open it. */
static int find_elf(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, char **file, Elf **elf)
{
	pid_t pid = *user ? (pid_t)(intptr_t)*user : 0;
	struct foreign f = { .path = name };
	struct err e;
	int fd;

	if (name[0] != '/' || !pid || (f.below = foreign_root(pid)) < 0)
		return dw.find_elf(module, user, name, base, file, elf);
	fd = foreign_open(&f, NULL, &e);
	close(f.below);
	if (fd < 0)
		return dw.find_elf(module, user, name, base, file, elf);
	*file = xstrdup(name);
	return fd;
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
	jit_free(m->jit);
	m->jit = NULL;
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
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_word,
	.set_initial_registers = set_registers,
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
	static const Dwfl_Callbacks callbacks = { .find_elf = find_elf,
		                                  .find_debuginfo = find_debuginfo,
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

struct gathering {
	struct modules *modules;
	struct frame *frames;
	size_t n, max;
	bool until_own; /* no further than the first line of the program's source */
};

/* C++ names as they are written, where its library is installed. */
static void set_function(struct frame *f, const char *name)
{
	static char *(*demangle)(const char *, char *, size_t *, int *);
	static const struct library_symbol demangler = { "__cxa_demangle", &demangle };
	static bool tried;
	char *readable = NULL;

	if (!tried)
		library_load("libstdc++.so.6", &demangler, 1);
	tried = true;
	if (demangle && name && !strncmp(name, "_Z", 2))
		readable = demangle(name, NULL, NULL, NULL);
	snprintf(f->function, sizeof f->function, "%s", readable ? readable : name ? name : "");
	free(readable);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Asked first, for what lies between two modules is given to one of them. */
static bool place_made(struct modules *m, Dwarf_Addr looked_up, struct frame *f)
{
	struct err e;

	if (!m->jit)
		m->jit = jit_read(jit_open(m->pid, &e));
	return jit_place(m->jit, looked_up, f);
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
	if (place_made(m, looked_up, f) || !module)
		return;
	name = dw.module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
	snprintf(f->module, sizeof f->module, "%s", name ? base_name(name) : "");
	name = dw.symbol(module, looked_up, &offset, &symbol, NULL, NULL, NULL);
	set_function(f, name);
	f->offset = name ? offset : pc - start;
	/* Nobody asks for lines of the C library, and its debug information takes 40 ms to unpack where it is
	 * installed. */
	line = in_c_library(f) || streq(f->function, "_start") ? NULL : dw.line(module, looked_up);
	file = line ? dw.line_info(line, NULL, &f->line, NULL, NULL, NULL) : NULL;
	snprintf(f->file, sizeof f->file, "%s", file ? base_name(file) : "");
}

static Dwarf_Word number_of(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute memory, *a = dw.attribute(die, attribute, &memory);
	Dwarf_Word value = 0;

	return a && dw.number(a, &value) == 0 ? value : 0;
}

/* Where the function that was put into another one is called there. */
static void place_call(Dwarf_Die *unit, Dwarf_Die *inlined, struct frame *f)
{
	Dwarf_Files *files;
	size_t n = 0, which = (size_t)number_of(inlined, DW_AT_call_file);
	const char *file = dw.files(unit, &files, &n) == 0 && which < n ? dw.file(files, which, NULL, NULL) : NULL;

	f->line = (int)number_of(inlined, DW_AT_call_line);
	snprintf(f->file, sizeof f->file, "%s", file ? base_name(file) : "");
}

/* The frame just added is of code that came from other functions: each gets a frame of its own, the innermost first. */
static void unfold(struct gathering *g, Dwarf_Addr looked_up)
{
	Dwfl_Module *module = dw.module(g->modules->dwfl, looked_up);
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = module ? dw.unit(module, looked_up, &bias) : NULL, *scopes = NULL;
	int n = unit ? dw.scopes(unit, looked_up - bias, &scopes) : 0;

	for (int i = 0; i < n && g->n < g->max && dw.tag(&scopes[i]) != DW_TAG_subprogram; i++) {
		struct frame *inner = &g->frames[g->n - 1];
		const char *name = dw.tag(&scopes[i]) == DW_TAG_inlined_subroutine ? dw.die_name(&scopes[i]) : NULL;

		if (!name)
			continue;
		g->frames[g->n] = *inner;
		set_function(inner, name);
		place_call(unit, &scopes[i], &g->frames[g->n++]);
	}
	free(scopes);
}

/* A return address is that of the next instruction: the call is before it. */
static int take_frame(Dwfl_Frame *frame, void *ctx)
{
	struct gathering *g = ctx;
	struct frame *f;
	bool exact = false;
	Dwarf_Addr pc, looked_up;

	if (!dw.frame_pc(frame, &pc, &exact) || g->n == g->max)
		return DWARF_CB_ABORT;
	looked_up = exact ? pc : pc - 1;
	f = &g->frames[g->n++];
	place(g->modules, pc, looked_up, f);
	if (!f->line || f->made)
		return f->made && g->until_own ? DWARF_CB_ABORT : DWARF_CB_OK;
	unfold(g, looked_up);
	return g->until_own ? DWARF_CB_ABORT : DWARF_CB_OK;
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

size_t frames_until_own(struct modules *m, const struct stack *s, struct frame *frames, size_t max)
{
	return frames_of(m, s, frames, max, true);
}
