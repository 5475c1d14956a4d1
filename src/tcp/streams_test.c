/* SPDX-License-Identifier: MIT
 * Streams of packets with what is inferred from them, packet by packet: the files of test/streams/ hold both, so that
 * they can be read beside RFC 9293. Here the packets are told to a book, and the rest is compared. STREAMS=write writes
 * the inferences anew; then read what has changed.
 *
 * A line of a file is one of
 *   stream NAME                      begins a new capture
 *   view client|server|middle|tap    where it is made; tap if nothing is said
 *   isn C|S NUMBER                   the initial sequence number of the client or the server
 *   port NUMBER                      the client's port from now on
 *   until +10s                       time passes
 *   +1ms C SA 0 1 5 win=9 …          a packet: the time since the one before, who sent it, its flags, and, where they
 * are not 0, sequence number, acknowledgment (relative) and length; then win, ttl, id, ws, mss, ts (0: no timestamps),
 * if, dom, bad (checksum), cut +1ms again if=1                  the packet before once more, bit by bit # … a comment
 *   TAB …                            what is inferred of it */
#include "base/clock.h"
#include "base/tap.h"
#include "tcp/book.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>

struct reel {
	struct book book;
	struct buf *out;
	bool began;
	struct tcp_view view;
	uint32_t isn[SIDES];
	unsigned port, number;
	uint16_t id;
	int64_t now;
	struct segment last;
	uint32_t interface, domain;
};

/* --- the inferences as text ------------------------------------------------------------------------------- */

static void add_remarks(struct buf *out, remarks r)
{
	for (int i = 0; i < REMARKS; i++)
		if (r >> i & 1)
			buf_addf(out, ", %s", remark_info((enum remark)i)->word);
}

static void add_state(struct buf *out, const char *who, const struct tcp_end *x)
{
	buf_addf(out, "%s ", who);
	state_set_text(out, x->may, x->likely);
}

static void add_reading(struct reel *z, const struct book_reading *r)
{
	struct buf *out = z->out;

	buf_addf(out, "\t#%u", z->number);
	if (r->conn->number > 1)
		buf_addf(out, " of %u", r->conn->number);
	buf_puts(out, r->arrival ? " arrives" : "");
	add_remarks(out, r->remarks);
	buf_puts(out, ": ");
	add_state(out, "client", &r->watch->end[CLIENT]);
	add_state(out, "; server", &r->watch->end[SERVER]);
	buf_puts(out, "\n");
}

static void add_span(struct buf *out, const char *what, struct span d)
{
	if (d.ns >= 0)
		buf_addf(out, ", %s %lld us", what, (long long)d.ns / 1000);
}

static void add_end(struct buf *out, const struct story *st, enum side side)
{
	const struct story_end *e = &st->end[side];
	char at[ADDR_TEXT];

	endpoint_format(at, &e->at);
	buf_addf(out, "\t  %s %s: ", side_name(side), at);
	state_set_text(out, e->may, e->likely);
	buf_addf(out, ", %u packets, %llu bytes", e->packets, (unsigned long long)e->bytes);
	if (e->unseen)
		buf_addf(out, ", %llu unseen", (unsigned long long)e->unseen);
	add_span(out, "since", e->since);
	if (st->proof.fin[side])
		add_span(out, "FIN at", e->fin_at);
	add_span(out, "open", st->rtt_open[side]);
	add_span(out, "round trip", st->rtt_data[side]);
	for (int i = 0; i < REMARKS; i++)
		if (e->remarked[i])
			buf_addf(out, ", %u %s", e->remarked[i], remark_info((enum remark)i)->word);
	buf_puts(out, "\n");
}

static void add_proof(struct buf *out, const char *what, unsigned number)
{
	if (number)
		buf_addf(out, ", %s #%u", what, number);
}

static void add_story(struct buf *out, const struct story *st)
{
	buf_addf(out, "\t%u: %s, ", st->number, opening_info(st->opening)->word);
	story_label(out, st);
	buf_addf(out, st->closer == NO_SIDE ? ", by neither" : ", by %s", side_name(st->closer));
	add_proof(out, "SYN", st->proof.syn);
	add_proof(out, "SYN+ACK", st->proof.synack);
	add_proof(out, "ACK", st->proof.ack);
	add_proof(out, "client's FIN", st->proof.fin[CLIENT]);
	add_proof(out, "its ACK", st->proof.fin_acked[CLIENT]);
	add_proof(out, "server's FIN", st->proof.fin[SERVER]);
	add_proof(out, "its ACK", st->proof.fin_acked[SERVER]);
	add_proof(out, "RST", st->proof.rst);
	add_proof(out, "last", st->proof.last);
	add_span(out, "from", st->began);
	add_span(out, "to", st->ended);
	buf_addf(out, "%s%s\n", st->reused ? ", ports again" : "", st->sides_guessed ? ", sides guessed" : "");
	add_end(out, st, CLIENT);
	add_end(out, st, SERVER);
}

/* --- one line --------------------------------------------------------------------------------------------- */

static void end_reel(struct reel *z)
{
	struct story st;

	for (unsigned i = 1; z->began && i <= z->book.n; i++) {
		book_story(&z->book, i, &st);
		add_story(z->out, &st);
	}
	if (z->began)
		book_close(&z->book);
	*z = (struct reel){ .out = z->out, .view = tcp_view_tap, .isn = { 1000, 4000000000U }, .port = 1000 };
}

static const struct tcp_view *view_of(const char *name)
{
	return streq(name, "client")   ? &tcp_view_client
	       : streq(name, "server") ? &tcp_view_server
	       : streq(name, "middle") ? &tcp_view_middle
	                               : &tcp_view_tap;
}

static uint8_t flags_of(const char *letters)
{
	static const char order[] = "FSRPAUEC";
	uint8_t flags = 0;

	for (; *letters; letters++)
		flags |= (uint8_t)(strchr(order, *letters) ? 1 << (strchr(order, *letters) - order) : 0);
	return flags;
}

static struct endpoint end_at(const struct reel *z, enum side side)
{
	struct endpoint e = { .port = side == CLIENT ? (uint16_t)z->port : 80 };

	addr_parse(side == CLIENT ? "10.0.0.1" : "10.0.0.2", &e.addr);
	return e;
}

static void set(struct reel *z, struct segment *s, const char *word)
{
	unsigned n = strchr(word, '=') ? (unsigned)strtoul(strchr(word, '=') + 1, NULL, 10) : 0;

	if (!strncmp(word, "win=", 4))
		s->window = (uint16_t)n;
	else if (!strncmp(word, "ttl=", 4))
		s->ttl = (uint8_t)n;
	else if (!strncmp(word, "id=", 3))
		s->ip_id = (uint16_t)n;
	else if (!strncmp(word, "ws=", 3))
		s->wscale = (int8_t)n;
	else if (!strncmp(word, "mss=", 4))
		s->mss = (uint16_t)n;
	else if (!strncmp(word, "ts=", 3))
		s->has_timestamps = n;
	else if (!strncmp(word, "if=", 3))
		z->interface = n;
	else if (!strncmp(word, "dom=", 4))
		z->domain = n;
	else if (streq(word, "bad"))
		s->checksum_ok = false;
	else if (streq(word, "cut"))
		s->cut = true;
	else
		ok(false, "'%s' is nothing that a packet has", word);
}

static struct segment segment_of(struct reel *z, enum side from, const char *flags, const unsigned n[3])
{
	struct segment s = { .protocol = IPPROTO_TCP,
		             .flags = flags_of(flags),
		             .checksum_ok = true,
		             .window = 64240,
		             .wscale = -1,
		             .len = n[2],
		             .mss = 1460,
		             .has_timestamps = true,
		             .ttl = 64,
		             .ip_id = ++z->id };

	s.src = end_at(z, from);
	s.dst = end_at(z, side_other(from));
	s.seq = z->isn[from] + n[0];
	s.ack = s.flags & ACK ? z->isn[side_other(from)] + n[1] : 0;
	return s;
}

/* "C SA 0 1 win=9" or "again if=1"; the words after the time. */
static void packet(struct reel *z, char *words)
{
	char *rest = words, *word = strtok_r(words, " ", &rest), *flags;
	unsigned n[3] = { 0 };
	size_t i = 0;

	z->interface = z->domain = 0;
	if (!streq(word, "again")) {
		enum side from = *word == 'C' ? CLIENT : SERVER;

		flags = strtok_r(NULL, " ", &rest);
		while (rest && *rest >= '0' && *rest <= '9' && i < ARRAY_SIZE(n))
			n[i++] = (unsigned)strtoul(strtok_r(NULL, " ", &rest), NULL, 10);
		z->last = segment_of(z, from, flags, n);
	}
	while ((word = strtok_r(NULL, " ", &rest)))
		set(z, &z->last, word);
	z->number++;
}

static void take_packet(struct reel *z, char *words)
{
	struct sighting s;
	struct book_reading r;

	packet(z, words);
	s = (struct sighting){ &z->last, z->domain, z->interface, z->number, z->now };
	r = book_take(&z->book, &s);
	add_reading(z, &r);
}

static void take_time(struct reel *z, const char *words, int *used)
{
	struct span d = { 0 };
	char text[16];

	if (sscanf(words, "+%15s%n", text, used) == 1 && (streq(text, "0") || span_parse(text, &d)))
		z->now += d.ns;
	else
		ok(false, "'%s' is no time", words);
}

static void until(struct reel *z, const char *words)
{
	int used = 0;

	take_time(z, words, &used);
	book_end(&z->book, z->now);
	for (size_t i = 0; i < z->book.n; i++) {
		struct story st;

		book_story(&z->book, (unsigned)i + 1, &st);
		buf_addf(z->out, "\tof %u: client ", st.number);
		state_set_text(z->out, st.end[CLIENT].may, st.end[CLIENT].likely);
		buf_puts(z->out, "; server ");
		state_set_text(z->out, st.end[SERVER].may, st.end[SERVER].likely);
		buf_puts(z->out, "\n");
	}
}

static void take_line(struct reel *z, char *line)
{
	char name[16];
	unsigned n;
	char side;
	int used = 0;

	if (*line == '\t')
		return;
	if (!strncmp(line, "stream ", 7))
		end_reel(z);
	buf_addf(z->out, "%s\n", line);
	if (sscanf(line, "view %15s", name) == 1)
		z->view = *view_of(name);
	else if (sscanf(line, "isn %c %u", &side, &n) == 2)
		z->isn[side == 'C' ? CLIENT : SERVER] = n;
	else if (sscanf(line, "port %u", &n) == 1)
		z->port = n;
	else if (!strncmp(line, "until ", 6))
		until(z, line + 6);
	else if (*line == '+') {
		if (!z->began)
			book_open(&z->book, &z->view);
		z->began = true;
		take_time(z, line, &used);
		take_packet(z, line + used + 1);
	}
}

/* --- files ------------------------------------------------------------------------------------------------ */

static char *played(const char *text)
{
	struct buf out = { 0 };
	struct reel z = { .out = &out };
	char *copy = xstrdup(text), *rest = copy, *line;

	end_reel(&z);
	while ((line = strsep(&rest, "\n")))
		if (*line || rest)
			take_line(&z, line);
	end_reel(&z);
	free(copy);
	return out.text ? out.text : xstrdup("");
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf all = { 0 };
	char part[4096];
	size_t n;

	while (f && (n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&all, part, n);
	if (f)
		fclose(f);
	return all.text ? all.text : xstrdup("");
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		perror(path);
}

/* The first line that differs, with the stream that it is of. */
static void same_lines(const char *is, const char *should, const char *file)
{
	const char *stream = "";

	while (*is && *should) {
		size_t n = strcspn(is, "\n"), m = strcspn(should, "\n");

		stream = !strncmp(is, "stream ", 7) ? is + 7 : stream;
		if (n != m || memcmp(is, should, n) != 0) {
			ok(false, "%s: %.*s", file, (int)strcspn(stream, "\n"), stream);
			printf("# is:     %.*s\n# should: %.*s\n", (int)n, is, (int)m, should);
			return;
		}
		is += n + (is[n] == '\n');
		should += m + (should[m] == '\n');
	}
	ok(!*is && !*should, "%s", file);
}

static void one_file(const char *folder, const char *name)
{
	char path[4352];
	char *should, *is;
	const char *wish = getenv("STREAMS");

	snprintf(path, sizeof path, "%s/%s", folder, name);
	should = read_file(path);
	is = played(should);
	if (wish && streq(wish, "write"))
		write_file(path, is);
	else
		same_lines(is, should, name);
	free(should);
	free(is);
}

static int shown(const struct dirent *d)
{
	return *d->d_name != '.';
}

int main(void)
{
	const char *src = getenv("SRC");
	struct dirent **names;
	char folder[4096];
	int n;

	snprintf(folder, sizeof folder, "%s/test/streams", src ? src : ".");
	n = scandir(folder, &names, shown, alphasort);
	ok(n > 0, "there are streams in %s", folder);
	for (int i = 0; i < n; i++) {
		one_file(folder, names[i]->d_name);
		free(names[i]);
	}
	if (n > 0)
		free(names);
	return tap_done();
}
