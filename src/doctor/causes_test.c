/* SPDX-License-Identifier: MIT
 * What follows from what, on machines made by hand: each pair of rules, and each thing in which both must agree. */
#include "doctor/by_hand.h"

/* "LA101 LA701<LA101 LA105<LA101*": each finding in the order in which they stand, of which it is a consequence, and *
 * if it is the other end of the same connections. Rules that have nothing to do with it are not asked. */
static void say(struct buf *out, const struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct finding *f = fs->all[i];

		buf_addf(out, "%s%s", i ? " " : "", f->rule->id);
		if (f->root)
			buf_addf(out, "<%s%s", f->root->rule->id, f->other_end ? "*" : "");
	}
}

/* A leak, in process 80. */
#define LOOK "look twice privileged window=5s\n"
#define NET  "net own ip_local_port_range.0=32768 ip_local_port_range.1=60999 somaxconn=4096\n"
#define LEAK                                                                                                           \
	"L socks LISTEN local=10.0.0.1:8080 pid=80 wq=5 was=LISTEN\n"                                                  \
	"waits socks CLOSE_WAIT n=20 local=10.0.0.1:8080 remote=10.0.0.2:40000+ pid=80 age=60s never-sent "            \
	"was=CLOSE_WAIT\n"

/* One waits for accept(), and has waited since the first look. */
#define STALL                                                                                                          \
	"L socks LISTEN local=10.0.0.1:8080 pid=80 wq=5 rq=6 was=LISTEN\n"                                             \
	"w socks ESTABLISHED local=10.0.0.1:8080 remote=10.0.0.2:40000 listener=L age=9s was=ESTABLISHED\n"

/* Five ask for it from another network namespace. */
#define ASKS                                                                                                           \
	"ask socks SYN_SENT n=5 netns=5 local=10.0.0.9:50000+ remote=10.0.0.1:8080 pid=90 retrans=2 timer=on "         \
	"age=>3s\n"

/* The other ends of the leak, in process 81, and 82, which has other troubles. */
#define TWO_MORE                                                                                                       \
	"half socks FIN_WAIT2 n=10 local=10.0.0.2:40000+ remote=10.0.0.1:8080 pid=81 age=>60s last-snd=60s "           \
	"last-rcv=60s\n"                                                                                               \
	"P process pid=80\n"                                                                                           \
	"Q process pid=81\n"                                                                                           \
	"R process pid=82 fds=90 limit=100\n"

static const struct {
	const char *what, *only, *machine, *but, *is;
} rows[] = {
	/* The same process. */
	{ "descriptors from a leak", "LA101,LA701", LOOK NET LEAK "P process pid=80 fds=90 limit=100\n", "",
	  "LA101 LA701<LA101" },
	{ "another process's descriptors", "LA101,LA701",
	  LOOK NET LEAK "P process pid=80 fds=9 limit=100\nQ process pid=81 fds=90 limit=100\n", "", "LA101 LA701" },
	{ "one that is stuck is no leak, and no root", "LA101,LA701",
	  LOOK NET LEAK "P process pid=80 fds=90 limit=100\n", "waits.n=1", "LA701 LA101" },
	{ "descriptors from what is not read", "LA102,LA701", LOOK NET LEAK "P process pid=80 fds=90 limit=100\n",
	  "waits.rq=1", "LA102 LA701<LA102" },
	{ "descriptors from those that are hidden", "LA109,LA701",
	  LOOK NET "P process pid=80 fds=90 limit=100\ntools probes strays=30\n", "", "LA109 LA701<LA109" },
	{ "accept() from descriptors", "LA305,LA701", LOOK NET STALL "P process pid=80 fds=99 limit=100\n", "",
	  "LA701 LA305<LA701" },
	/* The same listener. */
	{ "a full queue from accept() that fails", "LA301,LA305", LOOK NET STALL "P process pid=80 fds=99 limit=100\n",
	  "", "LA305 LA301<LA305" },
	{ "a stall from accept() that fails", "LA302,LA305", LOOK NET STALL "P process pid=80 fds=99 limit=100\n", "",
	  "LA305 LA302<LA305" },
	{ "a full queue from a stall", "LA301,LA302", LOOK NET STALL, "", "LA302 LA301<LA302" },
	{ "the nearest root, and all of them behind each other", "LA301,LA302,LA305,LA701",
	  LOOK NET STALL "P process pid=80 fds=99 limit=100\n", "", "LA701 LA305<LA701 LA301<LA305 LA302<LA305" },
	{ "another listener's queue", "LA301,LA302",
	  LOOK NET STALL "M socks LISTEN local=10.0.0.1:81 pid=80 wq=5 rq=6 was=LISTEN\n", "L.rq=1", "LA301 LA302" },
	{ "of the same port in another network namespace", "LA301,LA302",
	  LOOK NET STALL "M socks LISTEN netns=5 local=10.0.0.1:8080 pid=80 wq=5 rq=6 was=LISTEN\n", "L.rq=1",
	  "LA301 LA302" },
	{ "left before accept(), from a stall", "LA103,LA302", LOOK NET STALL "P process pid=80 age=99s\n",
	  "w.state=CLOSE_WAIT w.was=CLOSE_WAIT", "LA302 LA103<LA302" },
	{ "left before accept(), from accept() that fails", "LA103,LA305",
	  LOOK NET STALL "P process pid=80 age=99s fds=99 limit=100\n", "w.state=CLOSE_WAIT w.was=CLOSE_WAIT",
	  "LA305 LA103<LA305" },
	{ "a backlog that was too small, from a full queue", "LA301,LA303", LOOK NET STALL,
	  "L.wq=4096 L.rq=4097 L.drops=9 L.was-drops=0", "LA301 LA303<LA301" },
	/* Who asks for a listener. */
	{ "who asks in vain, from a full queue", "LA301,LA310", LOOK NET STALL ASKS, "", "LA301 LA310<LA301*" },
	{ "who asks in vain, from a stall", "LA302,LA310", LOOK NET STALL ASKS, "L.rq=1", "LA302 LA310<LA302*" },
	{ "another port", "LA301,LA310", LOOK NET STALL ASKS, "ask.remote=10.0.0.1:8081", "LA301 LA310" },
	{ "another address, which is nobody's there", "LA301,LA310", LOOK NET STALL ASKS, "ask.remote=10.0.0.77:8080",
	  "LA301 LA310" },
	{ "a listener on any address: this is one of that namespace", "LA301,LA310", LOOK NET STALL ASKS,
	  "L.local=0.0.0.0:8080", "LA301 LA310<LA301*" },
	{ "and this is not", "LA301,LA310", LOOK NET STALL ASKS, "L.local=0.0.0.0:8080 ask.remote=10.0.0.77:8080",
	  "LA301 LA310" },
	{ "an address of another namespace", "LA301,LA310",
	  LOOK NET STALL ASKS "far socks ESTABLISHED netns=7 local=10.0.0.77:1 remote=10.0.0.2:1\n",
	  "L.local=0.0.0.0:8080 ask.remote=10.0.0.77:8080", "LA301 LA310" },
	{ "that it asks from an address makes it none there", "LA301,LA310", LOOK NET STALL ASKS,
	  "L.local=0.0.0.0:8080 ask.netns=4026531840 ask.local=10.0.0.77:50000+ ask.remote=10.0.0.77:8080",
	  "LA301 LA310" },
	{ "loopback is each namespace's own", "LA301,LA310", LOOK NET STALL ASKS,
	  "L.local=127.0.0.1:8080 ask.remote=127.0.0.1:8080", "LA301 LA310" },
	{ "and of the same one it is the same", "LA301,LA310", LOOK NET STALL ASKS,
	  "L.local=127.0.0.1:8080 ask.remote=127.0.0.1:8080 ask.netns=4026531840", "LA301 LA310<LA301*" },
	/* Both ends. */
	{ "half closed, from the peer's leak", "LA101,LA105",
	  LOOK NET LEAK "half socks FIN_WAIT2 n=10 local=10.0.0.2:40000+ remote=10.0.0.1:8080 pid=81 age=>60s "
	                "last-snd=60s last-rcv=60s\n",
	  "", "LA101 LA105<LA101*" },
	{ "of which the first socket of all is one", "LA101,LA105",
	  LOOK NET LEAK "half socks FIN_WAIT2 n=10 local=10.0.0.2:40000+ remote=10.0.0.1:8080 pid=81 age=>60s "
	                "last-snd=60s last-rcv=60s\n",
	  "L=- waits.n=20", "LA101 LA105<LA101*" },
	{ "half closed, from a peer that does not read", "LA102,LA105",
	  LOOK NET LEAK "half socks FIN_WAIT2 n=10 local=10.0.0.2:40000+ remote=10.0.0.1:8080 pid=81 age=>60s "
	                "last-snd=60s last-rcv=60s\n",
	  "waits.rq=1", "LA102 LA105<LA102*" },
	{ "half closed, and the leak is of others", "LA101,LA105",
	  LOOK NET LEAK "half socks FIN_WAIT2 n=10 local=10.0.0.2:50000+ remote=10.0.0.1:8080 pid=81 age=>60s "
	                "last-snd=60s last-rcv=60s\n",
	  "", "LA101 LA105" },
	{ "their other ends are here, and are no part of it", "LA101,LA105",
	  LOOK NET LEAK "half socks FIN_WAIT2 n=10 local=10.0.0.2:50000+ remote=10.0.0.1:8080 pid=81 age=>60s "
	                "last-snd=60s last-rcv=60s\n"
	                "open socks ESTABLISHED n=10 local=10.0.0.1:8080 remote=10.0.0.2:50000+ pid=80\n",
	  "", "LA101 LA105" },
	{ "one of them is enough", "LA101,LA105",
	  LOOK NET LEAK "half socks FIN_WAIT2 n=10 local=10.0.0.2:40019+ remote=10.0.0.1:8080 pid=81 age=>60s "
	                "last-snd=60s last-rcv=60s\n",
	  "", "LA101 LA105<LA101*" },
	/* Of one process that was asked for: its own, what they follow from, and their other ends. */
	{ "everybody's", "LA101,LA105,LA701", LOOK NET LEAK TWO_MORE, "", "LA101 LA105<LA101* LA701" },
	{ "the leaking one's", "LA101,LA105,LA701", LOOK NET LEAK TWO_MORE, "look.only=80", "LA101 LA105<LA101*" },
	{ "that of the other end", "LA101,LA105,LA701", LOOK NET LEAK TWO_MORE, "look.only=81", "LA101 LA105<LA101*" },
	{ "a third one's", "LA101,LA105,LA701", LOOK NET LEAK TWO_MORE, "look.only=82", "LA701" },
	{ "nobody's", "LA101,LA105,LA701", LOOK NET LEAK TWO_MORE, "look.only=83", "" },
	{ "what could not be seen concerns everybody", "LA101,LA902", LOOK NET LEAK, "look.only=83 look.closed=1",
	  "LA902" },
	{ "a window that is closed, from a peer that does not read", "LA401,LA403",
	  LOOK NET "P process pid=80\n"
	           "full socks ESTABLISHED local=10.0.0.1:8080 remote=10.0.0.2:40000 pid=80 rq=9000 received=9000 "
	           "last-rcv=20s was=ESTABLISHED\n"
	           "stuck socks ESTABLISHED local=10.0.0.2:40000 remote=10.0.0.1:8080 pid=81 wq=9000 timer=persist "
	           "last-snd=20s was=ESTABLISHED\n",
	  "", "LA401 LA403<LA401*" },
};

static void try_row(const char *what, const char *only, const char *machine, const char *but, const char *should)
{
	struct by_hand *h = by_hand(machine, but);
	struct probes probes = by_hand_probes(h);
	struct doctor_settings s = { .only = only };
	struct findings fs = { 0 };
	struct buf is = { 0 };

	thresholds_default(&s.thresholds);
	doctor_examine(&h->o, &s, &probes, &fs);
	say(&is, &fs);
	same_text(buf_text(&is), should, what);
	buf_free(&is);
	findings_free(&fs);
	by_hand_free(h);
}

/* --- how bad a root is ----------------------------------------------------------------------------------------- */

/* Descriptors that are a warning, and accept() that fails for them, which is critical. */
static const struct {
	const char *what, *only, *ignored;
	enum severity root;
} weights[] = {
	{ "a root alone is as bad as it is", "LA701", "LA101", SEVERITY_WARNING },
	{ "it is as bad as what follows from it", "LA305,LA701", "LA101", SEVERITY_CRITICAL },
	{ "and not by what does not count", "LA305,LA701", "LA305", SEVERITY_WARNING },
	{ "but by what follows from that, and does", "LA301,LA305,LA701", "LA305", SEVERITY_CRITICAL },
};

static void as_bad_as_what_follows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
		struct by_hand *h = by_hand(LOOK NET STALL "P process pid=80 fds=98 limit=100\n", "");
		struct ignored ignored = { .rule = doctor_rule(weights[i].ignored), .reason = "meant" };
		struct doctor_settings s = { .only = weights[i].only, .ignored = &ignored, .n_ignored = 1 };
		struct findings fs = { 0 };
		bool found = false;

		thresholds_default(&s.thresholds);
		s.thresholds.of[TH_FDS_CRITICAL] = 100;
		doctor_examine(&h->o, &s, NULL, &fs);
		for (size_t k = 0; k < fs.n; k++)
			found |= streq(fs.all[k]->rule->id, "LA701") && fs.all[k]->severity == weights[i].root;
		ok(found, "%s", weights[i].what);
		findings_free(&fs);
		by_hand_free(h);
	}
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		try_row(rows[i].what, rows[i].only, rows[i].machine, rows[i].but, rows[i].is);
	as_bad_as_what_follows();
	return tap_done();
}
