/* SPDX-License-Identifier: MIT
 * Option rows to glibc's argp, and to mdoc. */
#include "base/opt.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

/* -h, as well as argp's --help and -?. */
enum { SHORT_HELP = 'h' };

struct parsing {
	const struct opt_command *cmd;
	void *ctx;
};

/* Somebody else's words, options among them, are no longer argp's. */
static int take_rest(const struct parsing *p, struct argp_state *state, struct err *e)
{
	int first = state->next - 1;

	state->next = state->argc;
	return p->cmd->rest(p->ctx, state->argc - first, state->argv + first, e);
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct parsing *p = state->input;
	struct err e = { 0 };
	int rc;

	if (key == SHORT_HELP)
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
	if (key >= ARGP_KEY_END) /* argp's own stages; ARGP_KEY_ARG is 0, as set() wants it */
		return ARGP_ERR_UNKNOWN;
	rc = key == ARGP_KEY_ARG && p->cmd->rest ? take_rest(p, state, &e) : p->cmd->set(p->ctx, key, arg, &e);
	if (rc == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", p->cmd->name, err_text(&e));
	exit(EXIT_COULD_NOT);
}

static struct argp_option *rows_to_argp(const struct opt *opts)
{
	size_t n = 0;
	struct argp_option *out;

	while (opts[n].key)
		n++;
	out = xcalloc(n + 2, sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct argp_option){
			.name = opts[i].name, .key = opts[i].key, .arg = opts[i].arg, .doc = opts[i].help
		};
	out[n] = (struct argp_option){ .key = SHORT_HELP, .flags = OPTION_HIDDEN };
	return out;
}

void opt_parse(const struct opt_command *cmd, int argc, char **argv, void *ctx)
{
	struct parsing p = { cmd, ctx };
	struct argp_option *options = rows_to_argp(cmd->opts);
	struct argp argp = { .options = options, .parser = take, .args_doc = cmd->args, .doc = cmd->summary };
	char *name = xstrdup(cmd->name);

	argp_err_exit_status = EXIT_COULD_NOT;
	argv[0] = name;
	argp_parse(&argp, argc, argv, cmd->rest ? ARGP_IN_ORDER : 0, NULL, &p);
	free(name);
	free(options);
}

static void manual_flag(const struct opt *o, struct buf *out)
{
	if (o->key < 256)
		buf_addf(out, "Fl %c , ", o->key);
	buf_addf(out, "Fl -%s", o->name);
	if (o->arg)
		buf_addf(out, " Ns = Ns Ar %s", o->arg);
}

void opt_manual(const struct opt *opts, struct buf *out)
{
	buf_puts(out, ".Bl -tag -width Ds\n");
	for (const struct opt *o = opts; o->key; o++) {
		buf_puts(out, ".It ");
		manual_flag(o, out);
		buf_addf(out, "\n%s.\n", o->help);
	}
	buf_puts(out, ".El\n");
}
