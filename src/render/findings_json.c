/* SPDX-License-Identifier: MIT
 * Findings as JSON Lines. */
#include "render/findings.h"
#include "base/json.h"
#include "render/out.h"

#include <stdio.h>

static void end_line(FILE *out, struct buf *b)
{
	buf_puts(b, "\n");
	out_bytes(out, b);
	buf_clear(b);
}

static void head(struct json *j, const struct findings_view *v)
{
	const struct observation *o = v->observation;

	json_open(j, NULL, '{');
	json_open(j, "schema", '{');
	json_string(j, "finding", "lastack.finding/1");
	json_close(j, '}');
	json_string(j, "command", v->command);
	json_string(j, "host", v->host);
	json_number(j, "wall_ns", v->wall_ns);
	json_string(j, "kernel", v->kernel);
	if (o->sight.engine)
		json_string(j, "engine", o->sight.engine);
	json_string(j, "worst", severity_word(findings_worst(v->findings)));
	json_number(j, "sockets", (int64_t)o->last.n);
	json_number(j, "namespaces", (int64_t)o->n_nets);
	json_number(j, "window_ns", o->twice ? o->window.ns : 0);
	json_bool(j, "saved", o->sight.saved);
	json_number(j, "judged", (int64_t)v->findings->judged);
	json_number(j, "hidden_processes", (int64_t)o->sight.hidden);
	json_number(j, "closed_namespaces", (int64_t)o->sight.closed);
	if (o->sight.orphans != UNKNOWN)
		json_number(j, "unseen_orphans", o->sight.orphans);
	json_number(j, "unsure_chains", (int64_t)o->sight.unsure);
	json_number(j, "unfollowed_tasks", (int64_t)o->sight.unfollowed);
	json_close(j, '}');
}

static void endpoint(struct json *j, const char *key, bool has, const struct endpoint *e)
{
	char at[ADDR_TEXT];

	if (!has)
		return;
	if (e->addr.family)
		endpoint_format(at, e);
	else
		snprintf(at, sizeof at, "*:%u", e->port);
	json_string(j, key, at);
}

static void subject(struct json *j, const struct subject *s)
{
	json_open(j, "subject", '{');
	if (s->netns)
		json_id(j, "netns", s->netns);
	if (s->pid) {
		json_number(j, "pid", s->pid);
		json_string(j, "comm", s->comm);
	}
	if (s->process && *s->process->exe)
		json_string(j, "exe", s->process->exe);
	endpoint(j, "listener", s->has_local, &s->local);
	endpoint(j, "peer", s->has_peer, &s->peer);
	json_close(j, '}');
}

static void evidence(struct json *j, const struct finding *f)
{
	json_open(j, "evidence", '[');
	for (size_t i = 0; i < f->n_figures; i++) {
		const struct figure *g = &f->figures[i];

		json_open(j, NULL, '{');
		json_string(j, "metric", g->metric);
		json_real(j, "value", g->value);
		json_string(j, "unit", unit_word(g->unit));
		if (g->has_threshold)
			json_real(j, "threshold", g->threshold);
		if (g->source)
			json_string(j, "source", g->source);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "lines", '[');
	for (size_t i = 0; i < f->n_lines; i++)
		json_string(j, NULL, buf_text(&f->lines[i]));
	json_close(j, ']');
}

static void text(struct json *j, const char *key, const char *value)
{
	if (value && *value)
		json_string(j, key, value);
}

/* `event`: what has become of it, NULL outside of a watch. */
static void finding(struct json *j, const struct finding *f, const char *event, int64_t wall_ns)
{
	const struct rule_text *r = f->rule;

	json_open(j, NULL, '{');
	if (event) {
		json_string(j, "event", event);
		json_number(j, "wall_ns", wall_ns);
	}
	json_string(j, "id", r->id);
	json_string(j, "name", r->name);
	json_string(j, "severity", severity_word(f->severity));
	json_string(j, "confidence", confidence_word(f->confidence));
	json_id(j, "fingerprint", finding_fingerprint(f));
	subject(j, &f->subject);
	json_number(j, "count", (int64_t)f->count);
	json_string(j, "headline", buf_text(&f->headline));
	evidence(j, f);
	text(j, "where", buf_text(&f->place));
	text(j, "cause", f->cause.len ? buf_text(&f->cause) : r->cause);
	text(j, "fix", r->fix);
	text(j, "caveat", r->caveat);
	text(j, "no_help", r->no_help);
	text(j, "verify", r->verify);
	if (f->root) {
		json_id(j, "root", finding_fingerprint(f->root));
		json_bool(j, "other_end", f->other_end);
	}
	text(j, "suppressed", f->suppressed);
	json_close(j, '}');
}

void findings_json_head(FILE *out, const struct findings_view *v)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	head(&j, v);
	end_line(out, &b);
	buf_free(&b);
}

void findings_json_event(FILE *out, const struct findings_view *v, const struct finding *f, const char *event)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	finding(&j, f, event, v->wall_ns);
	end_line(out, &b);
	buf_free(&b);
}

void findings_json_closed(FILE *out, const struct findings_view *v, const struct rule_text *rule, uint64_t fingerprint)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	json_open(&j, NULL, '{');
	json_string(&j, "event", "close");
	json_number(&j, "wall_ns", v->wall_ns);
	json_string(&j, "id", rule->id);
	json_string(&j, "name", rule->name);
	json_id(&j, "fingerprint", fingerprint);
	json_close(&j, '}');
	end_line(out, &b);
	buf_free(&b);
}

void findings_json(FILE *out, const struct findings_view *v)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	findings_json_head(out, v);
	for (size_t i = 0; i < v->findings->n; i++) {
		j.comma = false;
		finding(&j, v->findings->all[i], NULL, 0);
		end_line(out, &b);
	}
	for (size_t i = 0; i < v->findings->n_unjudged; i++) {
		j.comma = false;
		json_open(&j, NULL, '{');
		json_string(&j, "unknown", v->findings->unjudged[i].rule->id);
		json_string(&j, "name", v->findings->unjudged[i].rule->name);
		json_string(&j, "why", v->findings->unjudged[i].why);
		json_close(&j, '}');
		end_line(out, &b);
	}
	buf_free(&b);
}
