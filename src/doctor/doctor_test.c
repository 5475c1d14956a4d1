/* SPDX-License-Identifier: MIT
 * Rules on observations made by hand: the edges that no lab makes. Each fires on one, and is silent on its twin. So do
 * some that scenarios prove, where a lab cannot show all of what they decide by. And what all rules share: needs,
 * thresholds, what is ignored, what follows from what. */
#include "doctor/by_hand.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { NETNS = 4026531840U, PID = 80 };

/* --- observations made by hand --------------------------------------------------------------------------- */

static struct endpoint at(uint8_t host, uint16_t port)
{
	return (struct endpoint){ { AF_INET, { 10, 0, 0, host } }, port };
}

static struct sock *add_sock(struct observation *o, enum tcp_state state, uint16_t local, uint16_t remote, pid_t pid)
{
	struct evidence *ev = &o->last;
	struct sock *s = evidence_next(ev);
	struct holder h = { pid, pid, "made-by-hand" };

	*s = (struct sock){ .key = { NETNS, ev->n },
		            .state = state,
		            .local = at(1, local),
		            .remote = at(2, remote),
		            .inode = (uint32_t)ev->n,
		            .held = pid };
	*evidence_add_info(ev) = (struct sock_info){ .known = state != TCP_LISTEN };
	if (pid)
		evidence_add_owner(ev, s, evidence_add_holder(ev, &h), (int)ev->n);
	return s;
}

static struct process_facts *add_process(struct observation *o, pid_t pid, int64_t fds, int64_t limit)
{
	struct process_facts *p = observation_add_process(o, pid);

	snprintf(p->comm, sizeof p->comm, "made-by-hand");
	p->fds = p->fds_before = fds;
	p->fd_limit = p->fd_hard = limit;
	p->state = 'S';
	p->exe_id = 1;
	return p;
}

static struct net_facts *add_net(struct observation *o)
{
	struct net_facts *n = observation_add_net(o, NETNS);

	n->own = true;
	for (int c = 0; c < COUNTERS; c++)
		n->before[c] = n->after[c] = 0;
	n->sysctl[SYS_PORTS_FROM] = 32768;
	n->sysctl[SYS_PORTS_TO] = 60999;
	n->sysctl[SYS_SOMAXCONN] = 4096;
	return n;
}

/* What the test's probe finds. */
static size_t strayed;

static ssize_t strays(void *ctx, pid_t pid, const struct evidence *ev, struct stray **out)
{
	(void)ctx;
	(void)pid;
	(void)ev;
	*out = xcalloc(strayed + 1, sizeof **out);
	return (ssize_t)strayed;
}

/* --- judging --------------------------------------------------------------------------------------------- */

static struct findings judge(struct observation *o, const struct doctor_settings *given)
{
	struct doctor_settings s = { .n_ignored = 0 };
	const struct probes probes = { .strays = strays };
	struct findings fs = { 0 };

	thresholds_default(&s.thresholds);
	o->window = span_s(5);
	observation_unjoin(o); /* some are judged twice */
	observation_join(o);
	doctor_examine(o, given ? given : &s, &probes, &fs);
	return fs;
}

static const struct finding *found(const struct findings *fs, const char *id)
{
	for (size_t i = 0; i < fs->n; i++)
		if (strncmp(fs->all[i]->rule->id, id, strlen("LA000")) == 0)
			return fs->all[i];
	return NULL;
}

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

/* --- what rules share ------------------------------------------------------------------------------------ */

/* A leak that has taken all descriptors: accept() fails, the queue is full. */
static void incident(struct observation *o)
{
	struct sock *listener;

	add_net(o);
	add_process(o, PID, 1024, 1024);
	for (uint16_t i = 0; i < 30; i++) {
		struct sock *s = add_sock(o, TCP_CLOSE_WAIT, 8080, 40000 + i, PID);

		s->age = span_s(600);
		s->age_is = AGE_EXACT;
		o->last.infos[o->last.n - 1].last_snd_ms = 700000;
	}
	listener = add_sock(o, TCP_LISTEN, 8080, 0, PID);
	listener->rq = 6;
	listener->wq = 5;
}

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

static void settings(void)
{
	struct observation o = { .twice = true, .host = { UNKNOWN, UNKNOWN, false } };
	struct ignored ignored = { .rule = doctor_rule("close-wait-leak"), .port = 8080, .reason = "a test" };
	struct doctor_settings s = { .only = "LA1xx,LA301", .ignored = &ignored, .n_ignored = 1 };
	struct findings fs;
	struct err e;

	thresholds_default(&s.thresholds);
	incident(&o);
	fs = judge(&o, &s);
	ok(found(&fs, "LA101") && found(&fs, "LA301") && !found(&fs, "LA701"), "--only takes families and ids");
	same_text(found(&fs, "LA101") ? found(&fs, "LA101")->suppressed : NULL, "a test",
	          "what is ignored is kept, with the reason");
	ok(findings_count(&fs, SEVERITY_WARNING) == 0, "and does not count");
	findings_free(&fs);
	observation_free(&o);
	ok(doctor_check_only("LA101,nonsense", &e) < 0 && strstr(err_text(&e), "nonsense"),
	   "a rule that is none is named");
	ok(thresholds_set(&s.thresholds, "setled", "5s", &e) < 0 && strstr(err_text(&e), "did you mean 'settled'"),
	   "a threshold that is none: what was meant");
	ok(thresholds_set(&s.thresholds, "settled", "5 apples", &e) < 0, "a value that is none");
	ok(thresholds_set(&s.thresholds, "settled", "2h", &e) == 0 && s.thresholds.of[TH_SETTLED] == 7200, "a time");
	ok(thresholds_set(&s.thresholds, "fds-warning", "90%", &e) == 0 && s.thresholds.of[TH_FDS_WARNING] == 90,
	   "a share");
}

static void unknown(void)
{
	struct observation o = { .host = { UNKNOWN, UNKNOWN, false }, .sight = { .hidden = 3 } };
	struct findings fs;

	add_sock(&o, TCP_LISTEN, 8080, 0, 0);
	fs = judge(&o, NULL);
	ok(fs.n_unjudged > 5 && fs.judged + fs.n_unjudged > 30, "rules without their sources are unknown, not well");
	findings_free(&fs);
	observation_free(&o);
}

static bool is_unknown(const struct findings *fs, const char *id)
{
	for (size_t i = 0; i < fs->n_unjudged; i++)
		if (streq(fs->unjudged[i].rule->id, id))
			return true;
	return false;
}

/* One process's sockets are seen, and of others it is not known whose they are. */
static void unseen(void)
{
	struct observation o = { .twice = true, .host = { UNKNOWN, UNKNOWN, false }, .sight = { .hidden = 3 } };
	struct findings fs;

	incident(&o);
	add_sock(&o, TCP_CLOSE_WAIT, 8081, 40000, 0)->no_owner = NO_OWNER_HIDDEN;
	fs = judge(&o, NULL);
	ok(found(&fs, "LA101") && is_unknown(&fs, "LA101"),
	   "what is seen is judged, and unknown it is all the same where some is not seen");
	ok(!is_unknown(&fs, "LA105"), "but only rules about such sockets are");
	findings_free(&fs);
	o.only = PID;
	fs = judge(&o, NULL);
	ok(!is_unknown(&fs, "LA101"), "of one process it does not matter whose the others are");
	findings_free(&fs);
	observation_free(&o);
}

/* Counters and settings are of files that a container's /proc may not have. */
static void files_missing(void)
{
	struct observation o = { .twice = true, .host = { 10, 10, false } };
	struct net_facts *n = add_net(&o);
	struct findings fs;

	n->sysctl[SYS_MAX_ORPHANS] = 100;
	fs = judge(&o, NULL);
	ok(!is_unknown(&fs, "LA407") && !is_unknown(&fs, "LA201") && !found(&fs, "LA902"),
	   "with counters and settings nothing is missing");
	ok(!is_unknown(&fs, "LA108"), "nor with orphans");
	findings_free(&fs);
	for (int c = 0; c < COUNTERS; c++)
		n->after[c] = UNKNOWN;
	n->sysctl[SYS_PORTS_FROM] = n->sysctl[SYS_PORTS_TO] = n->sysctl[SYS_SOMAXCONN] = UNKNOWN;
	n->sysctl[SYS_MAX_ORPHANS] = UNKNOWN;
	fs = judge(&o, NULL);
	ok(is_unknown(&fs, "LA407") && is_unknown(&fs, "LA201"), "without, rules about them are unknown");
	ok(is_unknown(&fs, "LA108"), "and so is one of which they are a half");
	ok(found(&fs, "LA902") && found(&fs, "LA902")->n_lines == 2, "and LA902 names both");
	findings_free(&fs);
	o.sight.unfollowed = 1;
	fs = judge(&o, NULL);
	ok(found(&fs, "LA902") && found(&fs, "LA902")->n_lines == 3, "and who could not be followed");
	findings_free(&fs);
	observation_free(&o);
}

/* --- what each rule cannot do without ---------------------------------------------------------------------- */

static const char healthy[] = "look twice privileged window=5s\n"
			      "host orphans=0 memory=0\n"
			      "net own ip_local_port_range.0=32768 ip_local_port_range.1=60999 somaxconn=4096 "
			      "tcp_syncookies=1 tcp_tw_reuse=2 "
			      "tcp_timestamps=1 tcp_fin_timeout=60 tcp_max_tw_buckets=65536 tcp_max_orphans=1000 "
			      "tcp_mem.1=1000 tcp_mem.2=2000 "
			      "nf_conntrack_count=1 nf_conntrack_max=1000\n"
			      "P process pid=80 fds=5 limit=1024\n"
			      "L socks LISTEN local=10.0.0.1:80 wq=128 pid=80 was=LISTEN\n"
			      "a socks ESTABLISHED local=10.0.0.1:80 remote=10.0.0.2:40000 pid=80 was=ESTABLISHED\n";

/* What is missing, and all the rules that are then unknown: what a rule is about, not what its file says it needs. */
static const struct {
	const char *what, *but, *unknown;
} missing[] = {
	{ "nothing", "", "" },
	{ "owners: ss without -p", "look.lacks=1 L.pid=- a.pid=-",
	  "LA101 LA102 LA104 LA105 LA106 LA109 LA110 LA206 LA401 LA601 " },
	{ "owners: of nobody may the descriptors be looked at", "look.hidden=9 L.pid=- a.pid=-",
	  "LA101 LA102 LA104 LA105 LA106 LA109 LA110 LA206 LA401 LA601 " },
	{ "inodes: ss without -e", "look.lacks=2", "LA103 LA107 LA109 LA302 " },
	{ "timers: ss without -o", "look.lacks=4", "LA105 LA106 LA107 LA309 LA310 LA403 LA404 LA601 " },
	{ "ages: ss without -i", "look.lacks=8", "LA101 LA102 LA104 LA105 LA106 LA302 LA401 LA403 LA404 LA601 " },
	{ "what listeners threw away, and no queue overflowed: ss without -m", "look.lacks=16", "" },
	{ "what listeners threw away, and one did", "look.lacks=16 net.ListenOverflows=1 L.wq=4096", "LA301 LA303 " },
	{ "listeners: ss without -a", "look.lacks=32",
	  "LA103 LA109 LA110 LA201 LA205 LA206 LA301 LA302 LA303 LA304 LA305 LA306 " },
	{ "connections: ss -l", "look.lacks=64",
	  "LA101 LA102 LA103 LA104 LA105 LA106 LA107 LA109 LA110 LA190 LA201 LA205 LA302 LA309 LA310 LA401 LA403 LA404 "
	  "LA601 " },
	{ "a second look", "look.twice=no", "LA108 LA111 LA303 LA307 LA308 LA401 LA407 LA702 " },
	{ "a second look, and nothing was counted before",
	  "look.twice=no net.TCPAbortOnMemory=0/0 net.TCPMemoryPressures=0/0 net.RcvPruned=0/0",
	  "LA111 LA303 LA307 LA308 LA401 LA407 " },
	{ "the kernel's log", "look.no-log", "LA108 LA702 LA801 " },
	{ "counters", "net.counters", "LA108 LA111 LA307 LA308 LA407 LA702 " },
	{ "a queue's setting", "net.somaxconn=?", "LA304 " },
	{ "the range of ports", "net.ip_local_port_range.1=?", "LA201 " },
	{ "where it begins, and a service is on a high port", "net.ip_local_port_range.0=? L.local=10.0.0.1:40000",
	  "LA201 LA206 LA207 " },
	{ "any setting of user namespaces before Linux 6.2: net.core", "net.somaxconn=?", "LA304 " },
	{ "settings of the namespace at all", "net=-",
	  "LA108 LA111 LA201 LA206 LA207 LA303 LA304 LA307 LA308 LA407 LA702 LA801 " },
	{ "the machine's orphans", "host.orphans=?", "LA108 LA702 " },
	{ "the machine's pages", "host.memory=?", "LA702 " },
	{ "the machine's limits", "net.tcp_max_orphans=? net.tcp_mem.1=?", "LA108 LA702 " },
	{ "descriptors", "P.fds=?", "LA109 LA305 LA701 " },
	{ "limits", "P.limit=?", "LA109 LA305 LA701 " },
	{ "tracked connections", "net.nf_conntrack_max=?", "LA801 " },
	{ "one setting", "net.tcp_timestamps=?", "LA207 " },
	{ "whether there are cookies", "net.tcp_syncookies=?", "LA308 " },
	{ "namespaces that are closed to us", "look.closed=1", "LA109 " },
	{ "namespaces that were not asked for", "look.one-net", "LA109 " },
	{ "who holds a socket", "L.pid=- L.no-owner=hidden", "LA110 LA206 LA305 LA701 LA109 " },
	{ "who holds a connection", "a.pid=- a.no-owner=hidden", "LA401 LA601 LA701 LA109 " },
};

static void add_unknown(struct buf *out, const struct findings *fs)
{
	for (const struct rule *const *r = doctor_rules; *r; r++)
		if (is_unknown(fs, (*r)->text.id))
			buf_addf(out, "%s ", (*r)->text.id);
}

/* Both name the same rules, in whatever order. */
static bool same_rules(const char *a, const char *b)
{
	bool same = strlen(a) == strlen(b);

	for (const char *at = a; same && *at; at += strlen("LA000 ")) {
		char id[sizeof "LA000"];

		snprintf(id, sizeof id, "%s", at);
		same = strstr(b, id) != NULL;
	}
	return same;
}

static void what_is_missing(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		struct by_hand *h = by_hand(healthy, missing[i].but);
		struct doctor_settings s = { .n_ignored = 0 };
		struct findings fs = { 0 };
		struct buf unknown = { 0 };

		thresholds_default(&s.thresholds);
		doctor_examine(&h->o, &s, NULL, &fs);
		add_unknown(&unknown, &fs);
		if (!ok(same_rules(buf_text(&unknown), missing[i].unknown), "without %s these are unknown: %s",
		        missing[i].what, missing[i].unknown))
			printf("# is: %s\n", buf_text(&unknown));
		ok(findings_worst(&fs) <= SEVERITY_INFO, "and none finds anything");
		buf_free(&unknown);
		findings_free(&fs);
		by_hand_free(h);
	}
}

/* --- which rules, and what does not count ------------------------------------------------------------------------ */

/* What is judged: on a machine of which nothing is known every rule that is asked is found unknown or judged. */
static const struct {
	const char *only, *first, *last; /* the first and the last that are asked; NULL: there is none such */
	size_t n;
} chosen[] = {
	{ "LA101", "LA101", "LA101", 1 },
	{ "la101", "LA101", "LA101", 1 },
	{ "101", "LA101", "LA101", 1 },
	{ "close-wait-leak", "LA101", "LA101", 1 },
	{ "LA9", "LA901", "LA903", 3 },
	{ "la9xx", "LA901", "LA903", 3 },
	{ "LA90X", "LA901", "LA903", 3 },
	{ "LA11", "LA110", "LA111", 2 },
	{ "LA101,LA903", "LA101", "LA903", 2 },
	{ "LA101, LA903", "LA101", "LA903", 2 },
	{ ",LA101,,", "LA101", "LA101", 1 },
	{ "LA1 LA190", "LA101", "LA190", 12 }, /* once each */
	{ "LA", NULL, NULL, 0 },
	{ "xx", NULL, NULL, 0 },
	{ "LA101x", NULL, NULL, 0 },
	{ "LA1019", NULL, NULL, 0 },
	{ "LA5", NULL, NULL, 0 },
	{ "close-wait", NULL, NULL, 0 },
	{ "CLOSE-WAIT-LEAK", "LA101", "LA101", 1 },
	{ ",", NULL, NULL, 0 },
	{ "", NULL, NULL, 0 },
};

static void which_rules(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(chosen); i++) {
		struct by_hand *h = by_hand("look\n", "");
		struct doctor_settings s = { .only = chosen[i].only };
		struct findings fs = { 0 };
		struct err e = { 0 };
		int rc = doctor_check_only(chosen[i].only, &e);

		thresholds_default(&s.thresholds);
		if (!chosen[i].first) {
			ok(rc < 0 && *err_text(&e), "--only '%s' is refused", chosen[i].only);
		} else {
			doctor_examine(&h->o, &s, NULL, &fs);
			ok(rc == 0 && fs.judged + fs.n_unjudged == chosen[i].n, "--only '%s': %zu rules",
			   chosen[i].only, chosen[i].n);
		}
		findings_free(&fs);
		by_hand_free(h);
	}
}

static const struct {
	const char *what, *rule;
	uint16_t port;
	const char *process;
	bool over, suppressed;
} reasons[] = {
	{ "of any rule, port, process", NULL, 0, "", false, true },
	{ "of this rule", "LA101", 0, "", false, true },
	{ "of another rule", "LA102", 0, "", false, false },
	{ "of this port", "LA101", 8080, "", false, true },
	{ "of another port", "LA101", 8081, "", false, false },
	{ "of a peer's port", "LA101", 40000, "", false, false },
	{ "of this process", NULL, 0, "by-hand", false, true },
	{ "of another process", NULL, 0, "by-han", false, false },
	{ "of a longer name", NULL, 0, "by-hand-2", false, false },
	{ "its date has passed", NULL, 0, "", true, false },
};

static void what_is_ignored(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct by_hand *h = by_hand("look twice privileged\n"
		                            "L socks LISTEN local=10.0.0.1:8080 pid=80\n"
		                            "w socks CLOSE_WAIT n=20 local=10.0.0.1:8080 remote=10.0.0.2:40000+ pid=80 "
		                            "age=60s never-sent\n",
		                            "");
		struct ignored g = { .port = reasons[i].port, .over = reasons[i].over, .reason = "meant" };
		struct doctor_settings s = { .only = "LA101", .ignored = &g, .n_ignored = 1 };
		struct findings fs = { 0 };

		snprintf(g.process, sizeof g.process, "%s", reasons[i].process);
		g.rule = reasons[i].rule ? doctor_rule(reasons[i].rule) : NULL;
		thresholds_default(&s.thresholds);
		doctor_examine(&h->o, &s, NULL, &fs);
		ok(fs.n == 1 && (fs.all[0]->suppressed != NULL) == reasons[i].suppressed, "ignored: %s",
		   reasons[i].what);
		findings_free(&fs);
		by_hand_free(h);
	}
}

/* "64k", "2h": in every unit, and what is none. */
static void values(void)
{
	static const struct {
		const char *word, *value;
		double is; /* -1: refused */
	} all[] = {
		{ "settled", "500ms", 0.5 },      { "settled", "5", 5 },
		{ "settled", "5s", 5 },           { "settled", "5 s", 5 },
		{ "settled", "2m", 120 },         { "settled", "2min", 120 },
		{ "settled", "2h", 7200 },        { "settled", "1d", 86400 },
		{ "settled", "5%", -1 },          { "settled", "", -1 },
		{ "settled", "-1s", -1 },         { "settled", "inf", -1 },
		{ "settled", "nan", -1 },         { "settled", "1e13", -1 },
		{ "close-wait-count", "7", 7 },   { "close-wait-count", "7s", -1 },
		{ "close-wait-count", "7k", -1 }, { "fds-warning", "90", 90 },
		{ "fds-warning", "90%", 90 },     { "fds-warning", "100%", 100 },
		{ "fds-warning", "100.1%", -1 },  { "unread-bytes", "64k", 64000 },
		{ "unread-bytes", "1M", 1e6 },    { "unread-bytes", "9", 9 },
		{ "cookies", "3/s", 3 },          { "cookies", "0.5", 0.5 },
		{ "cookies", "3/m", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct thresholds t;
		struct err e = { 0 };
		double is = -1;
		int rc;

		thresholds_default(&t);
		rc = thresholds_set(&t, all[i].word, all[i].value, &e);
		for (int k = 0; k < THRESHOLDS; k++)
			if (streq(threshold_info((enum threshold)k)->word, all[i].word))
				is = t.of[k];
		ok((rc < 0) == (all[i].is < 0) && (rc < 0 || is == all[i].is), "%s = '%s'", all[i].word, all[i].value);
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
	settings();
	unknown();
	unseen();
	files_missing();
	what_is_missing();
	which_rules();
	what_is_ignored();
	values();
	ids();
	return tap_done();
}
