/* SPDX-License-Identifier: MIT
 * lastack explain: reads a capture, tells each packet to the observer of its connection, shows the stories. */
#include "cmd/command.h"
#include "words/words.h"
#include "packet/capture.h"
#include "packet/decode.h"
#include "packet/link.h"
#include "render/render.h"
#include "script/verb.h"
#include "tcp/book.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINKS_MAX = 8, REASONS_MAX = 16, PROGRESS_EVERY = 1 << 16 };

/* A packet later than this after the first, 18 years, has a damaged time. */
#define LONGEST (UINT64_C(1) << 59)

struct job {
	const char *what;
	const struct tcp_view *view;
	unsigned conn; /* 0: all */
	bool json, verbose, summary;
	bool list;
	struct buf words; /* all that was said, where it is no file */
};

/* What is known while a capture is read. */
struct inquiry {
	const struct job *job;
	struct capture *capture;
	struct book book;
	struct timeline timeline;        /* of job->conn */
	const struct tcp_watch *watched; /* its observer, once it was seen */
	struct {
		state_set may;
		enum tcp_state likely;
	} shown[SIDES]; /* its states as last noted */
	struct capture_facts facts;
	int64_t youngest;    /* time of the packet before */
	int64_t first, last; /* ns since 1970 of the first packet; ns since then of the youngest */
	bool began;
	unsigned links[LINKS_MAX];
	size_t n_links, n_unread; /* packets of a link type that is not read */
	struct left_out left_out[REASONS_MAX];
	struct tally *tallies;
	size_t n_tallies, cap_tallies;
	struct buf format, link_names;
	struct err damage;
	struct instant progress; /* when it was last shown */
	bool progressed;
};

/* --- packets --------------------------------------------------------------------------------------------- */

static void leave_out(struct inquiry *q, const char *why)
{
	for (size_t i = 0; i < REASONS_MAX; i++) {
		struct left_out *l = &q->left_out[i];

		if (l->why && !streq(l->why, why) && i + 1 < REASONS_MAX)
			continue;
		if (!l->why)
			q->facts.n_left_out = i + 1;
		l->why = l->why ? l->why : why;
		l->n++;
		return;
	}
}

static void note_link(struct inquiry *q, unsigned link)
{
	for (size_t i = 0; i < q->n_links; i++)
		if (q->links[i] == link)
			return;
	if (q->n_links < LINKS_MAX)
		q->links[q->n_links++] = link;
}

/* Time since the first packet; a capture whose clock steps back does not. */
static int64_t time_of(struct inquiry *q, int64_t ns)
{
	if (!q->began)
		q->first = ns;
	q->began = true;
	q->facts.backwards += ns < q->youngest;
	q->youngest = ns;
	if (ns > q->first && (uint64_t)ns - (uint64_t)q->first <= LONGEST && ns - q->first > q->last)
		q->last = ns - q->first;
	return q->last;
}

static void note_state(struct inquiry *q, enum side side)
{
	const struct tcp_end *x = &q->watched->end[side];
	struct event e = { .kind = EV_INFERRED, .side = side };

	e.inferred.may = q->shown[side].may = x->may;
	e.inferred.likely = q->shown[side].likely = x->likely;
	timeline_append_at(&q->timeline, e, (struct span){ q->last });
}

/* With -v and in JSON every change; else a new likely state, or the proof of one that was only likely. */
static bool is_news(const struct inquiry *q, enum side side)
{
	const struct tcp_end *x = &q->watched->end[side];
	bool proved = state_set_single(x->may) && !state_set_single(q->shown[side].may);

	if (q->job->verbose || q->job->json)
		return x->may != q->shown[side].may || x->likely != q->shown[side].likely;
	return x->likely != q->shown[side].likely || !q->shown[side].may || proved;
}

static void note_states(struct inquiry *q)
{
	for (int i = 0; i < SIDES && q->watched; i++)
		if (is_news(q, (enum side)i))
			note_state(q, (enum side)i);
}

static void note_packet(struct inquiry *q, const struct reading *r, const struct segment *s, unsigned number)
{
	struct event e = { .kind = EV_PACKET, .side = r->from };

	e.packet = (struct event_packet){
		.number = number, .fate = FATE_PASSED, .seg = *s, .conn = r->conn->number, .remarks = r->remarks
	};
	e.packet.rel_seq = conn_relative_seq(r->conn, r->from, s->seq);
	e.packet.rel_ack = conn_relative_ack(r->conn, r->from, s->ack);
	timeline_append_at(&q->timeline, e, (struct span){ q->last });
}

static void take_segment(struct inquiry *q, const struct captured *p, const struct segment *s, uint32_t domain)
{
	struct sighting sight = { s, domain, p->interface, p->number, time_of(q, p->ns) };
	struct reading r = book_take(&q->book, &sight);

	if (r.conn->number == q->job->conn) {
		q->watched = r.watch;
		if (!r.arrival)
			note_packet(q, &r, s, p->number);
	}
	note_states(q); /* a packet of a younger connection between the same ports may tell, too */
}

static void take_packet(struct inquiry *q, const struct captured *p)
{
	const char *why;
	struct inside in;
	struct segment s;

	q->facts.packets++;
	note_link(q, p->link);
	q->n_unread += link_name(p->link) == NULL;
	if (!link_find_ip(p->link, p->bytes, p->n, &in, &why))
		leave_out(q, why);
	else if (!packet_decode_captured(in.at, in.n, &s))
		leave_out(q, p->n < p->on_wire ? "cut off before the TCP header's end" : "without a whole TCP header");
	else if (s.protocol != IPPROTO_TCP)
		leave_out(q, s.protocol ? "not TCP" : "later fragments");
	else
		take_segment(q, p, &s, in.domain);
	time_of(q, p->ns);
}

/* --- the file -------------------------------------------------------------------------------------------- */

static const char *name_of(const struct job *job)
{
	return streq(job->what, "-") ? "standard input" : job->what;
}

static int open_file(const char *what, struct err *e)
{
	int fd;

	if (streq(what, "-"))
		return dup(STDIN_FILENO);
	fd = open(what, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, errno, "%s cannot be read", what);
	return fd;
}

/* On a terminal, once a second has passed: how far it is. */
static void show_progress(struct inquiry *q)
{
	if (q->facts.packets % PROGRESS_EVERY || !isatty(STDERR_FILENO) || span_since(q->progress).ns < span_s(1).ns)
		return;
	q->progressed = true;
	q->progress = clock_now();
	fprintf(stderr, "\r%zu packets, %zu connections …", q->facts.packets, q->book.n);
}

static void end_progress(const struct inquiry *q)
{
	if (q->progressed)
		fputs("\r\033[K", stderr);
}

/* -1: nothing could be read. */
static int read_all(struct inquiry *q, struct err *e)
{
	int fd = open_file(q->job->what, e), rc;
	struct captured p;

	if (fd < 0)
		return -1;
	q->capture = capture_open(fd, name_of(q->job), e);
	if (!q->capture)
		return -1;
	q->progress = clock_now();
	while ((rc = capture_next(q->capture, &p, &q->damage)) > 0) {
		take_packet(q, &p);
		show_progress(q);
	}
	end_progress(q);
	if (rc < 0)
		q->facts.damage = q->damage.text;
	book_end(&q->book, q->last);
	return 0;
}

/* --- counting -------------------------------------------------------------------------------------------- */

static struct tally *tally_of(struct inquiry *q, const struct story *s)
{
	for (size_t i = 0; i < q->n_tallies; i++) {
		const struct story *like = &q->tallies[i].like;

		if (like->ending == s->ending && like->closer == s->closer && like->reset == s->reset)
			return &q->tallies[i];
	}
	q->tallies = grow(q->tallies, q->n_tallies, &q->cap_tallies, sizeof *q->tallies);
	q->tallies[q->n_tallies] = (struct tally){ .like = *s };
	return &q->tallies[q->n_tallies++];
}

static int more_first(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

static void count_endings(struct inquiry *q)
{
	for (unsigned i = 1; i <= q->book.n; i++) {
		struct story s;

		book_story(&q->book, i, &s);
		tally_of(q, &s)->n++;
	}
	if (q->n_tallies)
		qsort(q->tallies, q->n_tallies, sizeof *q->tallies, more_first);
}

static void name_links(const struct inquiry *q, struct buf *out)
{
	for (size_t i = 0; i < q->n_links; i++) {
		const char *name = link_name(q->links[i]);

		buf_puts(out, i ? " and " : "");
		if (name)
			buf_puts(out, name);
		else
			buf_addf(out, "link type %u", q->links[i]);
	}
}

/* --- showing --------------------------------------------------------------------------------------------- */

static void show_list(struct inquiry *q, struct view *v, const struct renderer *r)
{
	r->capture(v, &q->facts);
	for (unsigned i = 1; i <= q->book.n && r->story && !q->job->summary; i++) {
		struct story s;

		book_story(&q->book, i, &s);
		r->story(v, &s, &q->facts, false);
	}
}

static void show_one(struct inquiry *q, struct view *v, const struct renderer *r)
{
	char command[64];
	struct showing showing = { .command = command,
		                   .title = "both ends' states, inferred from the packets",
		                   .wall_ns = q->first };
	struct story s;

	snprintf(command, sizeof command, "lastack explain --conn %u", q->job->conn);
	note_states(q); /* what time alone did until the end */
	book_story(&q->book, q->job->conn, &s);
	r->capture(v, &q->facts);
	if (!q->job->json) {
		fputc('\n', v->out);
		r->head(v, &showing);
	}
	r->events(v, &q->timeline);
	r->story(v, &s, &q->facts, true);
}

static int no_such_conn(const struct inquiry *q)
{
	if (q->book.n == 0)
		fprintf(stderr, "lastack explain: there is no TCP in %s\n", name_of(q->job));
	else
		fprintf(stderr, "lastack explain: there is no connection %u; %s has %zu\n", q->job->conn,
		        name_of(q->job), q->book.n);
	return EXIT_COULD_NOT;
}

static int no_such_link(const struct inquiry *q)
{
	fprintf(stderr,
	        "lastack explain: %s cannot be read: link type %u is not known here; "
	        "man lastack-explain lists those that are\n",
	        name_of(q->job), q->links[0]);
	return EXIT_COULD_NOT;
}

static void gather_facts(struct inquiry *q)
{
	struct capture_facts *f = &q->facts;

	count_endings(q);
	capture_describe(q->capture, &q->format);
	name_links(q, &q->link_names);
	f->name = name_of(q->job);
	f->format = buf_text(&q->format);
	f->links = buf_text(&q->link_names);
	f->segments = q->book.segments;
	f->conns = q->book.n;
	f->wall_ns = q->first;
	f->lasted = (struct span){ q->last };
	f->left_out = q->left_out;
	f->tallies = q->tallies;
	f->n_tallies = q->n_tallies;
}

static int show(struct inquiry *q)
{
	struct view v = { .out = stdout, .term = term_of(STDOUT_FILENO), .verbose = q->job->verbose, .precise = true };
	const struct renderer *r = q->job->json ? &render_json : &render_text;

	if (q->facts.damage && !q->facts.packets)
		return EXIT_COULD_NOT;
	if (q->facts.packets && q->facts.packets == q->n_unread)
		return no_such_link(q);
	if (q->job->conn > q->book.n)
		return no_such_conn(q);
	gather_facts(q);
	if (q->job->conn)
		show_one(q, &v, r);
	else
		show_list(q, &v, r);
	view_free(&v);
	return EXIT_OK;
}

static int explain(const struct job *job)
{
	struct inquiry q = { .job = job };
	int code = EXIT_COULD_NOT;
	struct err e;

	book_open(&q.book, job->view);
	if (read_all(&q, &e) < 0)
		fprintf(stderr, "lastack explain: %s\n", e.text);
	else
		code = show(&q);
	if (q.facts.damage) {
		fflush(stdout);
		fprintf(stderr, "lastack explain: %s\n", q.facts.damage);
		code = code == EXIT_OK ? EXIT_WARNING : code;
	}
	if (q.capture)
		capture_close(q.capture);
	book_close(&q.book);
	timeline_free(&q.timeline);
	free(q.tallies);
	buf_free(&q.format);
	buf_free(&q.link_names);
	return code;
}

/* --- the command ----------------------------------------------------------------------------------------- */

enum { OPT_JSON = 256, OPT_AT, OPT_LIST };

static const struct opt explain_options[] = {
	{ 'c', "conn", "N",
	  "Show connection N of the list packet by packet, with both ends' states, and all that is known of it" },
	{ OPT_AT, "at", "PLACE",
	  "Where the capture was made: client, server (there what arrives is known for certain), or tap, somewhere "
	  "between (the default)" },
	{ 's', "summary", NULL,
	  "Print what the capture holds and how many connections ended how, not the connections" },
	{ OPT_JSON, "json", NULL, "Print JSON Lines, as doc/schema describes them" },
	{ OPT_LIST, "list", NULL, "List the words that can be explained" },
	{ 'v', "verbose", NULL,
	  "With --conn: also the other possible states, TCP options, and every packet of a long transfer" },
	{ 0 },
};

static const struct {
	const char *name;
	const struct tcp_view *view;
} places[] = { { "client", &tcp_view_client }, { "server", &tcp_view_server }, { "tap", &tcp_view_tap } };

static int set_place(struct job *job, const char *arg, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!streq(places[i].name, arg))
			continue;
		job->view = places[i].view;
		return 0;
	}
	return err_set(e, "'%.40s' is no place of a capture: client, server or tap", arg);
}

static int set_conn(struct job *job, const char *arg, struct err *e)
{
	long n;

	if (!number_parse(arg, &n) || n < 1 || n > 1000000000)
		return err_set(e, "a connection is a number from 1 on, not '%.40s'; 'lastack explain FILE' lists them",
		               arg);
	job->conn = (unsigned)n;
	return 0;
}

/* What looks like one is one, also when it is not there. */
static bool is_file(const char *what)
{
	return streq(what, "-") || strchr(what, '/') || strcasestr(what, ".pcap") || access(what, F_OK) == 0;
}

static int set(void *ctx, int key, const char *arg, struct err *e)
{
	struct job *job = ctx;

	switch (key) {
	case 'c':
		return set_conn(job, arg, e);
	case OPT_AT:
		return set_place(job, arg, e);
	case 's':
		job->summary = true;
		return 0;
	case OPT_JSON:
		job->json = true;
		return 0;
	case OPT_LIST:
		job->list = true;
		return 0;
	case 'v':
		job->verbose = true;
		return 0;
	default:
		break;
	}
	if (job->what && is_file(job->what))
		return err_set(e, "one capture at a time: '%.40s' and '%.40s'", job->what, arg);
	if (!job->what)
		job->what = arg;
	buf_puts(&job->words, job->words.len ? " " : "");
	buf_puts(&job->words, arg);
	return 0;
}

static const struct opt_command options = {
	"lastack explain",
	"FILE|WORD",
	"Reads a capture (pcap or pcapng; - is standard input) and says of each TCP connection how it began, who "
	"closed first, how it ended, "
	"what was lost, and in which states its ends are, as far as packets tell. Of a word - a state, an error's name "
	"or text, a rule, a counter, "
	"a timer - it says what it means, the way in and out, and what is here now.",
	explain_options,
	set,
	NULL,
};

static int explain_words(const char *words)
{
	const char *near = words_near(words);

	if (words_explain(words))
		return EXIT_OK;
	fprintf(stderr, "lastack explain: '%.60s' is neither a file nor a word that is known", words);
	if (near)
		fprintf(stderr, "; did you mean '%s'?\n", near);
	else
		fputs("; 'lastack explain --list' names the words\n", stderr);
	return EXIT_COULD_NOT;
}

static int run(int argc, char **argv)
{
	struct job job = { .view = &tcp_view_tap };
	int code;

	opt_parse(&options, argc, argv, &job);
	if (job.list) {
		words_list();
		return EXIT_OK;
	}
	if (job.what && *job.what && !is_file(job.what)) {
		code = explain_words(buf_text(&job.words));
		buf_free(&job.words);
		return code;
	}
	buf_free(&job.words);
	if (job.conn && job.summary) {
		fputs("lastack explain: --summary counts connections, --conn shows one: leave one of them out\n",
		      stderr);
		return EXIT_COULD_NOT;
	}
	if (!job.what || !*job.what) {
		fputs("lastack explain: which capture, or which word? 'lastack explain FILE', or - for standard input; "
		      "'tcpdump -w FILE tcp' makes one\n",
		      stderr);
		return EXIT_COULD_NOT;
	}
	return explain(&job);
}

const struct command command_explain = {
	"explain", "read a capture: who closed first, how each connection ended; or say what a word means", &options,
	run
};
