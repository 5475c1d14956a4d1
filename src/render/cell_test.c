/* SPDX-License-Identifier: MIT
 * Each column: its value for people and for programs, how it orders, and a socket's JSON with every key. All numbers
 * of the socket differ, so that none stands for another. */
#include "base/tap.h"
#include "render/list.h"
#include "render/order.h"

#include <netinet/in.h>
#include <stdlib.h>

static const char *user(void *ctx, uint32_t uid)
{
	(void)ctx;
	return uid == 1000 ? "ann" : NULL;
}

static const char *netns(void *ctx, uint64_t inode)
{
	(void)ctx;
	return inode == 4026531840 ? "blue" : NULL;
}

static const char *cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return id == 77 ? "web.service" : NULL;
}

static const struct column_names names = { .user = user, .netns = netns, .cgroup = cgroup }, none = { .ctx = NULL };
static const struct cell_style for_people = { .names = &names, .utf8 = true },
			       for_programs = { .names = &none, .plain = true };

/* The first socket has everything, the second, a TIME_WAIT of IPv6, as little as may be. */
static const struct sock rich_sock = { .local = { .port = 80 },
	                               .remote = { .port = 40000 },
	                               .key = { 4026531840, 0xabc },
	                               .cgroup = 77,
	                               .timer_left = { 230000000 },
	                               .age = { 61500000000 },
	                               .state = TCP_ESTABLISHED,
	                               .timer = TIMER_KEEPALIVE,
	                               .rq = 11,
	                               .wq = 12,
	                               .inode = 13,
	                               .uid = 1000,
	                               .drops = 14,
	                               .retrans = 15,
	                               .age_is = AGE_AT_LEAST,
	                               .held = true };

static const struct sock_info rich_info = { .known = true,
	                                    .rto_us = 204000,
	                                    .rtt_us = 21,
	                                    .rttvar_us = 22,
	                                    .cwnd = 23,
	                                    .mss = 24,
	                                    .unacked = 25,
	                                    .lost = 26,
	                                    .retrans_out = 27,
	                                    .total_retrans = 28,
	                                    .bytes_received = 29,
	                                    .rcv_wnd = 30,
	                                    .snd_wnd = 31,
	                                    .last_snd_ms = 32,
	                                    .last_rcv_ms = 33,
	                                    .last_ack_ms = 34,
	                                    .options = 1 | 2 | 4,
	                                    .snd_wscale = 7,
	                                    .rcv_wscale = 9 };

static const struct sock poor_sock = { .local = { .port = 443 },
	                               .remote = { .port = 8 },
	                               .key = { 4026531841, 0 },
	                               .state = TCP_TIME_WAIT,
	                               .is_mini = true,
	                               .no_owner = NO_OWNER_TIME_WAIT,
	                               .untold = TOLD_BIT(TOLD_UID) | TOLD_BIT(TOLD_DROPS) };

static void add_between(struct evidence *ev, struct sock s, const char *local, const char *remote)
{
	addr_parse(local, &s.local.addr);
	addr_parse(remote, &s.remote.addr);
	evidence_add(ev, &s);
}

static void fill(struct evidence *ev)
{
	add_between(ev, rich_sock, "10.0.0.1", "10.0.0.2");
	*evidence_add_info(ev) = rich_info;
	add_between(ev, poor_sock, "fd00::1", "fd00::2");
	evidence_add_info(ev);
	evidence_add_owner(ev, &ev->socks[0], evidence_add_holder(ev, &(struct holder){ 88, 89, "late" }), 5);
	evidence_add_owner(ev, &ev->socks[0], evidence_add_holder(ev, &(struct holder){ 77, 77, "early" }), 4);
	evidence_add_owner(ev, &ev->socks[0], 1, 6);
}

/* Word, title, side, for people, for programs, and the second socket's for programs. */
static const struct row {
	const char *word, *title;
	enum column_side side;
	const char *people, *programs, *poor;
} rows[] = {
	{ "state", "State", LEFT, "ESTABLISHED", "ESTABLISHED", "TIME_WAIT" },
	{ "age", "Age", RIGHT, "≥61.5 s", "61.500000", "" },
	{ "age-is", "Age is", LEFT, "at-least", "at-least", "" },
	{ "recvq", "Recv-Q", RIGHT, "11", "11", "0" },
	{ "sendq", "Send-Q", RIGHT, "12", "12", "0" },
	{ "local", "Local", LEFT, "10.0.0.1:80", "10.0.0.1:80", "[fd00::1]:443" },
	{ "peer", "Peer", LEFT, "10.0.0.2:40000", "10.0.0.2:40000", "[fd00::2]:8" },
	{ "owner", "Owner", LEFT, "early[77] +1", "early[77] +1", "TIME_WAIT" },
	{ "fd", "FD", LEFT, "6,4,5", "6,4,5", "" },
	{ "pid", "PID", RIGHT, "77", "77", "" },
	{ "queues", "Queues", LEFT, "11 bytes not read, 12 bytes not acknowledged",
	  "11 bytes not read, 12 bytes not acknowledged", "" },
	{ "halfopen", "Half-open", RIGHT, "", "", "" },
	{ "timer", "Timer", LEFT, "keepalive 230 ms, 15 retransmits", "keepalive", "" },
	{ "timer-left", "Timer left", RIGHT, "230 ms", "0.230000", "" },
	{ "retrans", "Retrans", RIGHT, "15", "15", "0" },
	{ "uid", "User", LEFT, "ann", "1000", "" },
	{ "inode", "Inode", RIGHT, "13", "13", "" },
	{ "sk", "Cookie", RIGHT, "abc", "abc", "" },
	{ "netns", "Netns", LEFT, "blue", "4026531840", "4026531841" },
	{ "cgroup", "Cgroup", LEFT, "web.service", "77", "" },
	{ "drops", "Drops", RIGHT, "14", "14", "" },
	{ "rtt", "RTT", RIGHT, "0.02 ms", "0.000021", "" },
	{ "rto", "RTO", RIGHT, "204 ms", "0.204000", "" },
	{ "cwnd", "Cwnd", RIGHT, "23", "23", "" },
	{ "mss", "MSS", RIGHT, "24", "24", "" },
	{ "unacked", "Unacked", RIGHT, "25", "25", "" },
	{ "lost", "Lost", RIGHT, "26", "26", "" },
	{ "total-retrans", "Resent", RIGHT, "28", "28", "" },
	{ "rcvwnd", "Rcv-Wnd", RIGHT, "30", "30", "" },
	{ "sndwnd", "Snd-Wnd", RIGHT, "31", "31", "" },
	{ "lastsnd", "Last-Snd", RIGHT, "32.0 ms", "0.032000", "" },
	{ "lastrcv", "Last-Rcv", RIGHT, "33.0 ms", "0.033000", "" },
	{ "lastack", "Last-ACK", RIGHT, "34.0 ms", "0.034000", "" },
	{ "options", "Options", LEFT, "ts sack wscale:7,9", "ts sack wscale:7,9", "" },
};

static void cell_is(enum column c, const struct evidence *ev, size_t index, const struct cell_style *style,
                    const char *should, const char *what)
{
	struct buf is = { 0 };

	cell_add(&is, c, ev, index, style);
	same_text(buf_text(&is), should, what);
	buf_free(&is);
}

static void every_column(const struct evidence *ev)
{
	ok(COLUMNS == ARRAY_SIZE(rows), "%zu columns", ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows) && i < COLUMNS; i++) {
		enum column c = (enum column)i;
		const struct column_info *info = column_info(c);
		struct columns cs = { .n = 0 };
		struct err e;

		ok(columns_parse(&cs, rows[i].word, &e) == 0 && cs.n == 1 && cs.all[0] == c, "'%s'", rows[i].word);
		ok(streq(info->title, rows[i].title) && info->side == rows[i].side, "is titled '%s'", rows[i].title);
		cell_is(c, ev, 0, &for_people, rows[i].people, "for people");
		cell_is(c, ev, 0, &for_programs, rows[i].programs, "for programs");
		cell_is(c, ev, 1, &for_programs, rows[i].poor, "where there is little");
	}
}

/* Queues in words: by state, received and sent, and whether a FIN is among them. */
static const struct {
	enum tcp_state state;
	uint32_t rq, wq;
	enum sock_timer timer;
	const char *should;
} queue_rows[] = {
	{ TCP_LISTEN, 0, 128, 0, "nobody waits for accept(), backlog 128" },
	{ TCP_LISTEN, 3, 128, 0, "3 wait for accept(), backlog 128" },
	{ TCP_LISTEN, 128, 128, 0, "128 wait for accept(), backlog 128" },
	{ TCP_LISTEN, 129, 128, 0, "129 wait for accept(), more than the backlog of 128" },
	{ TCP_SYN_SENT, 0, 1, 0, "" },
	{ TCP_SYN_SENT, 0, 6, 0, "5 bytes behind the SYN" },
	{ TCP_ESTABLISHED, 0, 0, 0, "" },
	{ TCP_ESTABLISHED, 1, 0, 0, "1 bytes not read" },
	{ TCP_ESTABLISHED, 0, 9, TIMER_PERSIST, "9 bytes not acknowledged; the peer's window is closed" },
	{ TCP_ESTABLISHED, 0, 0, TIMER_PERSIST, "the peer's window is closed" },
	{ TCP_CLOSE_WAIT, 1, 0, 0, "the FIN not read" },
	{ TCP_CLOSE_WAIT, 5, 0, 0, "4 bytes not read and the FIN" },
	{ TCP_CLOSE_WAIT, 0, 3, 0, "3 bytes not acknowledged" },
	{ TCP_FIN_WAIT1, 0, 1, 0, "our FIN not acknowledged" },
	{ TCP_FIN_WAIT1, 2, 5, 0, "2 bytes not read, 4 bytes not acknowledged, nor the FIN" },
	{ TCP_FIN_WAIT2, 7, 0, 0, "7 bytes not read" },
	{ TCP_CLOSING, 1, 1, 0, "the FIN not read, our FIN not acknowledged" },
	{ TCP_FIN_WAIT1, 2, 1, 0, "2 bytes not read, our FIN not acknowledged" },
	{ TCP_LAST_ACK, 2, 2, 0, "1 bytes not read and the FIN, 1 bytes not acknowledged, nor the FIN" },
	{ TCP_LAST_ACK, 0, 1, 0, "our FIN not acknowledged" },
};

static void queues(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(queue_rows); i++) {
		struct sock s = { .state = queue_rows[i].state,
			          .rq = queue_rows[i].rq,
			          .wq = queue_rows[i].wq,
			          .timer = queue_rows[i].timer };
		struct evidence ev = { .socks = &s, .n = 1 };

		cell_is(COL_QUEUES, &ev, 0, &for_people, queue_rows[i].should, tcp_state_name(queue_rows[i].state));
	}
}

/* Whether a timer runs, and how long it still does, is blank where it is not told. */
static void timers(void)
{
	static const struct {
		const char *what;
		enum sock_timer timer;
		int64_t left;
		const char *people, *programs, *left_is, *retrans, *json;
	} cases[] = {
		{ "one that runs", TIMER_ON, 230000000, "on 230 ms, 2 retransmits", "on", "0.230000", "2",
		  ",\"timer\":\"on\",\"timer_ns\":230000000,\"retrans\":2}\n" },
		{ "it is not told how long", TIMER_ON, UNKNOWN, "on, 2 retransmits", "on", "", "2",
		  ",\"timer\":\"on\",\"retrans\":2}\n" },
		{ "it is not told whether", TIMER_UNKNOWN, 0, "", "", "", "", "\"sq\":0}\n" },
		{ "none", TIMER_OFF, 0, "", "", "", "2", ",\"timer\":\"off\",\"timer_ns\":0,\"retrans\":2}\n" },
	};
	struct sock s = { .state = TCP_ESTABLISHED, .retrans = 2 };
	struct evidence ev = { .socks = &s, .n = 1 };
	struct listing l = { .ev = &ev, .want = WANT_TIMER };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf is = { 0 };

		s.timer = cases[i].timer;
		s.timer_left.ns = cases[i].left;
		cell_is(COL_TIMER, &ev, 0, &for_people, cases[i].people, cases[i].what);
		cell_is(COL_TIMER, &ev, 0, &for_programs, cases[i].programs, "for programs");
		cell_is(COL_TIMERLEFT, &ev, 0, &for_programs, cases[i].left_is, "what is left");
		cell_is(COL_RETRANS, &ev, 0, &for_programs, cases[i].retrans, "how often it has fired");
		list_json_row(&is, &l, 0, NULL, NULL);
		ok(strstr(buf_text(&is), cases[i].json), "and its JSON");
		buf_free(&is);
	}
}

/* A listener on :: takes IPv4 too, unless it is told not to; its peer is anybody. */
static void listeners(void)
{
	struct sock s = { .state = TCP_LISTEN, .half_open = 6, .local.port = 80 };
	struct evidence ev = { .socks = &s, .n = 1 };

	addr_parse("::", &s.local.addr);
	s.remote.addr = s.local.addr;
	cell_is(COL_LOCAL, &ev, 0, &for_people, "*:80", "of both families");
	cell_is(COL_PEER, &ev, 0, &for_people, "*:*", "of anybody");
	cell_is(COL_HALFOPEN, &ev, 0, &for_people, "6", "its half-open connections");
	s.v6only = true;
	cell_is(COL_LOCAL, &ev, 0, &for_people, "[::]:80", "of IPv6 alone");
	s.v6only = false;
	s.state = TCP_ESTABLISHED;
	cell_is(COL_LOCAL, &ev, 0, &for_people, "[::]:80", "no listener");
	cell_is(COL_HALFOPEN, &ev, 0, &for_people, "", "has none");
}

/* Who waits is told of its listener; where there are several of that port, that it is one of them. */
static void waiting(void)
{
	struct sock waits = { .state = TCP_ESTABLISHED, .no_owner = NO_OWNER_NOT_ACCEPTED, .listener = 2 };
	struct evidence ev = { .n = 0 };

	evidence_add(&ev, &waits);
	evidence_add(&ev, &(struct sock){ .state = TCP_LISTEN });
	cell_is(COL_OWNER, &ev, 0, &for_people, "not accepted", "of a listener that nobody is seen to hold");
	evidence_add_owner(&ev, &ev.socks[1], evidence_add_holder(&ev, &(struct holder){ 77, 77, "nginx" }), 3);
	cell_is(COL_OWNER, &ev, 0, &for_people, "not accepted (nginx[77])", "of nginx");
	ev.socks[0].listener_one_of = true;
	cell_is(COL_OWNER, &ev, 0, &for_people, "not accepted (one of nginx[77])", "of one of several");
	evidence_free(&ev);
}

static void options(void)
{
	static const struct {
		uint8_t bits;
		const char *should;
	} cases[] = { { 0, "" },    { 1, "ts" },         { 2, "sack" },
		      { 8, "ecn" }, { 4, "wscale:7,9" }, { 15, "ts sack ecn wscale:7,9" },
		      { 16, "" } };
	struct sock s = { .state = TCP_ESTABLISHED };
	struct sock_info info = { .known = true, .snd_wscale = 7, .rcv_wscale = 9 };
	struct evidence ev = { .socks = &s, .n = 1, .infos = &info, .n_infos = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		info.options = cases[i].bits;
		cell_is(COL_OPTIONS, &ev, 0, &for_people, cases[i].should, "options");
	}
}

/* By each column the poor socket comes first, unless the order falls; its value is none, or the smaller one. */
static void orders(const struct evidence *ev)
{
	static const char *const rich_first[] = { "state", "local", "peer", "netns" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sort_key keys[2] = { { .index = 0 }, { .index = 1 } };
		struct sorting s = { .n = 0 };
		struct err e;
		char word[40];
		bool rich = streq(rows[i].programs, rows[i].poor);

		for (size_t k = 0; k < ARRAY_SIZE(rich_first); k++)
			rich = rich || streq(rich_first[k], rows[i].word);
		for (int falling = 0; falling < 2; falling++) {
			snprintf(word, sizeof word, "%s%s", falling ? "-" : "", rows[i].word);
			sorting_parse(&s, word, &e);
			rows_order(keys, 2, ev, &s, &for_programs);
			if (streq(rows[i].word, "halfopen")) /* neither has any: by port */
				ok(keys[0].index == 0, "equal ones in the usual order");
			else
				ok(keys[0].index == (rich == (falling != 0)), "by %s", word);
		}
	}
}

/* 9 stands before 10: by what it is, not as it reads. */
static void orders_of_numbers(void)
{
	static const char *const words[] = { "recvq",         "sendq",  "inode",  "drops",   "retrans",
		                             "cwnd",          "mss",    "rtt",    "unacked", "lost",
		                             "total-retrans", "rcvwnd", "sndwnd", "lastsnd" };
	struct evidence ev = { .n = 0 };
	struct err e;

	for (uint32_t v = 10; v >= 9; v--) {
		evidence_add(&ev, &(struct sock){ .state = TCP_ESTABLISHED,
		                                  .rq = v,
		                                  .wq = v,
		                                  .inode = v,
		                                  .drops = v,
		                                  .retrans = (uint8_t)v });
		*evidence_add_info(&ev) = (struct sock_info){ .known = true,
			                                      .cwnd = v,
			                                      .mss = v,
			                                      .rtt_us = v * 100000,
			                                      .unacked = v,
			                                      .lost = v,
			                                      .total_retrans = v,
			                                      .rcv_wnd = v,
			                                      .snd_wnd = v,
			                                      .last_snd_ms = v * 100 };
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct sort_key keys[2] = { { .index = 0 }, { .index = 1 } };
		struct sorting s = { .n = 0 };

		sorting_parse(&s, words[i], &e);
		rows_order(keys, 2, &ev, &s, &for_programs);
		ok(keys[0].index == 1, "%s: 9 stands before 10", words[i]);
	}
	evidence_free(&ev);
}

static void json(const struct evidence *ev)
{
	struct listing l = { .ev = ev,
		             .want = WANT_OWNERS | WANT_TIMER | WANT_UID | WANT_INODE | WANT_AGE | WANT_DROPS |
		                     WANT_CGROUP | WANT_INFO };
	struct buf is = { 0 };

	list_json_row(&is, &l, 0, NULL, NULL);
	same_text(
		buf_text(&is),
		"{\"sock\":\"2748\",\"netns\":\"4026531840\",\"state\":\"ESTABLISHED\",\"local\":\"10.0.0.1:80\","
		"\"remote\":\"10.0.0.2:40000\",\"rq\":11,\"sq\":12,\"timer\":\"keepalive\",\"timer_ns\":230000000,"
		"\"retrans\":15,\"age_ns\":61500000000,\"age_is\":\"at-least\",\"inode\":13,\"uid\":1000,\"drops\":14,"
		"\"cgroup\":\"77\",\"owners\":[{\"pid\":77,\"comm\":\"early\",\"fd\":6},{\"pid\":77,\"comm\":\"early\","
		"\"fd\":4},{\"pid\":88,\"tid\":89,\"comm\":\"late\",\"fd\":5}],\"rtt_us\":21,\"rttvar_us\":22,"
		"\"rto_us\":204000,\"cwnd\":23,\"mss\":24,\"unacked\":25,\"lost\":26,\"retrans_out\":27,"
		"\"total_retrans\":28,\"rcv_wnd\":30,\"snd_wnd\":31,\"bytes_received\":29,\"last_snd_ms\":32,\"last_"
		"rcv_ms\":33,"
		"\"last_ack_ms\":34,\"options\":7}\n",
		"a socket's every key");
	buf_clear(&is);
	list_json_row(&is, &l, 1, "gone", "CLOSE_WAIT");
	same_text(buf_text(&is),
	          "{\"change\":\"gone\",\"was\":\"CLOSE_WAIT\",\"netns\":\"4026531841\",\"state\":\"TIME_WAIT\","
	          "\"local\":"
	          "\"[fd00::1]:443\",\"remote\":\"[fd00::2]:8\",\"rq\":0,\"sq\":0,\"timer\":\"off\",\"timer_ns\":0,"
	          "\"retrans\":0,\"inode\":0,\"owners\":[],\"no_owner\":\"time-wait\"}\n",
	          "one that has few, and what became of it");
	buf_clear(&is);
	l.want = 0;
	list_json_row(&is, &l, 1, NULL, NULL);
	ok(!strstr(buf_text(&is), "owner") && !strstr(buf_text(&is), "timer") && !strstr(buf_text(&is), "uid"),
	   "what was not asked for is not there");
	buf_free(&is);
}

/* --- what is not told -------------------------------------------------------------------------------------- */

/* Columns, and keys of JSON, that such a fact is in. */
static const struct {
	const char *columns[4], *keys[4];
} told[SOCK_TOLDS] = {
	[TOLD_INODE] = { { "inode" }, { "inode" } },
	[TOLD_UID] = { { "uid" }, { "uid" } },
	[TOLD_DROPS] = { { "drops" }, { "drops" } },
};

static bool has_key(const struct evidence *ev, const char *key)
{
	struct listing l = { .ev = ev, .want = ~0U };
	struct buf row = { 0 };
	char quoted[40];
	bool has;

	snprintf(quoted, sizeof quoted, "\"%s\":", key);
	list_json_row(&row, &l, 0, NULL, NULL);
	has = strstr(buf_text(&row), quoted);
	buf_free(&row);
	return has;
}

/* Blank in a table and not in JSON, whatever its member holds; and of a source that tells it, it is there. */
static void untold_facts(struct evidence *ev)
{
	for (int i = 0; i < SOCK_TOLDS; i++) {
		ok(told[i].columns[0] && told[i].keys[0], "%s is shown", sock_told_word((enum sock_told)i));
		for (size_t k = 0; k < 4 && told[i].columns[k]; k++) {
			struct columns cs = { .n = 0 };
			struct err e;

			columns_parse(&cs, told[i].columns[k], &e);
			ev->socks[0].untold = TOLD_BIT(i);
			cell_is(cs.all[0], ev, 0, &for_people, "", "blank where it is not told");
			ok(!has_key(ev, told[i].keys[k]), "%s is not in JSON", told[i].keys[k]);
			ev->socks[0].untold = 0;
			ok(has_key(ev, told[i].keys[k]), "and is where it is told");
		}
	}
}

static void untold_numbers(struct evidence *ev)
{
	for (int i = 0; i < SOCK_NUMBERS; i++) {
		const char *name = sock_number_info((enum sock_number)i)->name;

		ev->infos[0].untold = INFO_BIT(i);
		ok(!has_key(ev, name), "%s is not in JSON where it is not told", name);
		ev->infos[0].untold = 0;
		ok(has_key(ev, name), "and is where it is");
	}
	ev->infos[0].rtt_us = 0;
	ok(!has_key(ev, "rtt_us"), "no round trip was measured yet: none is shown");
	ev->infos[0].rtt_us = 21;
}

int main(void)
{
	struct evidence ev = { .n = 0 };

	fill(&ev);
	every_column(&ev);
	queues();
	timers();
	listeners();
	waiting();
	options();
	orders(&ev);
	orders_of_numbers();
	json(&ev);
	untold_facts(&ev);
	untold_numbers(&ev);
	evidence_free(&ev);
	return tap_done();
}
