/* SPDX-License-Identifier: MIT
 * Wrong command lines, of each command: exit code 3 and one sentence, before anything is looked at. */
#include "cmd/command.h"
#include "session/terminal_test.h"

enum { WORDS = 12 };

static char *argv[WORDS + 1];
static const struct command *command;

static int run(void)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return command->run(argc, argv);
}

/* The words of a line, the first being the command's name. */
static void split(char *line)
{
	size_t n = 0;

	for (char *word = strtok(line, " "); word && n < WORDS; word = strtok(NULL, " "))
		argv[n++] = streq(word, "''") ? (char *)(uintptr_t) "" : word;
	argv[n] = NULL;
}

static const struct command *const all[] = { &command_lab, &command_step,   &command_list,
	                                     &command_top, &command_doctor, &command_explain };

static void refused(const char *line, const char *should)
{
	char copy[200], sentence[700];
	struct buf said = { 0 };

	snprintf(copy, sizeof copy, "%s", line);
	split(copy);
	command = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (streq(all[i]->name, argv[0]))
			command = all[i];
	if (!command)
		exit(1);
	ok(kept_output(&said, run, 20) == EXIT_COULD_NOT, "%s: exit code 3", line);
	snprintf(sentence, sizeof sentence, "lastack %s: %s\n", argv[0], should);
	same_text(buf_text(&said), sentence, line);
	buf_free(&said);
}

static const struct {
	const char *line, *should;
} rows[] = {
	{ "list --json --csv", "--json and --csv are two forms of the same: leave one of them out" },
	{ "list --csv --watch 1s", "--watch prints text or JSON: leave out --csv, or take --json" },
	{ "list --group-by state --csv", "groups are printed as text or JSON, once: leave out --csv or --group-by" },
	{ "list --group-by state --watch 1s",
	  "groups are printed as text or JSON, once: leave out --watch or --group-by" },
	{ "list --watch 99ms", "--watch is a time from 100ms to 24h, as 500ms, 5s or 2m, not '99ms'" },
	{ "list --timing 0", "--timing is a number from 1 to 10000, not '0'" },
	{ "list --timing 10001", "--timing is a number from 1 to 10000, not '10001'" },
	{ "list --group-by pid", "--group-by is state, owner, program, peer, listener or netns, not 'pid'" },
	{ "list --sort nothing", "there is no column 'nothing'; 'lastack list --list-columns' lists them" },
	{ "list -o nothing", "there is no column 'nothing'; 'lastack list --list-columns' lists them" },
	{ "list -N no-such-namespace",
	  "there is no network namespace 'no-such-namespace' that can be looked at (no such file or directory); 'ip "
	  "netns' names them, a process id or a path does as well" },
	{ "list --engine=D", "there is no engine 'D': A (sock_diag and /proc), B (sock_diag and BPF), C (BPF)" },
	{ "list sport x", "'x' behind 'sport' is not a port up to 65535 (80, http), a range (8000-8100) or a list "
	                  "(80,443)\n    sport x\n          ^" },
	{ "doctor --json --format=nagios",
	  "--json and --format=nagios are two forms of the same: leave one of them out" },
	{ "doctor --offline ''", "--offline wants a folder of saved files" },
	{ "doctor --offline a --offline b --offline c",
	  "--offline takes two folders at most: the earlier one and the later one" },
	{ "doctor --offline a --watch", "--offline looks at files, not at a machine: leave out --watch, --follow, "
	                                "--stop-threads, --netns and --engine" },
	{ "doctor --offline a --stop-threads", "--offline looks at files, not at a machine: leave out --watch, "
	                                       "--follow, --stop-threads, --netns and --engine" },
	{ "doctor --offline a -N b", "--offline looks at files, not at a machine: leave out --watch, --follow, "
	                             "--stop-threads, --netns and --engine" },
	{ "doctor --offline a --engine=A", "--offline looks at files, not at a machine: leave out --watch, --follow, "
	                                   "--stop-threads, --netns and --engine" },
	{ "doctor --for 5s",
	  "--for is how long --follow watches a process: name one with --follow PID, or say --window" },
	{ "doctor --watch --port 80", "--watch looks window after window, as text or JSON: leave out --follow, "
	                              "--port, --window 0 and nagios" },
	{ "doctor --watch --window 0", "--watch looks window after window, as text or JSON: leave out --follow, "
	                               "--port, --window 0 and nagios" },
	{ "doctor --watch --format nagios", "--watch looks window after window, as text or JSON: leave out --follow, "
	                                    "--port, --window 0 and nagios" },
	{ "doctor --follow 1 2", "one process at a time: 2 and 1" },
	{ "doctor 4194305", "there is no process 4194305" },
	{ "doctor --ignore LA999", "there is no rule 'LA999'; 'lastack doctor --rules' lists them" },
	{ "doctor --ignore LA104:0", "'0' is no port from 1 to 65535" },
	{ "doctor --ignore LA104:65536", "'65536' is no port from 1 to 65535" },
	{ "doctor --ignore LA104:x", "'x' is no port from 1 to 65535" },
	{ "doctor --threshold settled", "'settled' is no threshold: write NAME=VALUE" },
	{ "doctor --threshold nothing=1", "there is no threshold 'nothing'; 'lastack doctor --thresholds' lists them" },
	{ "doctor --only LA9999", "there is no rule 'LA9999'; 'lastack doctor --rules' lists them" },
	{ "doctor --config /none/such.ini", "/none/such.ini cannot be read (no such file or directory)" },
	{ "doctor --format xml", "--format is text, json or nagios, not 'xml'" },
	{ "doctor --fail-on info", "--fail-on is warning, critical or never, not 'info'" },
	{ "doctor --window 99ms",
	  "--window is a time from 100ms to 24h, as 500ms, 5s or 2m, or 0 for one look, not '99ms'" },
	{ "doctor --port 0", "--port is a number from 1 to 65535, not '0'" },
	{ "explain", "which capture, or which word? 'lastack explain FILE', or - for standard input; 'tcpdump -w FILE "
	             "tcp' makes one" },
	{ "explain ''", "which capture, or which word? 'lastack explain FILE', or - for standard input; 'tcpdump -w "
	                "FILE tcp' makes one" },
	{ "explain --conn 1 --summary x.pcap",
	  "--summary counts connections, --conn shows one: leave one of them out" },
	{ "explain /none/a.pcap /none/b.pcap", "one capture at a time: '/none/a.pcap' and '/none/b.pcap'" },
	{ "explain /none/a.pcap", "/none/a.pcap cannot be read (no such file or directory)" },
	{ "explain CLOSE_WIAT", "'CLOSE_WIAT' is neither a file nor a word that is known; did you mean 'CLOSE_WAIT'?" },
	{ "explain qqqqqqqqqqqq", "'qqqqqqqqqqqq' is neither a file nor a word that is known; 'lastack explain --list' "
	                          "names the words" },
	{ "explain --conn 0 x.pcap",
	  "--conn is a number from 1 to 1000000000, not '0'; 'lastack explain FILE' lists them" },
	{ "explain --at middle x.pcap", "--at is tap, client or server, not 'middle'" },
	{ "lab --all close", "--all runs every scenario; leave 'close' out, or --all" },
	{ "lab clsoe", "there is no scenario 'clsoe'; did you mean 'close'?" },
	{ "lab qqqqqqqqqqqq", "there is no scenario 'qqqqqqqqqqqq'; 'lastack lab --list' shows them, and a file's name "
	                      "has a '/' or ends in .lab" },
	{ "lab ./none",
	  "./none cannot be read (no such file or directory); 'lastack lab --list' shows what is built in" },
	{ "lab none.lab",
	  "none.lab cannot be read (no such file or directory); 'lastack lab --list' shows what is built in" },
	{ "lab .lab", "there is no scenario '.lab'; 'lastack lab --list' shows them, and a file's name has a '/' or "
	              "ends in .lab" },
	{ "lab --jobs 0 --all", "--jobs is a number from 1 to 10000, not '0'" },
	{ "step", "which program? 'lastack step ./server 7777 :: ./client 127.0.0.1 7777', or -p PID" },
	{ "step -p 1 true", "-p steps a running process; leave the program out, or -p" },
	{ "step --script x --auto true", "--script says what is done; leave --auto and --leaks out" },
	{ "step --script x --leaks true", "--script says what is done; leave --auto and --leaks out" },
	{ "step --script /none/such true", "/none/such cannot be read (no such file or directory)" },
	{ "step true ::", "a program is missing beside '::'" },
	{ "step :: true", "a program is missing beside '::'" },
	{ "step true :: :: true", "a program is missing beside '::'" },
	{ "step -p 0", "--pid is a number from 1 to 2147483647, not '0'; 'pidof NAME' tells it" },
	{ "step --for 0 true", "--for is a time from 1ms to 24h, as 500ms, 5s or 2m, not '0'" },
	{ "top --delay 0", "--delay is a time from 100ms to 24h, as 500ms, 5s or 2m, not '0'" },
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		refused(rows[i].line, rows[i].should);
	return tap_done();
}
