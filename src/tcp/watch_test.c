/* SPDX-License-Identifier: MIT
 * The observer: what it says after each segment, from several places; openings and endings; what is made of damaged
 * streams. */
#include "tcp/steps.h"

/* --- what each place knows --------------------------------------------------------------------------------- */

static const struct step close_seen[] = {
	{ CLIENT, "S", 0, 0, 0, 0, "SYN_SENT", "LISTEN or CLOSED" },
	{ SERVER, "SA", 0, 1, 0, MS, NULL, "SYN_RECV" },
	{ CLIENT, "A", 1, 1, 0, MS, "ESTABLISHED", NULL },
	{ CLIENT, "PA", 1, 1, 100, MS, "ESTABLISHED", NULL },
	{ SERVER, "A", 1, 101, 0, MS, "ESTABLISHED", "ESTABLISHED" },
	{ CLIENT, "FA", 101, 1, 0, MS, "FIN_WAIT1", NULL },
	{ SERVER, "A", 1, 102, 0, MS, NULL, "CLOSE_WAIT" },
	{ SERVER, "FA", 1, 102, 0, MS, NULL, "LAST_ACK" },
	{ CLIENT, "A", 102, 2, 0, MS, "TIME_WAIT", NULL },
};

static void tap(void)
{
	struct tcp_watch w = TOLD("tap", &tcp_view_tap, close_seen);

	states(&w, SERVER, "CLOSED or LAST_ACK", "at a tap the last ACK may be lost", 8);
	tcp_watch_until(&w, 10 * S);
	states(&w, SERVER, "CLOSED", "who sends no FIN again has its ACK", 8);
	states(&w, CLIENT, "TIME_WAIT", "10 s later", 8);
	tcp_watch_until(&w, 100 * S);
	states(&w, CLIENT, "CLOSED or TIME_WAIT", "100 s later", 8);
	tcp_watch_until(&w, 300 * S);
	states(&w, CLIENT, "CLOSED", "5 minutes later", 8);
	tcp_watch_free(&w);
}

static void middle(void)
{
	struct tcp_watch w = TOLD("middle", &tcp_view_middle, close_seen);

	states(&w, SERVER, "CLOSED", "on both sides of the wire it arrives", 8);
	tcp_watch_free(&w);
}

static void far_end(void)
{
	struct tcp_watch w;
	const struct step open[] = { { CLIENT, "S", 0, 0, 0, 0, "SYN_SENT", NULL },
		                     { SERVER, "SA", 0, 1, 0, MS, "ESTABLISHED", NULL },
		                     { CLIENT, "A", 1, 1, 0, MS, "ESTABLISHED", NULL },
		                     { SERVER, "PA", 1, 1, 10, MS, "ESTABLISHED", NULL } };

	w = TOLD("at the client", &tcp_view_client, open);
	states(&w, SERVER, "ESTABLISHED or CLOSED or FIN_WAIT1",
	       "the far end may have closed, or be gone, and nothing came of it yet", 3);
	tcp_watch_free(&w);
}

/* A FIN that is on the wire and not there: nobody may say CLOSE_WAIT. */
static void held(void)
{
	struct tcp_watch w = told("held", &tcp_view_middle, close_seen, 5);
	struct segment fin = segment_of(&close_seen[5]);

	tcp_watch_sent(&w, CLIENT, &fin, 6, 10 * MS);
	states(&w, CLIENT, "FIN_WAIT1", "FIN held", 5);
	states(&w, SERVER, "ESTABLISHED", "FIN held", 5);
	tcp_watch_arrived(&w, SERVER, &fin, 20 * MS);
	states(&w, SERVER, "CLOSE_WAIT", "FIN let go", 5);
	tcp_watch_free(&w);
}

/* Two FINs cross: both pass through CLOSING. */
static void crossing(void)
{
	struct tcp_watch w = told("crossing", &tcp_view_middle, close_seen, 5);
	const struct step fins[] = { { CLIENT, "FA", 101, 1, 0, 0, NULL, NULL },
		                     { SERVER, "FA", 1, 101, 0, 0, NULL, NULL },
		                     { CLIENT, "A", 102, 2, 0, 0, NULL, NULL },
		                     { SERVER, "A", 2, 102, 0, 0, NULL, NULL } };
	struct segment s[4];
	struct story st = { 0 };

	for (int i = 0; i < 4; i++)
		s[i] = segment_of(&fins[i]);
	tcp_watch_sent(&w, CLIENT, &s[0], 6, 10 * MS);
	tcp_watch_sent(&w, SERVER, &s[1], 7, 10 * MS);
	tcp_watch_arrived(&w, CLIENT, &s[1], 11 * MS);
	tcp_watch_arrived(&w, SERVER, &s[0], 11 * MS);
	states(&w, CLIENT, "CLOSING", "crossing", 6);
	states(&w, SERVER, "CLOSING", "crossing", 6);
	tcp_watch_sent(&w, CLIENT, &s[2], 8, 12 * MS);
	tcp_watch_sent(&w, SERVER, &s[3], 9, 12 * MS);
	tcp_watch_arrived(&w, CLIENT, &s[3], 13 * MS);
	states(&w, CLIENT, "TIME_WAIT", "crossing", 8);
	states(&w, SERVER, "CLOSING", "crossing", 8);
	tcp_watch_story(&w, &st);
	ok(st.ending == ENDING_SIMULTANEOUS, "crossing: a simultaneous close");
	tcp_watch_free(&w);
}

/* A FIN that comes before the data in front of it is no FIN yet. */
static void out_of_order(void)
{
	struct tcp_watch w = told("out of order", &tcp_view_middle, close_seen, 5);
	const struct step p[] = { { CLIENT, "PA", 101, 1, 50, 0, NULL, NULL },
		                  { CLIENT, "FA", 151, 1, 0, 0, NULL, NULL } };
	struct segment data = segment_of(&p[0]), fin = segment_of(&p[1]);

	tcp_watch_sent(&w, CLIENT, &data, 6, 10 * MS);
	tcp_watch_sent(&w, CLIENT, &fin, 7, 10 * MS);
	tcp_watch_arrived(&w, SERVER, &fin, 11 * MS);
	states(&w, SERVER, "ESTABLISHED", "the FIN is ahead of its data", 6);
	tcp_watch_arrived(&w, SERVER, &data, 12 * MS);
	states(&w, SERVER, "CLOSE_WAIT", "the gap is filled", 6);
	tcp_watch_free(&w);
}

/* --- openings and endings ----------------------------------------------------------------------------------- */

static const struct step refused[] = { { CLIENT, "S", 0, 0, 0, 0, "SYN_SENT", NULL },
	                               { SERVER, "RA", 0, 1, 0, MS, NULL, "CLOSED" } };
static const struct step unanswered[] = { { CLIENT, "S", 0, 0, 0, 0, NULL, NULL },
	                                  { CLIENT, "S", 0, 0, 0, S, NULL, NULL } };
static const struct step scanned[] = { { CLIENT, "S", 0, 0, 0, 0, NULL, NULL },
	                               { SERVER, "SA", 0, 1, 0, MS, NULL, NULL },
	                               { CLIENT, "R", 1, 0, 0, MS, NULL, NULL } };
static const struct step half_open[] = { { CLIENT, "S", 0, 0, 0, 0, NULL, NULL },
	                                 { SERVER, "SA", 0, 1, 0, MS, NULL, NULL } };
static const struct step leaked[] = { OPEN,
	                              { CLIENT, "FA", 1, 1, 0, 2 * S, "FIN_WAIT1", NULL },
	                              { SERVER, "A", 1, 2, 0, MS, NULL, "CLOSE_WAIT" } };
static const struct step unacked[] = { OPEN,
	                               { CLIENT, "FA", 1, 1, 0, MS, NULL, NULL },
	                               { CLIENT, "FA", 1, 1, 0, 200 * MS, NULL, NULL } };
static const struct step half_closed[] = { OPEN,
	                                   { CLIENT, "FA", 1, 1, 0, MS, NULL, NULL },
	                                   { SERVER, "PA", 1, 2, 70, MS, NULL, "CLOSE_WAIT" },
	                                   { CLIENT, "A", 2, 71, 0, MS, NULL, NULL },
	                                   { SERVER, "FA", 71, 2, 0, MS, NULL, NULL },
	                                   { CLIENT, "A", 2, 72, 0, MS, NULL, NULL } };
static const struct step aborted[] = { OPEN, { SERVER, "RA", 1, 1, 0, MS, NULL, "CLOSED" } };
static const struct step late_data[] = { OPEN,
	                                 { CLIENT, "FA", 1, 1, 0, MS, NULL, NULL },
	                                 { SERVER, "A", 1, 2, 0, MS, NULL, NULL },
	                                 { SERVER, "PA", 1, 2, 9, MS, NULL, NULL },
	                                 { CLIENT, "R", 2, 0, 0, MS, NULL, NULL } };
static const struct step after_fin[] = { OPEN,
	                                 { CLIENT, "FA", 1, 1, 0, MS, NULL, NULL },
	                                 { SERVER, "RA", 1, 2, 0, MS, NULL, NULL } };
static const struct step restarted[] = { OPEN,
	                                 { SERVER, "PA", 1, 1, 9, MS, NULL, NULL },
	                                 { CLIENT, "R", 1, 0, 0, MS, NULL, NULL } };
static const struct step fast_open[] = { { CLIENT, "S", 0, 0, 20, 0, NULL, NULL },
	                                 { SERVER, "SA", 0, 21, 0, MS, NULL, NULL },
	                                 { SERVER, "PA", 1, 21, 5, MS, NULL, "SYN_RECV" },
	                                 { CLIENT, "A", 21, 6, 0, MS, NULL, NULL } };
static const struct step both_open[] = { { CLIENT, "S", 0, 0, 0, 0, "SYN_SENT", NULL },
	                                 { SERVER, "S", 0, 0, 0, MS, NULL, NULL },
	                                 { CLIENT, "SA", 0, 1, 0, MS, NULL, NULL },
	                                 { SERVER, "SA", 0, 1, 0, MS, NULL, NULL },
	                                 { CLIENT, "A", 1, 1, 0, MS, "ESTABLISHED or SYN_RECV", NULL } };
static const struct step split[] = { { CLIENT, "S", 0, 0, 0, 0, NULL, NULL },
	                             { SERVER, "S", 0, 0, 0, MS, NULL, NULL },
	                             { CLIENT, "SA", 0, 1, 0, MS, NULL, NULL },
	                             { SERVER, "A", 1, 1, 0, MS, NULL, "ESTABLISHED or SYN_RECV" } };
static const struct step one_way[] = { { CLIENT, "S", 0, 0, 0, 0, NULL, NULL },
	                               { CLIENT, "A", 1, 1, 0, MS, NULL, NULL },
	                               { CLIENT, "PA", 1, 1, 9, MS, NULL, NULL } };
static const struct step lone_rst[] = { { CLIENT, "R", 1, 0, 0, 0, NULL, NULL } };
static const struct step running[] = { { SERVER, "PA", 70, 40, 9, 0, NULL, NULL },
	                               { CLIENT, "A", 40, 79, 0, MS, "ESTABLISHED or FIN_WAIT1 or FIN_WAIT2", NULL } };

static const struct {
	const char *name;
	const struct step *steps;
	size_t n;
	enum opening opening;
	enum ending ending;
	enum side by;
	enum reset reset;
} endings[] = {
#define OF(x) #x, x, ARRAY_SIZE(x)
	{ OF(close_seen), OPENING_NORMAL, ENDING_ORDERLY, CLIENT, RESET_NONE },
	{ OF(refused), OPENING_REFUSED, ENDING_REFUSED, SERVER, RESET_NONE },
	{ OF(unanswered), OPENING_UNANSWERED, ENDING_UNANSWERED, NO_SIDE, RESET_NONE },
	{ OF(scanned), OPENING_HALF_OPEN, ENDING_RESET, CLIENT, RESET_OF_SYNACK },
	{ OF(half_open), OPENING_HALF_OPEN, ENDING_HALF_OPEN, NO_SIDE, RESET_NONE },
	{ OF(leaked), OPENING_NORMAL, ENDING_ONE_FIN, CLIENT, RESET_NONE },
	{ OF(unacked), OPENING_NORMAL, ENDING_FIN_UNACKED, CLIENT, RESET_NONE },
	{ OF(half_closed), OPENING_NORMAL, ENDING_HALF_CLOSE, CLIENT, RESET_NONE },
	{ OF(aborted), OPENING_NORMAL, ENDING_RESET, SERVER, RESET_PLAIN },
	{ OF(late_data), OPENING_NORMAL, ENDING_RESET, CLIENT, RESET_AFTER_OWN_FIN },
	{ OF(after_fin), OPENING_NORMAL, ENDING_RESET, SERVER, RESET_AFTER_PEER_FIN },
	{ OF(restarted), OPENING_NORMAL, ENDING_RESET, CLIENT, RESET_NO_CONNECTION },
	{ OF(open_still), OPENING_NORMAL, ENDING_OPEN, NO_SIDE, RESET_NONE },
	{ OF(fast_open), OPENING_FAST_OPEN, ENDING_OPEN, NO_SIDE, RESET_NONE },
	{ OF(both_open), OPENING_SIMULTANEOUS, ENDING_OPEN, NO_SIDE, RESET_NONE },
	{ OF(split), OPENING_SPLIT, ENDING_OPEN, NO_SIDE, RESET_NONE },
	{ OF(one_way), OPENING_ONE_DIRECTION, ENDING_ONE_DIRECTION, NO_SIDE, RESET_NONE },
	{ OF(lone_rst), OPENING_STRAY, ENDING_STRAY, NO_SIDE, RESET_NONE },
	{ OF(running), OPENING_RUNNING, ENDING_OPEN, NO_SIDE, RESET_NONE },
};

static void all_endings(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		struct tcp_watch w = told(endings[i].name, &tcp_view_tap, endings[i].steps, endings[i].n);
		struct story st = { 0 };

		tcp_watch_story(&w, &st);
		same_text(opening_info(st.opening)->word, opening_info(endings[i].opening)->word, endings[i].name);
		same_text(ending_info(st.ending)->word, ending_info(endings[i].ending)->word, endings[i].name);
		same_text(reset_info(st.reset)->word, reset_info(endings[i].reset)->word, endings[i].name);
		ok(st.closer == endings[i].by, "%s: by %s", endings[i].name, side_name(endings[i].by));
		tcp_watch_free(&w);
	}
}

static void since_when(void)
{
	struct tcp_watch w = TOLD("leaked", &tcp_view_tap, leaked);
	struct story st = { 0 };

	tcp_watch_until(&w, 30 * S);
	tcp_watch_story(&w, &st);
	ok(st.end[SERVER].likely == TCP_CLOSE_WAIT && st.end[SERVER].since.ns == 2 * S + 2 * MS,
	   "CLOSE_WAIT since the FIN passed");
	ok(st.proof.fin[CLIENT] == 4 && st.proof.fin_acked[CLIENT] == 5, "and these packets say so");
	states(&w, CLIENT, "FIN_WAIT2 or CLOSED", "whose FIN_WAIT2 may have run out", 4);
	tcp_watch_free(&w);
}

/* --- mutation ------------------------------------------------------------------------------------------------ */

static uint32_t dice(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static bool possible(const struct tcp_watch *w)
{
	const state_set known = (state_set) ~(1U << TCP_NEW_SYN_RECV | 1U << TCP_BOUND) & ((1U << TCP_STATES) - 1);

	for (int i = 0; i < SIDES; i++)
		if (!w->end[i].may || (w->end[i].may & ~known) || !state_set_has(w->end[i].may, w->end[i].likely))
			return false;
	return true;
}

static bool sound_story(const struct tcp_watch *w)
{
	struct story st = { 0 };

	tcp_watch_story(w, &st);
	return st.opening < OPENINGS && st.ending < ENDINGS && st.reset < RESETS &&
	       (st.ending != ENDING_RESET || st.closer != NO_SIDE);
}

/* Packets are left out, doubled, exchanged, and their bits turned. */
static size_t mutate(struct segment *s, enum side *from, size_t n, uint32_t *seed)
{
	size_t i = dice(seed) % n, k = dice(seed) % n;
	struct segment kept = s[i];
	enum side kept_from = from[i];

	switch (dice(seed) % 4) {
	case 0:
		memmove(&s[i], &s[i + 1], (n - i - 1) * sizeof *s);
		memmove(&from[i], &from[i + 1], (n - i - 1) * sizeof *from);
		return n > 1 ? n - 1 : n;
	case 1:
		s[i] = s[k];
		from[i] = from[k];
		s[k] = kept;
		from[k] = kept_from;
		return n;
	case 2:
		s[n] = kept;
		from[n] = kept_from;
		return n + 1;
	default:
		((uint8_t *)&s[i].seq)[dice(seed) % 8] ^= (uint8_t)(1U << dice(seed) % 8);
		s[i].flags ^= dice(seed) % 2 ? (uint8_t)(1U << dice(seed) % 5) : 0;
		s[i].window ^= dice(seed) % 3 ? 0 : (uint16_t)dice(seed);
		return n;
	}
}

static bool survive(const struct step *steps, size_t n, const struct tcp_view *view, uint32_t seed)
{
	struct segment s[64];
	enum side from[64];
	struct tcp_watch w;
	bool good = true;
	int64_t now = 0;

	for (size_t i = 0; i < n; i++) {
		s[i] = segment_of(&steps[i]);
		from[i] = steps[i].from;
	}
	for (uint32_t m = dice(&seed) % 6; m; m--)
		n = mutate(s, from, n, &seed);
	tcp_watch_init(&w, view, NULL, &s[0], from[0], 0);
	for (size_t i = 0; i < n && good; i++) {
		now += dice(&seed) % 8 ? MS : dice(&seed) % 70 * S;
		tcp_watch_sent(&w, from[i], &s[i], (unsigned)i + 1, now);
		if (view->arrivals[side_other(from[i])] && dice(&seed) % 5)
			tcp_watch_arrived(&w, side_other(from[i]), &s[i], now);
		good = possible(&w);
	}
	tcp_watch_until(&w, now + 600 * S);
	good = good && possible(&w) && sound_story(&w);
	tcp_watch_free(&w);
	return good;
}

static void mutations(void)
{
	static const struct tcp_view *const views[] = { &tcp_view_client, &tcp_view_server, &tcp_view_middle,
		                                        &tcp_view_tap };
	uint32_t bad = 0, all = 0;

	for (size_t e = 0; e < ARRAY_SIZE(endings); e++)
		for (size_t v = 0; v < ARRAY_SIZE(views); v++)
			for (uint32_t i = 0; i < 500; i++, all++)
				bad += !survive(endings[e].steps, endings[e].n, views[v],
				                (uint32_t)(e * 100003 + v * 1009 + i));
	ok(bad == 0, "%u streams with packets lost, doubled, exchanged and broken: no impossible state (%u)", all, bad);
}

/* --- the same ports again and again ------------------------------------------------------------------------- */

/* Each of them was established, so that each may be meant by what the server says with old numbers. */
static void many_before(void)
{
	enum { N = TCP_OLDER_MOST + 20 };
	static struct tcp_watch w[N];
	struct step syn = { CLIENT, "S", 0, 0, 0, MS, NULL, NULL }, ack = { CLIENT, "A", 1, 1, 0, MS, NULL, NULL },
		    old = { SERVER, "A", 1, 1, 0, MS, NULL, NULL };
	struct segment s;
	size_t oldest = 0;

	for (size_t i = 0; i < N; i++) {
		syn.seq = (uint32_t)i * 100000;
		ack.seq = syn.seq + 1;
		s = segment_of(&syn);
		tcp_watch_init(&w[i], &tcp_view_tap, i ? &w[i - 1] : NULL, &s, CLIENT, 0);
		tcp_watch_sent(&w[i], CLIENT, &s, 0, 0);
		s = segment_of(&ack);
		tcp_watch_sent(&w[i], CLIENT, &s, 0, 0);
	}
	s = segment_of(&old);
	tcp_watch_sent(&w[N - 1], SERVER, &s, 1, MS);
	while (oldest < N && !w[oldest].end[SERVER].acks)
		oldest++;
	ok(N - 1 - oldest == TCP_OLDER_MOST,
	   "a segment goes back over %d connections of the same ports, no further (%zu)", TCP_OLDER_MOST,
	   (size_t)N - 1 - oldest);
	for (size_t i = 0; i < N; i++)
		tcp_watch_free(&w[i]);
}

int main(void)
{
	tap();
	middle();
	far_end();
	held();
	crossing();
	out_of_order();
	all_endings();
	since_when();
	mutations();
	many_before();
	return tap_done();
}
