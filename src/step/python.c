/* SPDX-License-Identifier: MIT
 * Interpreters, threads, frames: three lists in the memory of a process that may be anybody's. Nothing in them is
 * believed: lists end, types are compared, and a frame that does not fit makes the whole sample nothing. */
#include "step/python.h"
#include "base/err.h"
#include "base/proc.h"
#include "step/image.h"
#include "step/python_code.h"

#include <stdio.h>
#include <stdlib.h>

enum { INTERPRETERS_MOST = 64, THREADS_MOST = 4096, THREADS_KEPT = 32, MODULE_NAME = 64 };

/* Where a thread was found; asked again each time. */
struct known_thread {
	pid_t tid;
	uint64_t at, interpreter;
	struct image_again *again; /* where its frames were the last time; NULL: it was never asked for */
};

struct python {
	struct python_there there;
	const struct mapped_files *files;
	char module[MODULE_NAME]; /* that has the interpreter in it */
	unsigned version;         /* 0x030b */
	bool usable;
	bool renumbered; /* its threads have other numbers where it lives */
	struct known_thread threads[THREADS_KEPT];
	struct python_codes codes;
	struct err trouble;
};

struct python_sample {
	size_t n;
	struct script_frame {
		struct python_code *code;
		uint32_t at; /* bytes into the code */
		bool run_ends;
	} frames[PYTHON_FRAMES];
};

/* --- finding it ---------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Of 3.11 and later it says itself which one it is; the earlier ones are told by what each was the first to export.
 * 0: older than 3.9. */
static unsigned version_of(const struct image *m)
{
	uint64_t said = image_symbol(m, "Py_Version"), hex;

	if (said && image_read(m->pid, said, &hex, sizeof hex))
		return (unsigned)(hex >> 16 & 0xffff);
	if (image_symbol(m, "PyModule_AddObjectRef"))
		return 0x030a;
	return image_symbol(m, "PyObject_GC_IsTracked") ? 0x0309 : 0;
}

static bool find_layout(struct python *p)
{
	const struct python_layout *l = python_layout_of(p->version);
	unsigned char said[PYTHON_SAYS];

	if (l)
		p->there.at = *l;
	return l || (p->version == 0x030d && image_read(p->there.pid, p->there.runtime, said, sizeof said) &&
	             python_layout_said(&p->there.at, said));
}

static void look_at(struct python *p, const struct image *m)
{
	struct python_there *t = &p->there;

	p->version = version_of(m);
	t->runtime = image_symbol(m, "_PyRuntime");
	t->code_type = image_symbol(m, "PyCode_Type");
	t->text_type = image_symbol(m, "PyUnicode_Type");
	t->bytes_type = image_symbol(m, "PyBytes_Type");
	p->usable = t->runtime && t->code_type && t->text_type && t->bytes_type && find_layout(p);
	if (!p->version)
		err_set(&p->trouble, "process %d: frames of Python before 3.9 are not known to this lastack", t->pid);
	else if (!p->usable)
		err_set(&p->trouble, "process %d: the frames of Python %u.%u are not known to this lastack", t->pid,
		        p->version >> 8, p->version & 0xff);
}

/* In the program itself, or in a library that is called so. */
static bool may_be_python(const struct mapped_files *files, size_t i)
{
	return *files->all[i].name == '/' && (i == 0 || strstr(base_name(files->all[i].name), "python"));
}

static bool is_python(struct image *m, pid_t pid, uint64_t base)
{
	return image_open(m, pid, base) && image_symbol(m, "Py_IsInitialized");
}

static bool is_renumbered(pid_t pid)
{
	struct proc_status s;

	return proc_status_read(pid, &s) && s.inside && s.inside != pid;
}

struct python *python_open(pid_t pid, const struct mapped_files *files)
{
	struct python *p;
	struct image m;

	for (size_t i = 0; i < files->n; i++) {
		if (!may_be_python(files, i) || !is_python(&m, pid, files->all[i].from))
			continue;
		p = xcalloc(1, sizeof *p);
		p->there.pid = pid;
		p->files = files;
		p->renumbered = is_renumbered(pid);
		snprintf(p->module, sizeof p->module, "%s", base_name(files->all[i].name));
		look_at(p, &m);
		return p;
	}
	return NULL;
}

void python_close(struct python *p)
{
	if (!p)
		return;
	python_codes_free(&p->codes);
	for (size_t i = 0; i < THREADS_KEPT; i++) {
		if (p->threads[i].again)
			image_again_free(p->threads[i].again);
		free(p->threads[i].again);
	}
	free(p);
}

const char *python_trouble(struct python *p)
{
	return p && err_is_set(&p->trouble) ? err_text(&p->trouble) : NULL;
}

/* --- its threads --------------------------------------------------------------------------------------- */

static uint64_t word_in(const unsigned char *bytes, uint32_t at)
{
	uint64_t word;

	memcpy(&word, bytes + at, sizeof word);
	return word;
}

static bool read_word(const struct python *p, uint64_t at, uint64_t *word)
{
	return python_read(&p->there, at, word, sizeof *word);
}

/* Where the C library has a thread's number, from where pthread_self() points to: behind the head, which is as large as
 * the processor's ABI wants it, and a list (glibc: struct pthread, nptl/descr.h; musl: pthread_impl.h). */
static bool c_library_says(const struct python *p, uint64_t self, pid_t number)
{
#if defined __x86_64__
	static const uint16_t number_at[] = { 0x2d0, 0x30 };
#elif defined __aarch64__
	static const uint16_t number_at[] = { 0xd0, 0x20 };
#else
	static const uint16_t number_at[] = { 0 };
#endif
	pid_t is;

	for (size_t i = 0; self && i < ARRAY_SIZE(number_at); i++)
		if (python_read(&p->there, self + number_at[i], &is, sizeof is) && is == number)
			return true;
	return false;
}

/* Before 3.11, and in a child that was forked, the thread's number is the C library's to tell. */
static bool is_thread(const struct python *p, const unsigned char *state, pid_t number)
{
	const struct python_layout *l = &p->there.at;

	return (l->native_id && word_in(state, l->native_id) == (uint64_t)number) ||
	       c_library_says(p, word_in(state, l->thread_id), number);
}

static bool find_in(struct python *p, struct known_thread *t, pid_t number, unsigned char state[PYTHON_HEAD])
{
	const struct python_layout *l = &p->there.at;

	if (!read_word(p, t->interpreter + l->threads, &t->at))
		return false;
	for (int i = 0; t->at && i < THREADS_MOST; i++) {
		if (!python_read(&p->there, t->at, state, PYTHON_HEAD))
			return false;
		if (is_thread(p, state, number))
			return true;
		t->at = word_in(state, l->thread_next);
	}
	return false;
}

/* Is the thread still where it was found, and in the list still? */
static bool is_there(const struct python *p, const struct known_thread *t, pid_t number,
                     unsigned char state[PYTHON_HEAD])
{
	const struct python_layout *l = &p->there.at;
	uint64_t before, leads;

	if (!t->at || !python_read(&p->there, t->at, state, PYTHON_HEAD) || !is_thread(p, state, number))
		return false;
	before = word_in(state, l->thread_prev);
	return read_word(p, before ? before + l->thread_next : t->interpreter + l->threads, &leads) && leads == t->at;
}

static pid_t number_inside(const struct python *p, pid_t tid)
{
	struct proc_status s;

	return p->renumbered && proc_status_read(tid, &s) && s.inside ? s.inside : tid;
}

static struct known_thread *slot_of(struct python *p, pid_t tid)
{
	return &p->threads[(unsigned)tid % THREADS_KEPT];
}

/* What is read from now on is read now. */
static void begin(struct python *p, pid_t tid)
{
	struct known_thread *t = slot_of(p, tid);

	if (!t->again)
		t->again = xcalloc(1, sizeof *t->again);
	p->there.again = t->again;
	image_again_begin(t->again, p->there.pid);
}

static bool find_thread(struct python *p, pid_t tid, unsigned char state[PYTHON_HEAD])
{
	struct known_thread *t = slot_of(p, tid);
	pid_t number = number_inside(p, tid);

	if (t->tid == tid && is_there(p, t, number, state))
		return true;
	*t = (struct known_thread){ .tid = tid, .again = t->again };
	if (!read_word(p, p->there.runtime + p->there.at.interpreters, &t->interpreter))
		return false;
	for (int i = 0; t->interpreter && i < INTERPRETERS_MOST; i++) {
		if (find_in(p, t, number, state))
			return true;
		if (!read_word(p, t->interpreter + p->there.at.interpreter_next, &t->interpreter))
			break;
	}
	t->at = 0;
	return false;
}

/* --- its frames ---------------------------------------------------------------------------------------- */

/* As they stand there; the order of a walk. */
struct raw {
	size_t n;
	struct raw_frame {
		uint64_t frame, code;
		uint64_t at; /* bytes into the code */
		bool run_ends;
	} frames[PYTHON_FRAMES];
};

/* What the loop of 3.12 and later puts behind the frames that it executes (FRAME_OWNED_BY_CSTACK). */
enum { OWNED_BY_LOOP = 3, CODE_MOST = 64 << 20 };

/* Of one that has not begun yet it is before the first. false: it is not in that code. */
static bool take_place(const struct python_layout *l, const unsigned char *frame, struct raw_frame *to)
{
	int32_t number;

	if (l->number_size) {
		memcpy(&number, frame + l->frame_at, sizeof number);
		to->at = number < 0 ? 0 : (uint64_t)number * l->number_size;
	} else {
		int64_t into = (int64_t)(word_in(frame, l->frame_at) - to->code - l->code_bytes);

		to->at = into == -2 ? 0 : (uint64_t)into;
	}
	return to->at < CODE_MOST;
}

static bool was_there(const struct raw *r, uint64_t frame)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->frames[i].frame == frame)
			return true;
	return false;
}

/* false: it does not fit. */
static bool take_frame(const struct python_layout *l, const unsigned char *bytes, uint64_t frame, struct raw *r)
{
	struct raw_frame *to = &r->frames[r->n];

	if (l->runs == RUN_BY_SHIM && bytes[l->frame_owner] == OWNED_BY_LOOP) {
		if (r->n)
			r->frames[r->n - 1].run_ends = true;
		return true;
	}
	*to = (struct raw_frame){ .frame = frame, .code = word_in(bytes, l->frame_code) };
	if (was_there(r, frame) || !take_place(l, bytes, to))
		return false;
	to->run_ends = l->runs == RUN_IS_ONE || (l->runs == RUN_MARKED && bytes[l->frame_marked]);
	r->n++;
	return true;
}

static bool first_frame(const struct python *p, const unsigned char *thread, uint64_t *frame)
{
	const struct python_layout *l = &p->there.at;

	*frame = word_in(thread, l->thread_frame);
	return !*frame || !l->indirect || read_word(p, *frame + l->indirect_frame, frame);
}

/* So many bytes of a frame are looked at, and no more: behind the last one there may be nothing. */
static size_t frame_size(const struct python_layout *l)
{
	const uint32_t used[] = { l->frame_code, l->frame_back, l->frame_at, l->frame_owner, l->frame_marked };
	uint32_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(used); i++)
		last = used[i] > last ? used[i] : last;
	return (last + sizeof(uint64_t)) & ~(sizeof(uint64_t) - 1);
}

/* Shims are not counted, so steps are. */
static bool walk(const struct python *p, const unsigned char *thread, struct raw *r)
{
	const struct python_layout *l = &p->there.at;
	unsigned char bytes[PYTHON_HEAD];
	uint64_t frame;

	*r = (struct raw){ 0 };
	if (!first_frame(p, thread, &frame))
		return false;
	for (int steps = 0; frame && r->n < PYTHON_FRAMES && steps < 4 * PYTHON_FRAMES; steps++) {
		if (!python_read(&p->there, frame, bytes, frame_size(l)) || !take_frame(l, bytes, frame, r))
			return false;
		frame = word_in(bytes, l->frame_back);
	}
	return true;
}

/* Frames that the interpreter puts between those of a script for itself are of no file. */
static bool name_frames(struct python *p, const struct raw *r, struct python_sample *x)
{
	p->codes.turn++;
	for (size_t i = 0; i < r->n; i++) {
		struct python_code *code = python_code_at(&p->codes, &p->there, r->frames[i].code);

		if (!code)
			return false;
		if (code->file[0])
			x->frames[x->n++] =
				(struct script_frame){ code, (uint32_t)r->frames[i].at, r->frames[i].run_ends };
		else
			python_code_let_go(code);
	}
	return true;
}

static bool is_same_walk(const struct raw *a, const struct raw *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = a->frames[i].frame == b->frames[i].frame && a->frames[i].code == b->frames[i].code &&
		       a->frames[i].at == b->frames[i].at;
	return same;
}

static void tell_misfit(struct python *p)
{
	if (!err_is_set(&p->trouble))
		err_set(&p->trouble, "process %d: its frames do not lie as those of Python %u.%u do", p->there.pid,
		        p->version >> 8, p->version & 0xff);
}

/* Has it moved on since? */
static bool has_moved(struct python *p, pid_t tid, const struct raw *first)
{
	unsigned char thread[PYTHON_HEAD];
	struct raw again;

	begin(p, tid);
	return !find_thread(p, tid, thread) || !walk(p, thread, &again) || !is_same_walk(first, &again);
}

struct python_sample *python_take(struct python *p, pid_t tid, bool asleep)
{
	unsigned char thread[PYTHON_HEAD];
	struct python_sample *x;
	struct raw first;
	bool fits;

	if (!p || !p->usable)
		return NULL;
	begin(p, tid);
	if (!find_thread(p, tid, thread))
		return NULL;
	x = xcalloc(1, sizeof *x);
	fits = walk(p, thread, &first) && name_frames(p, &first, x);
	if (asleep && has_moved(p, tid, &first)) {
		python_sample_free(x);
		return NULL;
	}
	if (!fits)
		tell_misfit(p);
	if (fits && x->n)
		return x;
	python_sample_free(x);
	return NULL;
}

void python_sample_free(struct python_sample *x)
{
	for (size_t i = 0; x && i < x->n; i++)
		python_code_let_go(x->frames[i].code);
	free(x);
}

/* --- what a sample tells ------------------------------------------------------------------------------- */

size_t python_frames(const struct python_sample *x, struct python_frame frames[PYTHON_FRAMES])
{
	for (size_t i = 0; i < x->n; i++) {
		const struct script_frame *from = &x->frames[i];
		const struct python_code *code = from->code;
		struct frame *to = &frames[i].frame;

		frames[i] = (struct python_frame){ .standard = code->standard, .run_ends = from->run_ends };
		*to = (struct frame){ .made = true, .module = "[script]", .offset = from->at };
		to->line = python_line(code->kind, code->lines, code->n, code->first, from->at);
		memcpy(to->function, code->function, sizeof to->function);
		memcpy(to->file, code->file, sizeof to->file);
	}
	return x->n;
}

bool python_owns(const struct python *p, const char *module)
{
	if (!p)
		return false;
	if (streq(module, p->module) || !strncmp(module, "python", 6))
		return true;
	for (size_t i = 0; i < p->files->n; i++)
		if (streq(base_name(p->files->all[i].name), module))
			return strstr(p->files->all[i].name, "/lib-dynload/") != NULL;
	return false;
}
