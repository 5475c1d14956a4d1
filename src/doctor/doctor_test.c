/* SPDX-License-Identifier: MIT
 * Rules on observations made by hand: the edges that no lab makes. Each fires on one, and is silent on its twin. So do
 * some that scenarios prove, where a lab cannot show all of what they decide by. And what follows from what. */
#include "doctor/doctor_test.h"

/* Makes an observation, `sick` or not. */
typedef void maker(struct observation *o, bool sick);

/* Behind the id may stand by what it fires: "LA108 (log)". */
static void pair(const char *id, maker *make)
{
	for (int sick = 1; sick >= 0; sick--) {
		struct observation o = { .twice = true,
			                 .host = { UNKNOWN, UNKNOWN, false },
			                 .sight = { .privileged = true } };
		struct findings fs;
		char what[48];

		make(&o, sick);
		fs = judge(&o, NULL);
		snprintf(what, sizeof what, "%s %s", id, sick ? "fires" : "stays silent");
		ok((found(&fs, id) != NULL) == (sick == 1), "%s", what);
		findings_free(&fs);
		observation_free(&o);
	}
}

/* --- the pairs ------------------------------------------------------------------------------------------- */

/* Twelve pairs; the twin's FINs were long apart, so none came of the other. */
static void proxy(struct observation *o, bool sick)
{
	add_net(o);
	add_process(o, PID, 50, 1024);
	for (uint16_t i = 0; i < 12; i++) {
		struct sock *waits = add_sock(o, TCP_CLOSE_WAIT, 8080, 40000 + i, PID), *ends;

		waits->age = span_s(100 + i);
		waits->age_is = AGE_EXACT;
		o->last.infos[o->last.n - 1].sent = SENT_NEVER;
		ends = add_sock(o, TCP_FIN_WAIT2, 41000 + i, 3306, PID);
		ends->age = span_s((sick ? 100 : 200) + i);
		ends->age_is = AGE_AT_LEAST;
		o->last.infos[o->last.n - 1].sent = SENT_NEVER;
	}
}

/* What the log said ten seconds ago is of now, what it said an hour ago is not. */
static void said_of_orphans(struct observation *o, bool sick)
{
	struct span ago = span_s(sick ? 10 : 3600);

	add_net(o)->sysctl[SYS_MAX_ORPHANS] = 1000;
	o->host.orphans = 400;
	said_take(o->said, "TCP: too many orphaned sockets\n", &ago);
}

static void hidden_sockets(struct observation *o, bool sick)
{
	add_process(o, PID, 100, 1024);
	strayed = 30;
	o->sight.closed = !sick; /* they may be of a namespace that is not seen */
}

/* Process ids begin again at their end: the child's may be the smaller one, and then it stands first. */
static void inherited(struct observation *o, bool sick)
{
	struct process_facts *child = add_process(o, PID, 5, 1024);
	struct sock *s = add_sock(o, TCP_LISTEN, 8080, 0, PID + 1);
	struct holder heir = { PID, PID, "child" };

	evidence_add_owner(&o->last, s, evidence_add_holder(&o->last, &heir), 3);
	child->parent = PID + 1;
	child->exe_id = sick ? 2 : 1; /* a worker of the same program */
	add_process(o, PID + 1, 5, 1024);
}

/* By hand, not by a lab: what an observer of packets infers is checked against every scenario, and that the kernel has
 * kept no TIME_WAIT shows in no packet. */
static void no_time_wait(struct observation *o, bool sick)
{
	add_net(o)->after[CNT_TIME_WAIT_OVERFLOW] = sick ? 7 : 0;
}

/* Connections that were open in the first look and wait to be closed in the last one, none of them for a minute. */
static void growing(struct observation *o, bool sick)
{
	add_net(o);
	add_process(o, PID, 50, 1024);
	for (uint16_t i = 0; i < 6; i++) {
		struct sock *s = add_sock(o, TCP_CLOSE_WAIT, 8080, 40000 + i, PID);

		s->age = span_ms(sick || i == 0 ? 3000 : 100); /* the twin's are on their way */
		s->age_is = AGE_EXACT;
		o->last.infos[i].sent = SENT_NEVER;
		evidence_add(&o->first, s)->state = i == 0 ? TCP_CLOSE_WAIT : TCP_ESTABLISHED;
	}
}

static void unprivileged(struct observation *o, bool sick)
{
	o->sight.privileged = false;
	o->sight.hidden = sick ? 12 : 0;
}

static void partial(struct observation *o, bool sick)
{
	o->sight.closed = sick ? 2 : 0;
}

static void looked_once(struct observation *o, bool sick)
{
	o->twice = !sick;
}

/* --- what follows from what -------------------------------------------------------------------------------- */

static const char *root_of(const struct findings *fs, const char *id)
{
	const struct finding *f = found(fs, id);

	return f && f->root ? f->root->rule->id : "none";
}

static void one_incident(void)
{
	struct observation o = { .twice = true, .host = { UNKNOWN, UNKNOWN, false } };
	struct findings fs;

	incident(&o);
	fs = judge(&o, NULL);
	same_text(fs.n ? fs.all[0]->rule->id : "none", "LA101", "the root of an incident stands first");
	same_text(root_of(&fs, "LA701"), "LA101", "the descriptors follow from the leak");
	same_text(root_of(&fs, "LA305"), "LA701", "that accept() fails follows from the descriptors");
	same_text(root_of(&fs, "LA301"), "LA305", "that the queue is full follows from accept()");
	ok(findings_worst(&fs) == SEVERITY_CRITICAL, "and it is critical");
	ok(fs.n && fs.all[0]->severity == SEVERITY_CRITICAL, "as its root is, by what follows");
	findings_free(&fs);
	observation_free(&o);
}

static void settle(struct observation *o, struct sock *s)
{
	s->age = span_s(600);
	s->age_is = AGE_EXACT;
	o->last.infos[o->last.n - 1].sent = SENT_NEVER;
	o->last.infos[o->last.n - 1].last_rcv_ms = 600000;
}

/* A leak, and processes that have shut down their side of connections to that port: of the same ones, or of another
 * machine's. */
static struct findings both_ends(struct observation *o, bool same)
{
	add_net(o);
	add_process(o, PID, 50, 1024);
	add_process(o, PID + 1, 50, 1024);
	for (uint16_t i = 0; i < 25; i++)
		settle(o, add_sock(o, TCP_CLOSE_WAIT, 8080, 40000 + i, PID));
	for (uint16_t i = 0; i < 25; i++) {
		struct sock *s = add_sock(o, TCP_FIN_WAIT2, 40000 + i, 8080, PID + 1);

		settle(o, s);
		s->local = at(2, 40000 + i);
		s->remote = at(same ? 1 : 9, 8080);
	}
	return judge(o, NULL);
}

static void other_ends(void)
{
	for (int same = 1; same >= 0; same--) {
		struct observation o = { .twice = true, .host = { UNKNOWN, UNKNOWN, false } };
		struct findings fs = both_ends(&o, same);
		const struct finding *far = found(&fs, "LA105");

		same_text(root_of(&fs, "LA105"), same ? "LA101" : "none",
		          same ? "both ends are one finding" : "the same port of another machine is no other end");
		ok(far && far->other_end == same, "and it says which");
		ok(findings_following(&fs) == (size_t)same && findings_count(&fs, SEVERITY_WARNING) == (same ? 1 : 2),
		   "what follows is counted apart");
		findings_free(&fs);
		observation_free(&o);
	}
}

static void ids(void)
{
	bool ascending = true, whole = true;

	for (const struct rule *const *r = doctor_rules; *r; r++) {
		ascending &= !r[1] || strcmp(r[0]->text.id, r[1]->text.id) < 0;
		whole &= r[0]->text.id && r[0]->text.name && r[0]->text.sentence && (r[0]->groups || r[0]->check);
	}
	ok(ascending, "rules are in the order of their ids");
	ok(whole, "each has an id, a name, a sentence");
	ok(doctor_rule("la101") == doctor_rule("close-wait-leak") && doctor_rule("101") == doctor_rule("LA101"),
	   "and is found by each of them");
}

int main(void)
{
	pair("LA106", proxy);
	pair("LA108 (the log)", said_of_orphans);
	pair("LA109", hidden_sockets);
	strayed = 0;
	pair("LA110", inherited);
	pair("LA111", no_time_wait);
	pair("LA901", unprivileged);
	pair("LA902", partial);
	pair("LA903", looked_once);
	pair("LA101", growing);
	one_incident();
	other_ends();
	ids();
	return tap_done();
}
