/* SPDX-License-Identifier: MIT
 * The prompt of a lab that no kernel stands behind: what Tab makes of a line, what help and save answer, and blocks. */
#include "session/prompt.h"
#include "lab/bare_test.h"
#include "session/terminal_test.h"

#include <signal.h>

static struct bare b;
static int tell;

static int begins(void *ctx, const struct verb *verb, const char *line, struct err *e)
{
	(void)ctx;
	dprintf(tell, "%s\n", line);
	return streq(verb->name, "quit") || streq(verb->name, "repeat") ? 0 : err_set(e, "told");
}

static void told(void *ctx, int rc, const struct err *e)
{
	(void)ctx;
	if (rc < 0 && !strstr(e->what, "told"))
		dprintf(tell, "! %s\n", e->what);
}

static void be_prompt(int to)
{
	static const struct prompt_kind kind = { "> ", "next", false };

	tell = to;
	bare_open(&b);
	b.lang = prompt_language(&b.l);
	b.lang.begins = begins;
	prompt_run(&b.l, &b.script, &kind, told, NULL);
	bare_close(&b);
	_exit(0);
}

static const struct {
	const char *typed, *line;
} rows[] = {
	{ "hold client SYN\n", "hold client SYN" },
	{ "\n", "next" },
	{ "  \n", "next" },
	{ "hol\tcli\tSYNA\t\n", "hold client SYNACK " },
	{ "server  lis\t7777\n", "server  listen 7777" }, /* two blanks are as one */
	{ "server lis\t7777\n", "server listen 7777" },
	{ "server con\t80 hos\tcli\t\n", "server connect 80 host client " },
	{ "server set nod\t1\n", "server set nodelay 1" },
	{ "server set keepi\t\n", "server set keepi" },
	{ "server past sendf\t\n", "server past sendfile " },
	{ "server to getp\t\n", "server to getpeername " },
	{ "past recvf\t\n", "past recvfrom " },
	{ "expect server EST\t\n", "expect server ESTABLISHED " },
	{ "expect client LISTEN que\t3\n", "expect client LISTEN queue 3" },
	{ "expect client SYN_SENT timer persi\t\n", "expect client SYN_SENT timer persist " },
	{ "table net\t\n", "table netstat " },
	{ "help rele\t\n", "help release " },
	{ "help vani\t\n", "help vanish " },
	{ "rele\tall\n", "release all" },
	{ "hold c\tSY\t\n", "hold client SYN" }, /* of what begins so, what may stand there alone */
	{ "release server FI\t\n", "release server FIN " },
	{ "release al\t\n", "release all " },
	{ "hold client SYN o\tcl\t\n", "hold client SYN of client " },
	{ "expect client conn\tEADDRI\t\n", "expect client connect EADDRINUSE " },
	{ "expect client LISTEN qu\t3 with\t\n", "expect client LISTEN queue 3 within " },
	{ "expect no f\t\n", "expect no finding " },
	{ "client shutdown b\t\n", "client shutdown both " },
	{ "option dela\to\t\n", "option delack on " },
	{ "inject client RS\tp\t\n", "inject client RST port " },
	{ "sysctl bo\t\n", "sysctl both " },
	{ "?\n", "help " },
	{ "hold client ?\n", "help hold" },
	{ "client ?\n", "help " },
	{ "client connect 80 ?\n", "help connect" },
	{ "note \"why?\"\n", "note \"why?\"" },
	{ "hodl\n", "! there is no verb 'hodl'" },
	{ "repeat 1\n", "repeat 1" },
	{ "\nhold client FIN\nend\n", "hold client FIN" }, /* in a block an empty line is nothing */
	{ "server accept as\n", "server accept as" },
	{ "quit\n", "quit" },
};

static void typed(void)
{
	struct terminal t;

	if (!terminal_open(&t, be_prompt)) {
		ok(true, "no terminal can be made here # SKIP");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		terminal_type(&t, rows[i].typed);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		same_text(terminal_told(&t), rows[i].line, "what was typed, and completed");
	ok(terminal_close(&t) == 0, "quit ends it");
}

static int helps(void)
{
	return script_line(&b.script, "help hold", &b.e) == 0 && script_line(&b.script, "help stack", &b.e) == 0 ? 0
	                                                                                                         : 1;
}

static int lists(void)
{
	return script_line(&b.script, "help", &b.e) == 0 ? 0 : 1;
}

static void answered(void)
{
	struct buf said = { 0 };
	char path[] = "/tmp/prompt_test.XXXXXX";

	bare_open(&b);
	b.lang = prompt_language(&b.l);
	b.lang.begins = bare_begins;
	ok(kept_output(&said, helps, 20) == 0, "help of a verb");
	ok(!strncmp(
		   buf_text(&said),
		   "hold FROM KIND [of ACTOR] [port N]\n    keep such packets on the wire from now on\n    A packet is "
		   "held until",
		   100),
	   "its form, what it does, and more");
	ok(strstr(buf_text(&said), "\nACTOR stack\n    where each thread of the program is, function by function\n"
	                           "stack\n    where each thread of each program is\n"),
	   "both of that name");
	ok(kept_output(&said, lists, 20) == 0, "help alone");
	ok(!strncmp(buf_text(&said), "Verbs of an actor\n  listen bind connect accept", 45), "lists them by group");
	ok(strstr(buf_text(&said), "\nVerbs of the prompt\n  help save\n"), "the prompt's own too");
	bare_says_is(&b, "help hodl", "there is no verb 'hodl'; 'help' lists them");
	bare_says_is(&b, "help hold on", "nothing is expected here, but 'on' follows (help [VERB])");
	bare_says_is(&b, "save", "the file's name is missing (save FILE)");
	bare_says_is(&b, "save /tmp/x", "a script writes no files; save is for who types at a prompt");
	b.script.typed = b.script.recording = true;
	close(mkstemp(path));
	ok(strstr(bare_says(&b, "save /none/such/file"), "/none/such/file cannot be written"), "a file that cannot be");
	unlink(path);
	buf_free(&said);
	bare_close(&b);
}

int main(void)
{
	answered();
	typed();
	return tap_done();
}
