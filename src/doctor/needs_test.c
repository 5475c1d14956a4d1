/* SPDX-License-Identifier: MIT
 * What rules cannot do without: what is unknown where it was not seen, and that no rule takes it for well. */
#include "doctor/doctor_test.h"

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

int main(void)
{
	unknown();
	unseen();
	files_missing();
	what_is_missing();
	return tap_done();
}
