/* SPDX-License-Identifier: MIT
 * Ages: each rule of model/age.h with the numbers on both sides of where it changes. */
#include "base/tap.h"
#include "model/age.h"

#define KNOWN .known = true

static const struct {
	const char *what;
	struct sock sock;
	struct sock_info info;
	const char *should;
} rows[] = {
	{ "CLOSE_WAIT, nothing ever sent",
	  { .state = TCP_CLOSE_WAIT },
	  { KNOWN, .never_sent = true, .last_ack_ms = 7000 },
	  "7.00 s" },
	{ "CLOSE_WAIT, sent just a second before that ACK",
	  { .state = TCP_CLOSE_WAIT },
	  { KNOWN, .last_snd_ms = 8000, .last_ack_ms = 7000 },
	  ">=7.00 s" },
	{ "CLOSE_WAIT, sent more than a second before",
	  { .state = TCP_CLOSE_WAIT },
	  { KNOWN, .last_snd_ms = 8001, .last_ack_ms = 7000 },
	  "7.00 s" },
	{ "CLOSE_WAIT, sent long before, but not acknowledged",
	  { .state = TCP_CLOSE_WAIT, .wq = 1 },
	  { KNOWN, .last_snd_ms = 9000, .last_ack_ms = 7000 },
	  ">=7.00 s" },
	{ "CLOSE_WAIT with a timer",
	  { .state = TCP_CLOSE_WAIT, .timer = TIMER_ON },
	  { KNOWN, .never_sent = true, .last_ack_ms = 7000 },
	  ">=7.00 s" },
	{ "CLOSE_WAIT, of which nothing is told",
	  { .state = TCP_CLOSE_WAIT },
	  { .never_sent = true, .last_ack_ms = 7000 },
	  "" },
	{ "in the accept queue, nothing arrived",
	  { .state = TCP_ESTABLISHED },
	  { KNOWN, .last_ack_ms = 300 },
	  "300 ms" },
	{ "in the accept queue with a byte",
	  { .state = TCP_ESTABLISHED, .rq = 1 },
	  { KNOWN, .last_ack_ms = 300 },
	  ">=300 ms" },
	{ "accepted, the last ACK is the older",
	  { .state = TCP_ESTABLISHED, .held = true },
	  { KNOWN, .last_ack_ms = 500, .last_snd_ms = 300 },
	  ">=500 ms" },
	{ "accepted, the last sending is the older",
	  { .state = TCP_ESTABLISHED, .held = true },
	  { KNOWN, .last_ack_ms = 300, .last_snd_ms = 500 },
	  ">=500 ms" },
	{ "FIN_WAIT2", { .state = TCP_FIN_WAIT2 }, { KNOWN, .last_ack_ms = 300, .last_snd_ms = 500 }, ">=300 ms" },
	{ "TIME_WAIT just begun", { .state = TCP_TIME_WAIT, .timer_left = { 60000000000 } }, { 0 }, ">=0.00 ms" },
	{ "TIME_WAIT, a second of it left",
	  { .state = TCP_TIME_WAIT, .timer_left = { 1000000000 } },
	  { 0 },
	  ">=59.0 s" },
	{ "TIME_WAIT with more than there is",
	  { .state = TCP_TIME_WAIT, .timer_left = { 61000000000 } },
	  { 0 },
	  ">=0.00 ms" },
	{ "TIME_WAIT whose timer is not told",
	  { .state = TCP_TIME_WAIT, .timer = TIMER_TIMEWAIT, .timer_left = { UNKNOWN } },
	  { 0 },
	  "" },
	{ "SYN_SENT, a first second of which 0.4 are left",
	  { .state = TCP_SYN_SENT, .timer = TIMER_ON, .timer_left = { 400000000 } },
	  { 0 },
	  ">=600 ms" },
	{ "SYN_SENT, sent again once, a second one of a second",
	  { .state = TCP_SYN_SENT, .timer = TIMER_ON, .retrans = 1, .timer_left = { 1000000000 } },
	  { 0 },
	  ">=1.00 s" },
	{ "SYN_SENT, sent again once, the next is longer than a second",
	  { .state = TCP_SYN_SENT, .timer = TIMER_ON, .retrans = 1, .timer_left = { 1000000001 } },
	  { 0 },
	  ">=1.99 s" },
	{ "SYN_SENT, sent again 4 times, all of a second",
	  { .state = TCP_SYN_SENT, .timer = TIMER_ON, .retrans = 4, .timer_left = { 500000000 } },
	  { 0 },
	  ">=4.50 s" },
	{ "SYN_SENT without its timer", { .state = TCP_SYN_SENT, .timer_left = { 400000000 } }, { 0 }, "" },
	{ "SYN_SENT, it is not told when it is sent again",
	  { .state = TCP_SYN_SENT, .timer = TIMER_ON, .retrans = 3, .timer_left = { UNKNOWN } },
	  { 0 },
	  "" },
	{ "SYN_RECV, it is not told when it is answered again",
	  { .state = TCP_NEW_SYN_RECV, .timer = TIMER_ON, .retrans = 3, .timer_left = { UNKNOWN } },
	  { 0 },
	  "" },
	{ "CLOSE_WAIT: whether a timer runs is not told",
	  { .state = TCP_CLOSE_WAIT, .timer = TIMER_UNKNOWN },
	  { KNOWN, .last_ack_ms = 300, .never_sent = true },
	  ">=300 ms" },
	{ "SYN_RECV, the first second",
	  { .state = TCP_NEW_SYN_RECV, .timer = TIMER_ON, .timer_left = { 250000000 } },
	  { 0 },
	  ">=750 ms" },
	{ "SYN_RECV, answered again twice: 1 and 2 have passed, of 4 one is left",
	  { .state = TCP_NEW_SYN_RECV, .timer = TIMER_ON, .retrans = 2, .timer_left = { 1000000000 } },
	  { 0 },
	  ">=6.00 s" },
	{ "SYN_RECV, answered again seven times: the seventh wait counts a second",
	  { .state = TCP_NEW_SYN_RECV, .timer = TIMER_ON, .retrans = 7, .timer_left = { 0 } },
	  { 0 },
	  ">=128 s" },
	{ "SYN_RECV at its very beginning: not known",
	  { .state = TCP_NEW_SYN_RECV, .timer = TIMER_ON, .timer_left = { 1000000000 } },
	  { 0 },
	  "" },
	{ "a listener", { .state = TCP_LISTEN }, { KNOWN, .last_ack_ms = 300 }, "" },
	{ "LAST_ACK", { .state = TCP_LAST_ACK }, { KNOWN, .last_ack_ms = 300 }, "" },
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sock s = rows[i].sock;
		struct buf is = { 0 };

		sock_set_age(&s, &rows[i].info);
		sock_age_text(&is, &s, false);
		same_text(buf_text(&is), rows[i].should, rows[i].what);
		buf_free(&is);
	}
	return tap_done();
}
