/* SPDX-License-Identifier: MIT
 * Remarks: what is sent again, captured twice, lost, probed, forged; and the states that follow from it. */
#include "tcp/steps.h"

static remarks remark_on(struct tcp_watch *w, const struct step *p, int64_t at)
{
	struct segment s = segment_of(p);

	return tcp_watch_sent(w, p->from, &s, 99, at);
}

static void same_remarks(remarks is, remarks should, const char *what)
{
	ok(is == should, "%s (%#x)", what, is);
}

static void copies(void)
{
	struct tcp_watch w = told("copies", &tcp_view_tap, open_still, 4);
	const struct step again = { CLIENT, "PA", 1, 1, 9, 0, NULL, NULL },
			  ahead = { CLIENT, "PA", 30, 1, 10, 0, NULL, NULL };
	const struct step gap = { CLIENT, "PA", 10, 1, 20, 0, NULL, NULL },
			  ack = { SERVER, "A", 1, 10, 0, 0, NULL, NULL };
	struct segment s = segment_of(&again);

	same_remarks(remark_on(&w, &again, 300 * MS), REMARK_(RESENT), "the same bytes again: a retransmission");
	s.ip_id++;
	tcp_watch_sent(&w, CLIENT, &s, 7, 600 * MS);
	same_remarks(tcp_watch_sent(&w, CLIENT, &s, 8, 600 * MS + 10000), REMARK_(CAPTURED_TWICE),
	             "the same packet again: captured twice");
	same_remarks(remark_on(&w, &ack, 610 * MS), 0, "acknowledged");
	same_remarks(remark_on(&w, &again, 700 * MS), REMARK_(RESENT) | REMARK_(SPURIOUS),
	             "again all the same: needless");
	same_remarks(remark_on(&w, &ahead, 800 * MS), REMARK_(AFTER_GAP), "beyond a gap");
	same_remarks(remark_on(&w, &gap, 801 * MS), REMARK_(OUT_OF_ORDER), "which is filled at once: out of order");
	same_remarks(remark_on(&w, &ack, 802 * MS), REMARK_(DUPLICATE_ACK), "a duplicate ACK");
	same_remarks(remark_on(&w, &ack, 803 * MS), REMARK_(DUPLICATE_ACK), "a duplicate ACK");
	same_remarks(remark_on(&w, &ack, 804 * MS), REMARK_(DUPLICATE_ACK), "a duplicate ACK");
	same_remarks(remark_on(&w, &gap, 805 * MS), REMARK_(RESENT) | REMARK_(FAST),
	             "after three of them: fast retransmission");
	tcp_watch_free(&w);
}

static void probes(void)
{
	struct tcp_watch w = told("probes", &tcp_view_tap, open_still, 5);
	const struct step probe = { CLIENT, "A", 9, 1, 0, 0, NULL, NULL },
			  ack = { SERVER, "A", 1, 10, 0, 0, NULL, NULL };
	struct segment closed = segment_of(&ack);

	same_remarks(remark_on(&w, &probe, S), REMARK_(KEEPALIVE), "an old number with nothing: keep-alive");
	same_remarks(remark_on(&w, &ack, S + MS), REMARK_(KEEPALIVE_ACK), "its answer");
	closed.window = 0;
	same_remarks(tcp_watch_sent(&w, SERVER, &closed, 9, 2 * S), REMARK_(ZERO_WINDOW), "no room");
	same_remarks(remark_on(&w, &probe, 3 * S), REMARK_(WINDOW_PROBE), "the same again: window probe");
	closed.ip_id += 100;
	same_remarks(tcp_watch_sent(&w, SERVER, &closed, 9, 3 * S + MS), REMARK_(ZERO_WINDOW) | REMARK_(PROBE_ACK),
	             "still no room");
	tcp_watch_until(&w, 3 * S + MS);
	states(&w, CLIENT, "ESTABLISHED or FIN_WAIT1", "behind a closed window a FIN may wait", 9);
	same_remarks(remark_on(&w, &ack, 4 * S), REMARK_(WINDOW_OPENS), "room");
	tcp_watch_free(&w);
}

static void forged(void)
{
	struct tcp_watch w = told("forged", &tcp_view_tap, open_still, 5);
	struct segment s = segment_of(&(struct step){ SERVER, "R", 50000, 0, 0, 0, NULL, NULL });
	const struct step goes_on = { SERVER, "PA", 1, 10, 9, 0, NULL, NULL },
			  exact = { SERVER, "RA", 1, 10, 0, 0, NULL, NULL };
	struct story st = { 0 };

	s.has_timestamps = false;
	same_remarks(tcp_watch_sent(&w, SERVER, &s, 6, S), REMARK_(RST_NOT_EXACT) | REMARK_(RST_BARE),
	             "a RST inside the window, not exact");
	states(&w, CLIENT, "ESTABLISHED", "it ends nothing", 5);
	s.seq += 1U << 30;
	same_remarks(tcp_watch_sent(&w, SERVER, &s, 6, S), REMARK_(RST_OUTSIDE) | REMARK_(RST_BARE),
	             "outside the window");
	states(&w, CLIENT, "ESTABLISHED", "it ends nothing", 5);
	remark_on(&w, &exact, 2 * S);
	states(&w, CLIENT, "CLOSED or ESTABLISHED", "an exact one may arrive", 6);
	tcp_watch_story(&w, &st);
	ok(st.ending == ENDING_RESET, "and is the end");
	remark_on(&w, &goes_on, 3 * S);
	tcp_watch_story(&w, &st);
	ok(st.ending == ENDING_OPEN && st.closer == NO_SIDE, "unless its sender goes on talking: then it was forged");
	tcp_watch_free(&w);
}

/* Numbers that went on though nothing was seen: the last of them may have been a FIN. */
static void unseen_fin(void)
{
	struct tcp_watch w = told("unseen FIN", &tcp_view_tap, open_still, 5);
	const struct step ack = { CLIENT, "A", 10, 7, 0, 0, NULL, NULL },
			  data = { SERVER, "PA", 7, 10, 3, 0, NULL, NULL };

	same_remarks(remark_on(&w, &ack, S), REMARK_(ACKS_UNSEEN), "six numbers that were not captured");
	states(&w, CLIENT, "ESTABLISHED or CLOSE_WAIT", "the sixth may be a FIN", 5);
	states(&w, SERVER, "ESTABLISHED or FIN_WAIT1 or FIN_WAIT2", "the sixth may be a FIN", 5);
	remark_on(&w, &data, 2 * S);
	states(&w, SERVER, "ESTABLISHED", "data behind it: it was none", 6);
	states(&w, CLIENT, "ESTABLISHED", "data behind it: it was none", 6);
	tcp_watch_free(&w);
}

/* An ACK further on than any window allows is no ACK of lost data, and finishes no handshake. */
static void ack_of_nothing(void)
{
	struct tcp_watch w = told("bad ACK", &tcp_view_tap, open_still, 2);
	const struct step bad = { CLIENT, "A", 1, 900000, 0, 0, NULL, NULL };
	struct story st = { 0 };

	same_remarks(remark_on(&w, &bad, S), REMARK_(ACKS_NOTHING), "an ACK of what was never sent");
	tcp_watch_story(&w, &st);
	ok(st.opening == OPENING_HALF_OPEN && st.end[SERVER].unseen == 0,
	   "the handshake is not finished, and nothing was lost");
	tcp_watch_free(&w);
}

/* A FIN that the peer goes on without, a round trip later, did not come: it is not likely to come by itself. */
static void missed_fin(void)
{
	struct tcp_watch w = told("missed FIN", &tcp_view_tap, open_still, 5);
	const struct step fin = { CLIENT, "FA", 10, 1, 0, 0, NULL, NULL },
			  data = { SERVER, "PA", 1, 10, 3, 0, NULL, NULL };

	remark_on(&w, &fin, S);
	ok(w.end[SERVER].likely == TCP_CLOSE_WAIT, "a FIN has passed: CLOSE_WAIT is likely");
	remark_on(&w, &data, 2 * S);
	states(&w, SERVER, "ESTABLISHED or CLOSE_WAIT", "a second later it is not acknowledged", 6);
	tcp_watch_free(&w);
}

/* A single byte again is a retransmission unless it was acknowledged: then it is a keep-alive that carries a byte. */
static void one_byte(void)
{
	struct tcp_watch w = told("one byte", &tcp_view_tap, open_still, 3);
	const struct step byte = { CLIENT, "PA", 1, 1, 1, 0, NULL, NULL },
			  alive = { CLIENT, "A", 1, 1, 1, 0, NULL, NULL },
			  ack = { SERVER, "A", 1, 2, 0, 0, NULL, NULL };

	same_remarks(remark_on(&w, &byte, S), 0, "a byte");
	same_remarks(remark_on(&w, &byte, 2 * S), REMARK_(RESENT), "again: a retransmission");
	remark_on(&w, &ack, 3 * S);
	same_remarks(remark_on(&w, &byte, 4 * S), REMARK_(RESENT) | REMARK_(SPURIOUS),
	             "pushed again after its ACK: needless");
	same_remarks(remark_on(&w, &alive, 9 * S), REMARK_(KEEPALIVE), "not pushed, after an idle time: a keep-alive");
	ok(w.end[CLIENT].tale.bytes == 1, "counted once");
	tcp_watch_free(&w);
}

/* The ACK of a FIN overtakes the FIN on the way to the tap. */
static void overtaken_fin(void)
{
	struct tcp_watch w = told("overtaken FIN", &tcp_view_tap, open_still, 5);
	const struct step first = { CLIENT, "FA", 10, 1, 0, 0, NULL, NULL },
			  ack = { CLIENT, "A", 11, 2, 0, 0, NULL, NULL },
			  fin = { SERVER, "FA", 1, 11, 0, 0, NULL, NULL };

	remark_on(&w, &first, S);
	remark_on(&w, &ack, S + MS);
	same_remarks(remark_on(&w, &fin, S + 2 * MS), REMARK_(OUT_OF_ORDER), "a FIN behind its own ACK is no copy");
	states(&w, CLIENT, "TIME_WAIT", "and has arrived", 7);
	tcp_watch_free(&w);
}

/* Thousands of holes stay affordable. */
static void many_holes(void)
{
	struct tcp_watch w = told("holes", &tcp_view_tap, open_still, 5);

	for (uint32_t i = 0; i < 5000; i++)
		remark_on(&w, &(struct step){ CLIENT, "PA", 30 + i * 20, 1, 10, 0, NULL, NULL }, S + i * MS);
	ok(w.end[CLIENT].sent.n <= 256, "so many holes are remembered: %zu", w.end[CLIENT].sent.n);
	tcp_watch_free(&w);
}

/* A SYN that nobody who talks here has sent: the connection goes on, and nothing of it is lost. */
static void spoofed_syn(void)
{
	struct tcp_watch old = told("old", &tcp_view_tap, open_still, 5), new;
	struct segment syn = segment_of(&(struct step){ CLIENT, "S", 700000, 0, 0, 0, NULL, NULL });
	const struct step data = { CLIENT, "PA", 10, 1, 5, 0, NULL, NULL },
			  ack = { SERVER, "A", 1, 15, 0, 0, NULL, NULL };

	tcp_watch_init(&new, &tcp_view_tap, &old, &syn, CLIENT, S);
	tcp_watch_sent(&new, CLIENT, &syn, 6, S);
	states(&old, CLIENT, "CLOSED", "a SYN seems to end the old one", 5);
	same_remarks(remark_on(&new, &data, 2 * S), 0, "its client goes on");
	remark_on(&new, &ack, 3 * S);
	states(&old, CLIENT, "ESTABLISHED", "it is there", 6);
	states(&old, SERVER, "ESTABLISHED", "and so is its server", 6);
	ok(old.end[CLIENT].tale.bytes == 14 && new.end[CLIENT].tale.bytes == 0, "the bytes are the old one's");
	tcp_watch_free(&old);
	tcp_watch_free(&new);
}

/* A forged RST is forgotten with all that was thought because of it. */
static void forgotten(void)
{
	struct tcp_watch w = told("forgotten", &tcp_view_tap, open_still, 5);
	const struct step rst = { SERVER, "R", 1, 0, 0, 0, NULL, NULL },
			  goes_on = { SERVER, "PA", 1, 10, 9, 0, NULL, NULL };

	remark_on(&w, &rst, S);
	ok(remark_on(&w, &goes_on, 2 * S) & REMARK_(RST_DISOWNED), "it goes on after its RST");
	states(&w, SERVER, "ESTABLISHED", "no harm is done", 6);
	ok(w.end[CLIENT].likely == TCP_ESTABLISHED && w.proof.rst == 0, "and the RST proves nothing");
	tcp_watch_free(&w);
}

/* The same ports again: while the old connection is there on the other side, it answers. */
static void reused_ports(void)
{
	struct tcp_watch old = told("old", &tcp_view_middle, open_still, 5), new;
	struct segment syn = segment_of(&(struct step){ CLIENT, "S", 5000, 0, 0, 0, NULL, NULL });
	struct segment challenge = segment_of(&(struct step){ SERVER, "A", 1, 10, 0, 0, NULL, NULL });
	struct segment rst = segment_of(&(struct step){ CLIENT, "R", 10, 0, 0, 0, NULL, NULL });

	tcp_watch_init(&new, &tcp_view_middle, &old, &syn, CLIENT, S);
	tcp_watch_sent(&new, CLIENT, &syn, 6, S);
	tcp_watch_arrived(&new, SERVER, &syn, S);
	states(&old, CLIENT, "CLOSED", "who opens anew has nothing of the old one", 5);
	ok(tcp_watch_sent(&new, SERVER, &challenge, 7, S) & REMARK_(CHALLENGE), "the old one answers: a challenge ACK");
	tcp_watch_arrived(&new, CLIENT, &challenge, S);
	states(&new, CLIENT, "SYN_SENT", "which is no answer to the SYN", 6);
	states(&old, SERVER, "ESTABLISHED", "and keeps the old one as it is", 6);
	tcp_watch_sent(&new, CLIENT, &rst, 8, S);
	tcp_watch_arrived(&new, SERVER, &rst, S);
	states(&new, CLIENT, "SYN_SENT", "the RST that answers it changes nothing here", 7);
	states(&old, SERVER, "CLOSED", "and ends the old one there", 7);
	tcp_watch_free(&old);
	tcp_watch_free(&new);
}

int main(void)
{
	copies();
	probes();
	forged();
	unseen_fin();
	ack_of_nothing();
	missed_fin();
	one_byte();
	overtaken_fin();
	many_holes();
	spoofed_syn();
	forgotten();
	reused_ports();
	return tap_done();
}
