/* SPDX-License-Identifier: MIT
 * Why the kernel does not take a BPF program. */
#include "source/bpf_load.h"
#include "base/system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

/* --- what the verifier says ---------------------------------------------------------------------------------- */

struct text {
	const char *at;
	size_t n;
};

/* A log's next line that is not empty, without its end; `*rest` goes on. */
static bool next_line(const char **rest, struct text *line)
{
	const char *at = *rest + strspn(*rest, "\n");

	*line = (struct text){ at, strcspn(at, "\n") };
	*rest = at + line->n;
	return line->n > 0;
}

static const char *found(struct text in, const char *what)
{
	return memmem(in.at, in.n, what, strlen(what));
}

/* Behind `what`. */
static struct text behind(struct text in, const char *what)
{
	const char *at = found(in, what);
	const char *from = at ? at + strlen(what) : in.at + in.n;

	return (struct text){ from, (size_t)(in.at + in.n - from) };
}

/* A line about a relocation. */
struct relocation {
	unsigned number;
	struct text what; /* "STRUCT sock.sk_timer.expires"; empty in a line that says what became of it */
	bool asks;        /* only if that is there */
};

/* "prog '': relo #7: <byte_off> [70] STRUCT sock.sk_timer.expires (0:9:1 @ offset 600)", and "prog '': relo #7: …"
 * (tools/lib/bpf/relo_core.c, which is the kernel's and libbpf's). */
static bool read_relocation(struct text line, struct relocation *r)
{
	struct text number = behind(line, "relo #"), kind = behind(number, ": <");
	const char *end;

	if (!number.n || sscanf(number.at, "%u", &r->number) != 1)
		return false;
	r->what = behind(behind(kind, "> ["), "] ");
	end = found(r->what, " (");
	r->what.n = end ? (size_t)(end - r->what.at) : r->what.n;
	r->asks = kind.n && strncmp(kind.at, "field_exists", 12) == 0;
	return true;
}

/* "sock.sk_timer" has "sock.sk_timer.expires" in it. */
static bool has(struct text outer, struct text inner)
{
	return outer.n <= inner.n && memcmp(outer.at, inner.at, outer.n) == 0 &&
	       (outer.n == inner.n || inner.at[outer.n] == '.');
}

/* Does the program ask whether it is there? Then it is not reached where it is not. */
static bool is_asked_for(const char *log, struct text what)
{
	struct relocation r;
	struct text line;

	while (next_line(&log, &line))
		if (read_relocation(line, &r) && r.asks && r.what.n && has(r.what, what))
			return true;
	return false;
}

/* The first member, or structure, that this kernel lacks and the program takes for granted; empty: none. */
static struct text missing_of(const char *log)
{
	struct relocation last = { .what = { "", 0 } }, r;
	const char *rest = log;
	struct text line;

	while (next_line(&rest, &line)) {
		if (!read_relocation(line, &r))
			continue;
		if (r.what.n)
			last = r;
		else if (found(line, "w/ invalid insn") && last.what.n && last.number == r.number &&
		         !is_asked_for(log, last.what))
			return last.what;
	}
	return (struct text){ "", 0 };
}

static bool has_any(struct text line, const char *const words[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (found(line, words[i]))
			return true;
	return false;
}

/* Its last line before its statistics, of which newer kernels print more, and not of what it says in any case. */
static struct text last_reason(const char *log)
{
	static const char *const statistics[] = { "verification time ", "stack depth ", "processed " };
	static const char *const anyway[] = { "relo #", "CO-RE relocating", "assumed valid" };
	struct text last = { "", 0 }, line;

	while (next_line(&log, &line) && !has_any(line, statistics, ARRAY_SIZE(statistics)))
		if (!has_any(line, anyway, ARRAY_SIZE(anyway)))
			last = line;
	return last;
}

/* --- the sentence -------------------------------------------------------------------------------------------- */

static bool is_older(const char *release, const char *since)
{
	struct kernel_version is, should;

	return kernel_version_read(release, &is) && kernel_version_read(since, &should) &&
	       kernel_version_before(is, should);
}

/* "STRUCT sock.sk_timer" */
static int lacks(const struct bpf_wanted *w, struct text missing, struct err *e)
{
	struct text name = behind(missing, " ");
	const char *dot = memchr(name.at, '.', name.n);
	int length = (int)(dot ? dot - name.at : (ptrdiff_t)name.n), rest = (int)name.n - length - 1;

	if (!dot)
		return err_set(e, "this kernel does not take %s: it has no struct %.*s", w->what, length, name.at);
	return err_set(e, "this kernel does not take %s: its struct %.*s has no %.*s", w->what, length, name.at, rest,
	               dot + 1);
}

/* In a call of the function that a relocation that failed is replaced by. */
#define POISONED "unknown#195896080"

static int says(const struct bpf_wanted *w, struct text said, const char *relocations, struct err *e)
{
	struct text missing = missing_of(relocations);

	if (found(said, POISONED) && missing.n)
		return lacks(w, missing, e);
	return err_set(e, "this kernel does not take %s: its verifier says '%.*s'", w->what, (int)said.n, said.at);
}

int bpf_refused(const struct bpf_wanted *w, const struct bpf_refusal *r, struct err *e)
{
	struct text said = last_reason(r->said);

	if (r->rc == -EPERM || (r->rc == -EACCES && !said.n))
		return err_sys(e, -r->rc,
		               "BPF programs may not be loaded; try as root, or with CAP_BPF and CAP_PERFMON");
	if (is_older(r->release, w->since))
		return err_set(e, "this kernel does not take %s: that needs Linux %s with BTF, and this is %s", w->what,
		               w->since, r->release);
	if (!r->has_btf)
		return err_set(e, "this kernel does not take %s: it has no BTF (/sys/kernel/btf/vmlinux)", w->what);
	if (said.n)
		return says(w, said, r->relocations, e);
	return err_sys(e, -r->rc, "this kernel does not take %s", w->what);
}

/* The verifier often begins its log anew, and ends it there with a NUL: what it said before, of relocations among it,
 * stands behind that, but for its beginning. */
static void read_on(char *log)
{
	size_t n = BPF_LOG_ROOM;

	while (n && !log[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		log[i] = log[i] ? log[i] : '\n';
}

static int refused_by_this(const struct bpf_wanted *w, int rc, char *log, struct err *e)
{
	struct utsname name = { .release = "" };
	struct bpf_refusal r = { .rc = rc, .has_btf = access("/sys/kernel/btf/vmlinux", F_OK) == 0 };
	char *said;

	log[BPF_LOG_ROOM - 1] = 0;
	said = xstrdup(log);
	read_on(log);
	uname(&name);
	r.release = name.release;
	r.said = said;
	r.relocations = log;
	bpf_refused(w, &r, e);
	free(said);
	return -1;
}

int bpf_load(const struct bpf_wanted *w, void *ctx, struct err *e)
{
	int rc = w->load(ctx, NULL), again = rc;
	char *log;

	if (rc >= 0)
		return 0;
	log = xcalloc(1, BPF_LOG_ROOM);
	if (rc != -EPERM)
		again = w->load(ctx, log);
	rc = again >= 0 ? 0 : refused_by_this(w, rc, log, e);
	free(log);
	return rc;
}
