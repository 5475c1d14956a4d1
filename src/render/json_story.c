/* SPDX-License-Identifier: MIT
 * Stories as JSON Lines, as doc/schema/explain.schema.json describes them. */
#include "render/stories.h"

void json_states(struct json *j, const char *key, state_set set)
{
	json_open(j, key, '[');
	for (int i = 0; i < TCP_STATES; i++)
		if (state_set_has(set, (enum tcp_state)i))
			json_string(j, NULL, tcp_state_name((enum tcp_state)i));
	json_close(j, ']');
}

void json_remarks(struct json *j, remarks set)
{
	json_open(j, "remarks", '[');
	for (int i = 0; i < REMARKS; i++)
		if (set >> i & 1)
			json_string(j, NULL, remark_info((enum remark)i)->word);
	json_close(j, ']');
}

/* --- the capture ----------------------------------------------------------------------------------------- */

static void tallies(struct json *j, const struct capture_facts *f)
{
	json_open(j, "endings", '[');
	for (size_t i = 0; i < f->n_tallies; i++) {
		const struct story *s = &f->tallies[i].like;

		json_open(j, NULL, '{');
		json_string(j, "ending", ending_info(s->ending)->word);
		if (s->closer != NO_SIDE)
			json_string(j, "by", side_name(s->closer));
		if (s->reset != RESET_NONE)
			json_string(j, "reset", reset_info(s->reset)->word);
		json_number(j, "count", (int64_t)f->tallies[i].n);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void json_capture(struct view *v, const struct capture_facts *f)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	json_open(&j, NULL, '{');
	json_open(&j, "schema", '{');
	json_string(&j, "story", "lastack.story/1");
	json_close(&j, '}');
	json_string(&j, "file", f->name);
	json_string(&j, "format", f->format);
	json_string(&j, "link", f->links);
	json_number(&j, "packets", (int64_t)f->packets);
	json_number(&j, "segments", (int64_t)f->segments);
	json_number(&j, "connections", (int64_t)f->conns);
	json_number(&j, "wall_ns", f->wall_ns);
	if (f->backwards)
		json_number(&j, "backwards", (int64_t)f->backwards);
	json_number(&j, "lasted_ns", f->lasted.ns);
	tallies(&j, f);
	json_open(&j, "left_out", '[');
	for (size_t i = 0; i < f->n_left_out; i++) {
		json_open(&j, NULL, '{');
		json_string(&j, "why", f->left_out[i].why);
		json_number(&j, "packets", (int64_t)f->left_out[i].n);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	if (f->damage)
		json_string(&j, "damage", f->damage);
	json_close(&j, '}');
	json_put(v, &b);
}

/* --- a story --------------------------------------------------------------------------------------------- */

static void number_if(struct json *j, const char *key, int64_t value, int64_t none)
{
	if (value != none)
		json_number(j, key, value);
}

static void end(struct json *j, const struct story *s, enum side side)
{
	const struct story_end *x = &s->end[side];
	char at[ADDR_TEXT];

	endpoint_format(at, &x->at);
	json_open(j, side_name(side), '{');
	json_string(j, "address", at);
	json_string(j, "likely", tcp_state_name(x->likely));
	json_states(j, "may", x->may);
	json_number(j, "since", x->since.ns);
	json_number(j, "packets", x->packets);
	json_number(j, "bytes", (int64_t)x->bytes);
	number_if(j, "unseen_bytes", (int64_t)x->unseen, 0);
	number_if(j, "fin", s->proof.fin[side], 0);
	number_if(j, "fin_acked", s->proof.fin_acked[side], 0);
	number_if(j, "rtt_open_ns", s->rtt_open[side].ns, -1);
	number_if(j, "rtt_data_ns", s->rtt_data[side].ns, -1);
	json_open(j, "remarks", '{');
	for (int i = 0; i < REMARKS; i++)
		number_if(j, remark_info((enum remark)i)->word, x->remarked[i], 0);
	json_close(j, '}');
	json_close(j, '}');
}

void json_story(struct view *v, const struct story *s, const struct capture_facts *f, bool whole)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	(void)f;
	(void)whole;
	json_open(&j, NULL, '{');
	json_number(&j, "conn", s->number);
	json_string(&j, "src", "inference");
	json_number(&j, "began", s->began.ns);
	json_number(&j, "ended", s->ended.ns);
	json_string(&j, "opening", opening_info(s->opening)->word);
	json_string(&j, "ending", ending_info(s->ending)->word);
	if (s->closer != NO_SIDE)
		json_string(&j, "by", side_name(s->closer));
	if (s->reset != RESET_NONE)
		json_string(&j, "reset", reset_info(s->reset)->word);
	json_bool(&j, "reused", s->reused);
	json_bool(&j, "sides_guessed", s->sides_guessed);
	number_if(&j, "syn", s->proof.syn, 0);
	number_if(&j, "synack", s->proof.synack, 0);
	number_if(&j, "ack", s->proof.ack, 0);
	number_if(&j, "rst", s->proof.rst, 0);
	end(&j, s, CLIENT);
	end(&j, s, SERVER);
	json_close(&j, '}');
	json_put(v, &b);
}
