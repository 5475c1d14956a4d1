/* SPDX-License-Identifier: MIT
 * Verbs of the scenario itself: title, notes, conditions, variables, repetition, time. */
#include "base/file.h"
#include "base/system.h"
#include "base/text.h"
#include "lab/rehearsal.h"
#include "lab/sysctl.h"
#include "lab/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { WORDS_MAX = 4096 };

/* The MTU's limits are IPv6's least and IPv4's most; more than a minute of round trip is no network. */
enum { MTU_MIN = 1280, MTU_MAX = 65535, RTT_MAX = 60000 };

/* A text as events keep it, without NULs: what is no text is shown as \xHH. For free(). */
static char *plain(const struct word *w)
{
	struct buf b = { 0 };

	if (!memchr(w->text, 0, w->len))
		return xstrdup(w->text);
	text_escape(&b, w->text, w->len);
	return b.text;
}

static int run_title(struct saying *s)
{
	struct lab *l = s->ctx;
	const struct word *w = take_text(s, "the title");

	if (!w || take_nothing(s) < 0)
		return -1;
	if (l->title)
		return err_set(s->e, "a scenario has one title, and it is its first command");
	l->title = plain(w);
	return 0;
}

static int run_note(struct saying *s)
{
	const struct word *w = take_text(s, "the note");
	char *text;

	if (!w || take_nothing(s) < 0 || lab_quiet(s->ctx, s->e) < 0)
		return -1;
	text = plain(w);
	lab_say(s->ctx, EV_NOTE, text);
	free(text);
	return 0;
}

/* --- needs --------------------------------------------------------------------------------------------- */

static int skip(struct saying *s, const char *fmt, const char *what)
{
	struct lab *l = s->ctx;
	char reason[256];

	if (l->rehearsal)
		return 0;

	snprintf(reason, sizeof reason, fmt, what);
	free(l->skipped);
	l->skipped = xstrdup(reason);
	s->script->stop = !s->script->recording; /* a session goes on */
	return 0;
}

static int needs_kernel(struct saying *s)
{
	const char *wanted = take_word(s, "the version, as 6.11,");
	struct kernel_version want, have;
	struct utsname u;
	char reason[128];

	if (!wanted)
		return -1;
	if (!kernel_version_read(wanted, &want))
		return err_set(s->e, "a kernel's version is written as 6.11, not '%.20s'", wanted);
	if (uname(&u) < 0 || !kernel_version_read(u.release, &have))
		return skip(s, "%s", "this kernel's version cannot be read");
	if (!kernel_version_before(have, want))
		return 0;
	snprintf(reason, sizeof reason, "needs kernel %.20s, this is %u.%u", wanted, have.major, have.minor);
	return skip(s, "%s", reason);
}

static int needs_root(struct saying *s)
{
	const struct lab *l = s->ctx;

	return l->unprivileged ? skip(s, "%s", "needs root") : 0;
}

static int needs_tun(struct saying *s)
{
	int fd = open(tun_path(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return skip(s, "needs a TUN device: %.100s cannot be opened", tun_path());
	close(fd);
	return 0;
}

static int needs_nothing(struct saying *s)
{
	(void)s;
	return 0;
}

static int needs_program(struct saying *s)
{
	const char *program = take_word(s, "the program's name");
	char path[PATH_MAX];

	if (!program)
		return -1;
	return program_find(program, path) && access(path, X_OK) == 0
	               ? 0
	               : skip(s, "needs program %.100s, which is not installed", program);
}

/* Of net.core user namespaces have nothing before Linux 6.2. */
#define NO_SYSCTL                                                                                                      \
	"needs sysctl %.100s, which this kernel does not have here (is it spelt so? as root there may be more)"

/* lastack is in the server's namespace, so /proc/sys/net is the lab's own. */
static int needs_sysctl(struct saying *s)
{
	const char *name = take_word(s, "the sysctl's name");

	if (!name || verbs_start(s->ctx, s->e) < 0) /* elsewhere there may be more of them */
		return -1;
	return sysctl_is_there(name) ? 0 : skip(s, NO_SYSCTL, name);
}

static int run_needs(struct saying *s)
{
	static const struct {
		const char *word;
		int (*check)(struct saying *s);
	} needs[] = { { "kernel", needs_kernel }, { "root", needs_root }, { "program", needs_program },
		      { "sysctl", needs_sysctl }, { "tun", needs_tun },   { "time", needs_nothing } };

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (!take_keyword(s, needs[i].word))
			continue;
		return needs[i].check(s) < 0 ? -1 : take_nothing(s);
	}
	return err_set(s->e, "what is needed is missing: kernel VERSION, root, tun, time, program NAME or sysctl NAME");
}

/* --- how the lab is made ------------------------------------------------------------------------------- */

static int take_on(struct saying *s, bool *on)
{
	if (take_keyword(s, "off"))
		*on = false;
	else if (take_keyword(s, "on"))
		*on = true;
	else
		return err_set(s->e, "on or off is wanted, not '%.40s'", say_more(s) ? say_peek(s)->text : "");
	return 0;
}

static int take_mtu(struct saying *s, struct lab *l)
{
	long mtu;

	if (take_number(s, "the MTU in bytes", MTU_MIN, MTU_MAX, &mtu) < 0)
		return -1;
	l->options.mtu = (unsigned)mtu;
	return 0;
}

static int take_rtt(struct saying *s, struct lab *l)
{
	long ms;

	if (take_number(s, "the round trip in milliseconds", 0, RTT_MAX, &ms) < 0)
		return -1;
	l->latency = span_us(ms * 500);
	return 0;
}

static int run_option(struct saying *s)
{
	struct lab *l = s->ctx;
	int rc;

	if (l->started)
		return err_set(s->e, "options come before the first actor, when the hosts are not made yet");
	if (take_keyword(s, "delack"))
		rc = take_on(s, &l->options.delack);
	else if (take_keyword(s, "offload"))
		rc = take_on(s, &l->options.offload);
	else if (take_keyword(s, "loopback"))
		rc = take_on(s, &l->options.loopback);
	else if (take_keyword(s, "machine"))
		rc = take_on(s, &l->options.machine);
	else if (take_keyword(s, "mtu"))
		rc = take_mtu(s, l);
	else if (take_keyword(s, "rtt"))
		rc = take_rtt(s, l);
	else
		return err_set(s->e, "the option is delack, offload, loopback, machine, mtu or rtt, not '%.40s'",
		               say_more(s) ? say_peek(s)->text : "");
	return rc < 0 ? rc : take_nothing(s);
}

/* lastack is in the server's namespace before and after. */
static int set_in(const struct lab *l, unsigned sides, const char *name, const char *value)
{
	int rc = 0, back;

	for (int i = 0; i < SIDES && rc == 0; i++) {
		if (!(sides & 1U << i))
			continue;
		rc = host_enter(&l->hosts[i]);
		if (rc == 0)
			rc = sysctl_write(name, value);
	}
	back = host_enter(&l->hosts[SERVER]);
	return rc < 0 ? rc : back;
}

/* Where a lab may not set it (a container's /proc/sys is read-only) there is nothing wrong with the scenario. */
static bool is_forbidden(int rc)
{
	return rc == -EROFS || rc == -EACCES || rc == -EPERM;
}

static int forbidden(struct saying *s, const char *name, const char *value, int rc)
{
	char what[200];

	if (rc == -EROFS)
		snprintf(what, sizeof what, "%.60s = %.60s, and /proc/sys is read-only here", name, value);
	else
		snprintf(what, sizeof what, "%.60s = %.60s, and it may not be set here", name, value);
	return skip(s, "needs %s", what);
}

/* "tcp_fin_timeout", as people and pages call it, is net.ipv4.tcp_fin_timeout. NULL: nothing is called so. */
static const char *full_name(const char *name, char full[static 80])
{
	static const char *const folders[] = { "net.ipv4", "net.core", "net" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(full, 80, "%s.%.60s", folders[i], name);
		if (sysctl_is_there(full))
			return full;
	}
	return NULL;
}

static int take_whose(struct saying *s, unsigned *sides)
{
	const struct word *w = say_peek(s);
	char full[80];

	if (w && (!strncmp(w->text, "net.", 4) || full_name(w->text, full)))
		return err_set(s->e, "whose sysctl? client, server or both comes first; write 'sysctl both %s …'",
		               strncmp(w->text, "net.", 4) ? full : w->text);
	return take_from(s, sides);
}

static int not_below_net(struct saying *s, const char *name)
{
	char full[80];

	if (full_name(name, full))
		return err_set(s->e, "only sysctls below net. belong to a host, by their whole names; did you mean %s?",
		               full);
	return err_set(s->e, "only sysctls below net. belong to a host; '%.60s' is the machine's", name);
}

static int run_sysctl(struct saying *s)
{
	struct lab *l = s->ctx;
	const char *name, *value;
	struct buf all = { 0 };
	unsigned sides;
	int rc;

	if (l->options.machine)
		return err_set(
			s->e,
			"sysctl: nothing of the machine's own network is changed; only a lab has hosts of its own");
	if (take_whose(s, &sides) < 0 || !(name = take_word(s, "the sysctl's name")))
		return -1;
	if (strncmp(name, "net.", 4) != 0 || strstr(name, ".."))
		return not_below_net(s, name);
	if (!(value = take_word(s, "the value")))
		return -1;
	for (buf_puts(&all, value); say_more(s); s->at++)
		buf_addf(&all, " %s", s->w[s->at].text);
	rc = l->rehearsal ? 0 : set_in(l, sides, name, buf_text(&all));
	if (rc == -ENOENT)
		rc = skip(s, NO_SYSCTL, name);
	else if (is_forbidden(rc))
		rc = forbidden(s, name, buf_text(&all), rc);
	else if (rc < 0)
		err_sys(s->e, -rc, "%.60s cannot be set to '%.60s'", name, buf_text(&all));
	buf_free(&all);
	return rc < 0 ? -1 : 0;
}

static int run_mark(struct saying *s)
{
	if (take_nothing(s) < 0 || lab_quiet(s->ctx, s->e) < 0)
		return -1;
	lab_mark(s->ctx);
	return 0;
}

/* --- variables, repetition, time ----------------------------------------------------------------------- */

static int run_let(struct saying *s)
{
	const char *name = take_word(s, "the variable's name"), *value;

	if (!name)
		return -1;
	if (!variable_name_ok(name))
		return err_set(s->e,
		               "'%.40s' cannot be a variable's name: letters, digits and _, beginning with a letter",
		               name);
	value = take_word(s, "the value");
	if (!value || take_nothing(s) < 0)
		return -1;
	script_let(s->script, name, value);
	return 0;
}

static int run_repeat(struct saying *s)
{
	const char *variable = NULL;
	long times;

	if (take_number(s, "how often", 0, REPEAT_MAX, &times) < 0)
		return -1;
	if (take_keyword(s, "as") && !(variable = take_word(s, "the variable's name")))
		return -1;
	if (variable && !variable_name_ok(variable))
		return err_set(s->e, "'%.40s' cannot be a variable's name", variable);
	if (take_nothing(s) < 0)
		return -1;
	script_repeat(s->script, times, variable);
	return 0;
}

static int run_end(struct saying *s)
{
	return err_set(s->e, "'end' without 'repeat'");
}

static int run_finally(struct saying *s)
{
	if (take_nothing(s) < 0)
		return -1;
	if (s->script->typed)
		return err_set(s->e, "'finally' is for files: at a prompt each line is typed after the one before");
	if (s->script->final)
		return err_set(s->e, "a scenario has one 'finally', and its lines are the last");
	s->script->final = true;
	return 0;
}

static int run_wait(struct saying *s)
{
	struct span d;

	if (take_span(s, "how long", &d) < 0 || take_nothing(s) < 0)
		return -1;
	return lab_run_for(s->ctx, d, s->e);
}

static int run_quit(struct saying *s)
{
	s->script->stop = true;
	return take_nothing(s);
}

static const struct verb rows[] = {
	{ "title", VERB_PLAIN, "\"TEXT\"", "what the scenario proves; its first command", NULL, run_title, VERB_EARLY,
	  false },
	{ "note", VERB_PLAIN, "\"TEXT\"", "a sentence in the narration", NULL, run_note, VERB_EARLY, false },
	{ "needs", VERB_PLAIN, "kernel VERSION | root | tun | time | program NAME | sysctl NAME",
	  "what the scenario cannot do without; else it is skipped with this reason",
	  "A program is named as for run: found by PATH, or a path ($examples/echo_server). A sysctl is looked for in "
	  "the "
	  "lab's own hosts, so options come before.",
	  run_needs, VERB_EARLY, false },
	{ "option", VERB_PLAIN, "delack on | offload on | loopback on | machine on | mtu N | rtt N",
	  "how the hosts and the wire are made; before the first actor",
	  "delack: delayed ACKs as in life, where the first ones of a connection are quick all the same (else each is "
	  "sent at once). offload: segments larger than the MTU, checksums left to the "
	  "device. loopback: one network namespace, 127.0.0.1 to 127.0.0.1, IPv4 only. machine: no hosts and no wire, "
	  "programs "
	  "run in the machine's own network; a lone one is called program. mtu: 1280 to 65535 bytes, 1500. rtt: "
	  "milliseconds; half of it "
	  "each way, and not waited for.",
	  run_option, VERB_EARLY, false },
	{ "sysctl", VERB_PLAIN, "client|server|both NAME VALUE", "set a net.* sysctl of client, server or both",
	  "Where there is none of that name, or it may not be set (a container's /proc/sys is read-only), the scenario "
	  "is "
	  "skipped.",
	  run_sysctl, 0, false },
	{ "mark", VERB_PLAIN, "", "counters are counted from here on", NULL, run_mark, 0, false },
	{ "let", VERB_PLAIN, "NAME VALUE", "from now on $NAME or ${NAME} is VALUE, also inside words and quotes", NULL,
	  run_let, VERB_EARLY, false },
	{ "repeat", VERB_BLOCK, "N [as NAME]", "run the lines up to 'end' N times; $NAME counts from 1", NULL,
	  run_repeat, VERB_EARLY, false },
	{ "end", VERB_END, "", "ends a repeat", NULL, run_end, VERB_EARLY, false },
	{ "finally", VERB_FINALLY, "", "the lines below are run in any case, each of them",
	  "After the last line above, after a failed expectation, an error, a skip, quit, Ctrl-C: whatever came "
	  "before, if "
	  "the hosts were made. What went wrong first is the verdict; what goes wrong below is told beside it, and is "
	  "the "
	  "verdict where all above held.",
	  run_finally, VERB_EARLY, false },
	{ "wait", VERB_PLAIN, "TIME", "let time pass, the wire working",
	  "Nothing should depend on it: expectations wait by themselves.", run_wait, 0, false },
	{ "quit", VERB_PLAIN, "", "end here", NULL, run_quit, VERB_EARLY, true },
};
const struct verb_group verbs_other = { "Other verbs", rows, ARRAY_SIZE(rows) };
