/* SPDX-License-Identifier: MIT
 * Frames by libdw (elfutils), in a child of ours: what libdw reads is made by strangers, so it is read by somebody who
 * can do nothing else (step/confine.h). libdw is loaded when the first frame is wanted: it takes longer to load than
 * everything else of lastack. Functions that the compiler has put into others are frames, too. */
#include "step/reader.h"
#include "base/fdmsg.h"
#include "base/file.h"
#include "base/library.h"
#include "step/confine.h"
#include "step/debug_file.h"
#include "step/jit.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- libdw --------------------------------------------------------------------------------------------- */

static struct libdw {
	bool tried, loaded;
	typeof(dwfl_begin) *begin;
	typeof(dwfl_end) *end;
	typeof(dwfl_report_module) *report;
	typeof(dwfl_report_end) *report_end;
	typeof(dwfl_module_build_id) *build_id;
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
	typeof(dwfl_module_eh_cfi) *cfi;
	typeof(dwfl_module_dwarf_cfi) *debug_cfi;
	typeof(dwarf_cfi_addrframe) *cfi_row;
	typeof(dwarf_frame_info) *row_info;
	typeof(dwarf_frame_cfa) *row_top;
	typeof(dwarf_frame_register) *row_register;
	typeof(dwfl_module_addrdie) *unit;
	typeof(dwarf_getscopes) *scopes;
	typeof(dwarf_tag) *tag;
	typeof(dwarf_diename) *die_name;
	typeof(dwarf_attr_integrate) *attribute;
	typeof(dwarf_formudata) *number;
	typeof(dwarf_getsrcfiles) *files;
	typeof(dwarf_filesrc) *file;
	typeof(elf_version) *elf_version;
	typeof(elf_begin) *elf_begin;
	typeof(elf_memory) *elf_memory;
	typeof(elf_end) *elf_end;
	typeof(dwelf_elf_gnu_build_id) *build_id_of;
	char *(*demangle)(const char *, char *, size_t *, int *); /* NULL: C++'s library is not installed */
} dw;

#define LIBDW(X)                                                                                                       \
	X(dwfl_begin, dw.begin)                                                                                        \
	X(dwfl_end, dw.end)                                                                                            \
	X(dwfl_report_module, dw.report)                                                                               \
	X(dwfl_report_end, dw.report_end)                                                                              \
	X(dwfl_module_build_id, dw.build_id)                                                                           \
	X(dwfl_attach_state, dw.attach)                                                                                \
	X(dwfl_thread_state_registers, dw.set_registers)                                                               \
	X(dwfl_thread_state_register_pc, dw.set_pc)                                                                    \
	X(dwfl_getthread_frames, dw.frames)                                                                            \
	X(dwfl_frame_pc, dw.frame_pc)                                                                                  \
	X(dwfl_addrmodule, dw.module)                                                                                  \
	X(dwfl_module_info, dw.module_info)                                                                            \
	X(dwfl_module_getsrc, dw.line)                                                                                 \
	X(dwfl_lineinfo, dw.line_info)                                                                                 \
	X(dwfl_module_addrinfo, dw.symbol)                                                                             \
	X(dwfl_getmodules, dw.each)                                                                                    \
	X(dwfl_module_eh_cfi, dw.cfi)                                                                                  \
	X(dwfl_module_dwarf_cfi, dw.debug_cfi)                                                                         \
	X(dwarf_cfi_addrframe, dw.cfi_row)                                                                             \
	X(dwarf_frame_info, dw.row_info)                                                                               \
	X(dwarf_frame_cfa, dw.row_top)                                                                                 \
	X(dwarf_frame_register, dw.row_register)                                                                       \
	X(dwfl_module_addrdie, dw.unit)                                                                                \
	X(dwarf_getscopes, dw.scopes)                                                                                  \
	X(dwarf_tag, dw.tag)                                                                                           \
	X(dwarf_diename, dw.die_name)                                                                                  \
	X(dwarf_attr_integrate, dw.attribute)                                                                          \
	X(dwarf_formudata, dw.number)                                                                                  \
	X(dwarf_getsrcfiles, dw.files)                                                                                 \
	X(dwarf_filesrc, dw.file)                                                                                      \
	X(elf_version, dw.elf_version)                                                                                 \
	X(elf_begin, dw.elf_begin)                                                                                     \
	X(elf_memory, dw.elf_memory)                                                                                   \
	X(elf_end, dw.elf_end)                                                                                         \
	X(dwelf_elf_gnu_build_id, dw.build_id_of)
LIBRARY_SYMBOLS(symbols, LIBDW)

#define LIBSTDCXX(X) X(__cxa_demangle, dw.demangle)
LIBRARY_SYMBOLS(demangler, LIBSTDCXX)

bool frames_load(void)
{
	if (!dw.tried) {
		dw.loaded = library_load(LIBRARY_DW, symbols, ARRAY_SIZE(symbols));
		library_load(LIBRARY_CXX, demangler, 1);
	}
	dw.tried = true;
	return dw.loaded;
}

const char *stack_why_not(void)
{
	if (!processor.n)
		return "stacks are read on x86-64 and arm64 only";
	return frames_load()
	               ? NULL
	               : "libdw is not installed, so there are no source lines and no stacks: apt-get install libdw1";
}

/* --- what the process has ------------------------------------------------------------------------------- */

/* The child's own: what it has read of the process so far. */
struct reading {
	int parent, memory;
	pid_t pid;
	const struct mapped_files *files;
	Dwfl *dwfl;                /* NULL: not read yet */
	struct jit *jit;           /* what it has made itself; NULL: not read yet */
	const struct stack *stack; /* that is being made into frames */
};

/* Asks for a file; -1: there is none. `places`: for debug information; `which` of them it is. */
static int want(const struct reading *m, struct reader_word word, const struct reader_places *places, uint32_t *which)
{
	struct iovec part[2] = { { &word, sizeof word }, { (void *)places, places ? sizeof *places : 0 } };
	struct iovec answer = { which, sizeof *which };
	int fd;

	if (fdmsg_send(m->parent, part, 2, -1) < 0 || fdmsg_recv(m->parent, &answer, 1, &fd, 0) != sizeof *which)
		_exit(1); /* nobody is there any more */
	return fd;
}

/* The kernel's own code has no file: it is read out of the process. */
static Elf *image_of(const struct reading *m, const struct mapped *part)
{
	size_t n = part->to - part->from;
	char *bytes = xcalloc(n, 1); /* for as long as we live */

	if (m->memory < 0 || pread(m->memory, bytes, n, (off_t)part->from) != (ssize_t)n)
		return NULL;
	return dw.elf_memory(bytes, n);
}

static int find_elf(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, char **file, Elf **elf)
{
	const struct reading *m = *user;
	const struct mapped *part = mapped_at(m->files, base);
	uint32_t only;

	(void)module;
	if (!part)
		return -1;
	if (*name != '/') {
		*elf = image_of(m, part);
		return -1;
	}
	*file = xstrdup(name);
	return want(m, (struct reader_word){ .says = READER_WANTS_FILE, .from = base }, NULL, &only);
}

/* --- debug information apart ---------------------------------------------------------------------------- */

static bool has_build_id(int fd, const struct debug_wanted *w)
{
	Elf *elf = dw.elf_begin(fd, ELF_C_READ_MMAP, NULL);
	const void *id = NULL;
	ssize_t n = elf ? dw.build_id_of(elf, &id) : -1;
	bool same = n > 0 && (size_t)n == w->n_build_id && memcmp(id, w->build_id, w->n_build_id) == 0;

	dw.elf_end(elf);
	return same;
}

static bool has_crc(int fd, GElf_Word should)
{
	static uint8_t piece[1 << 16];
	uint32_t crc = 0;
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, piece, sizeof piece, at)) > 0) {
		crc = debug_crc(crc, piece, (size_t)n);
		at += n;
	}
	return n == 0 && crc == should;
}

/* Of another version it would tell wrong lines. What is shared is found by its path alone. */
static bool belongs(int fd, const struct debug_wanted *w, GElf_Word crc)
{
	return w->shared || (w->n_build_id ? has_build_id(fd, w) : has_crc(fd, crc));
}

static int find_debuginfo(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, const char *file,
                          const char *link, GElf_Word crc, char **found)
{
	struct debug_wanted w = { .file = file ? file : name, .link = link, .shared = link && !crc };
	struct reader_word word = { .says = READER_WANTS_DEBUG };
	static struct reader_places places;
	GElf_Addr at;
	int n_id = dw.build_id(module, &w.build_id, &at), fd;

	(void)base;
	w.n_build_id = n_id > 0 ? (size_t)n_id : 0;
	places.n = (uint32_t)debug_places(&w, places.path);
	for (uint32_t which; (fd = want(*user, word, &places, &which)) >= 0; word.n = which + 1) {
		if (which / 2 < places.n && belongs(fd, &w, crc)) {
			*found = xstrdup(places.path[which / 2]);
			return fd;
		}
		close(fd);
	}
	return -1;
}

/* --- unwinding ----------------------------------------------------------------------------------------- */

static pid_t next_thread(Dwfl *dwfl, void *ctx, void **thread)
{
	struct reading *m = ctx;

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
	const struct reading *m = ctx;
	const struct stack *s = m->stack;

	(void)dwfl;
	if (at >= s->sp && at - s->sp + sizeof *word <= s->n) {
		memcpy(word, s->bytes + (at - s->sp), sizeof *word);
		return true;
	}
	return m->memory >= 0 && pread(m->memory, word, sizeof *word, (off_t)at) == sizeof *word;
}

static bool set_registers(Dwfl_Thread *thread, void *ctx)
{
	const struct reading *m = ctx;

	dw.set_pc(thread, m->stack->pc);
	if (m->stack->partial)
		return dw.set_registers(thread, processor.stack, 1, &m->stack->sp);
	return dw.set_registers(thread, 0, processor.n, m->stack->reg);
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_word,
	.set_initial_registers = set_registers,
};

/* dwfl gives each module's user pointer as it was made: the process is put there for find_elf(). */
static int remember(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr start, void *ctx)
{
	(void)module;
	(void)name;
	(void)start;
	*user = ctx;
	return DWARF_CB_OK;
}

static bool report_files(struct reading *m)
{
	for (size_t i = 0; i < m->files->n; i++) {
		const struct mapped *f = &m->files->all[i];

		if (!dw.report(m->dwfl, f->name, f->from, f->to))
			return false;
	}
	return dw.report_end(m->dwfl, NULL, NULL) == 0;
}

static bool read_modules(struct reading *m)
{
	static char *no_path;
	static const Dwfl_Callbacks callbacks = { .find_elf = find_elf,
		                                  .find_debuginfo = find_debuginfo,
		                                  .debuginfo_path = &no_path };

	if (m->dwfl)
		return true;
	dw.elf_version(EV_CURRENT);
	m->dwfl = dw.begin(&callbacks);
	if (m->dwfl && report_files(m) && dw.each(m->dwfl, remember, m, 0) == 0 &&
	    dw.attach(m->dwfl, NULL, m->pid, &thread_callbacks, m))
		return true;
	if (m->dwfl)
		dw.end(m->dwfl);
	m->dwfl = NULL;
	return false;
}

struct gathering {
	struct reading *reading;
	struct reader_answer *to;
	size_t max;
	enum until until;
};

/* C++ names as they are written, where its library is installed. */
static void set_function(struct frame *f, const char *name)
{
	char *readable = NULL;

	if (dw.demangle && name && !strncmp(name, "_Z", 2))
		readable = dw.demangle(name, NULL, NULL, NULL);
	snprintf(f->function, sizeof f->function, "%s", readable ? readable : name ? name : "");
	free(readable);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Asked first, for what lies between two modules is given to one of them. */
static bool place_made(struct reading *m, Dwarf_Addr looked_up, struct frame *f)
{
	uint32_t only;

	if (!m->jit)
		m->jit = jit_read(want(m, (struct reader_word){ .says = READER_WANTS_JIT }, NULL, &only));
	return jit_place(m->jit, looked_up, f);
}

/* Where one address is: function, line, module. */
static void place(struct reading *m, Dwarf_Addr pc, Dwarf_Addr looked_up, struct frame *f)
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
	Dwfl_Module *module = dw.module(g->reading->dwfl, looked_up);
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = module ? dw.unit(module, looked_up, &bias) : NULL, *scopes = NULL;
	int n = unit ? dw.scopes(unit, looked_up - bias, &scopes) : 0;

	for (int i = 0; i < n && g->to->n < g->max && dw.tag(&scopes[i]) != DW_TAG_subprogram; i++) {
		struct frame *inner = &g->to->frames[g->to->n - 1];
		const char *name = dw.tag(&scopes[i]) == DW_TAG_inlined_subroutine ? dw.die_name(&scopes[i]) : NULL;

		if (!name)
			continue;
		g->to->frames[g->to->n] = *inner;
		set_function(inner, name);
		place_call(unit, &scopes[i], &g->to->frames[g->to->n++]);
	}
	free(scopes);
}

/* --- the rule of a place -------------------------------------------------------------------------------- */

/* What the compiler has said of the frame there. For free(). */
static Dwarf_Frame *row_at(Dwfl_Module *module, Dwarf_Addr at)
{
	Dwarf_Addr bias = 0;
	Dwarf_CFI *cfi = dw.cfi(module, &bias);
	Dwarf_Frame *row = NULL;

	if (cfi && dw.cfi_row(cfi, at - bias, &row) == 0)
		return row;
	cfi = dw.debug_cfi(module, &bias);
	return cfi && dw.cfi_row(cfi, at - bias, &row) == 0 ? row : NULL;
}

/* At so many bytes from the top of the frame? */
static bool is_saved(const Dwarf_Op *ops, size_t n, int64_t *at)
{
	if (n < 1 || n > 2 || ops[0].atom != DW_OP_call_frame_cfa || (n == 2 && ops[1].atom != DW_OP_plus_uconst))
		return false;
	*at = n == 2 ? (int64_t)ops[1].number : 0;
	return true;
}

/* The caller's register: as it is, or saved. */
static enum pointer_is pointer_of(Dwarf_Frame *row, int which, int64_t *at)
{
	Dwarf_Op memory[3], *ops = NULL;
	size_t n = 0;

	if (dw.row_register(row, which, memory, &ops, &n) != 0)
		return POINTER_LOST;
	if (!n)
		return ops ? POINTER_LOST : POINTER_SAME;
	return is_saved(ops, n, at) ? POINTER_SAVED : POINTER_LOST;
}

/* The caller's stack pointer is the top of this frame, as it is on every processor of memo.h, unless said otherwise. */
static bool top_is_stack(Dwarf_Frame *row)
{
	Dwarf_Op memory[3], *ops = NULL;
	size_t n = 0;

	return dw.row_register(row, processor.stack, memory, &ops, &n) == 0 && n == 2 &&
	       ops[0].atom == DW_OP_call_frame_cfa && ops[1].atom == DW_OP_stack_value;
}

static bool take_top(Dwarf_Frame *row, struct caller_rule *r)
{
	Dwarf_Op *ops = NULL;
	size_t n = 0;

	if (dw.row_top(row, &ops, &n) != 0 || n != 1 || ops->atom != DW_OP_bregx ||
	    (ops->number != processor.stack && ops->number != processor.frame))
		return false;
	r->by_frame_pointer = ops->number == processor.frame;
	r->top = (int64_t)ops->number2;
	return top_is_stack(row);
}

static enum caller_is take_caller(Dwarf_Frame *row, struct caller_rule *r)
{
	Dwarf_Op memory[3], *ops = NULL;
	bool signal = true;
	size_t n = 0;

	if (dw.row_info(row, NULL, NULL, &signal) != processor.back || signal ||
	    dw.row_register(row, processor.back, memory, &ops, &n) != 0)
		return CALLER_UNSAID;
	if (!n && ops)
		return CALLER_NONE;
	r->frame_pointer = (uint8_t)pointer_of(row, processor.frame, &r->saved_at);
	return n && is_saved(ops, n, &r->pc_at) && take_top(row, r) ? CALLER_FOUND : CALLER_UNSAID;
}

static void take_rule(const struct gathering *g, struct caller_rule *r, Dwarf_Addr looked_up)
{
	Dwfl_Module *module = dw.module(g->reading->dwfl, looked_up);
	Dwarf_Frame *row = processor.frame && module ? row_at(module, looked_up) : NULL;

	if (row)
		r->caller = (uint8_t)take_caller(row, r);
	free(row);
}

/* --- gathering ------------------------------------------------------------------------------------------ */

/* A return address is that of the next instruction: the call is before it. */
static int take_frame(Dwfl_Frame *frame, void *ctx)
{
	struct gathering *g = ctx;
	struct reader_answer *to = g->to;
	uint32_t before = to->n;
	struct frame *f;
	bool exact = false;
	Dwarf_Addr pc, looked_up;

	if (!dw.frame_pc(frame, &pc, &exact) || to->n == g->max)
		return DWARF_CB_ABORT;
	looked_up = exact ? pc : pc - 1;
	f = &to->frames[to->n++];
	place(g->reading, pc, looked_up, f);
	if (f->line && !f->made)
		unfold(g, looked_up);
	to->rules[to->n_rules] = (struct caller_rule){ .pc = pc, .innermost = !before, .n = to->n - before };
	if (to->n < g->max) /* else it may have had more */
		take_rule(g, &to->rules[to->n_rules], looked_up);
	to->n_rules++;
	return frames_end(f, to->n - before, g->until) ? DWARF_CB_ABORT : DWARF_CB_OK;
}

static void unwind(struct reading *m, const struct stack *s, struct gathering *g)
{
	g->to->n = g->to->n_rules = 0;
	if (!read_modules(m))
		return;
	m->stack = s;
	dw.frames(m->dwfl, m->pid, take_frame, g);
	m->stack = NULL;
}

/* --- answering ------------------------------------------------------------------------------------------ */

static void answer(struct reading *m, const struct reader_ask *ask, const struct stack *s)
{
	static struct reader_answer to;
	struct gathering g = { m, &to, ask->max < STACK_DEPTH ? ask->max : STACK_DEPTH, ask->until };
	struct reader_word word = { .says = READER_HAS_FRAMES };
	struct iovec part[2] = { { &word, sizeof word }, { &to, 0 } };

	unwind(m, s, &g);
	part[1].iov_len = offsetof(struct reader_answer, frames) + to.n * sizeof *to.frames;
	if (fdmsg_send(m->parent, part, 2, -1) < 0)
		_exit(1);
}

void frames_serve(int parent, int memory, pid_t pid, const struct mapped_files *files)
{
	struct reading m = { .parent = parent, .memory = memory, .pid = pid, .files = files };
	struct stack *s = xcalloc(1, sizeof *s + STACK_KEPT);
	struct reader_ask ask;
	struct iovec part[2] = { { &ask, sizeof ask }, { s, sizeof *s + STACK_KEPT } };
	int none;

	while (fdmsg_recv(parent, part, 2, &none, 0) >= (long)(sizeof ask + sizeof *s))
		answer(&m, &ask, s);
	_exit(0);
}
