/* SPDX-License-Identifier: MIT
 * What ss has printed, read back. */
#include "sight/saved_ss.h"
#include "model/age.h"
#include "model/belonging.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* One row with its details, until the next one begins. */
struct row {
	bool begun, wrong; /* wrong: it has a number that none can be */
	struct sock s;
	struct sock_info info;
	char *users; /* behind "users:(", or NULL */
};

struct reading {
	struct evidence *ev;
	struct saved_ss *told;
	uint64_t netns;
	size_t first; /* the first socket of this table */
	size_t line;
	unsigned seen;     /* LACKS_… of what is there */
	unsigned expected; /* of what would be there if ss was asked for it */
	bool sent_is_told; /* some row has data_segs_out: one without has never sent */
	struct row row;
	struct err *e;
};

/* --- numbers --------------------------------------------------------------------------------------------- */

/* The whole number at the beginning of a text. false: there is none, or it is more than the field can be: the file is
 * a stranger's. */
static bool number_at(const char *text, char **end, int base, uint64_t most, uint64_t *n)
{
	errno = 0;
	*n = strtoull(text, end, base);
	return isxdigit((unsigned char)*text) && *end != text && errno == 0 && *n <= most;
}

/* One of the row, which is wrong without it. */
static uint64_t number(struct reading *r, const char *text, int base, uint64_t most)
{
	uint64_t n;
	char *end;

	if (number_at(text, &end, base, most, &n))
		return n;
	r->row.wrong = true;
	return 0;
}

static uint32_t number32(struct reading *r, const char *text)
{
	return (uint32_t)number(r, text, 10, UINT32_MAX);
}

/* --- owners ---------------------------------------------------------------------------------------------- */

/* Processes mostly follow each other: the last ones are looked at first. */
static uint32_t holder_of_pid(struct evidence *ev, pid_t pid, const char *comm, size_t n)
{
	struct holder h = { pid, pid, "" };

	for (size_t i = ev->n_holders; i-- > 0;)
		if (ev->holders[i].pid == pid)
			return (uint32_t)i;
	memcpy(h.comm, comm, n < sizeof h.comm - 1 ? n : sizeof h.comm - 1);
	return evidence_add_holder(ev, &h);
}

/* ("nginx",pid=77,fd=6), or of an older ss ("nginx",77,6): a name may hold any byte, so what follows it is looked for.
 * What is behind it; NULL: there is none. */
static const char *add_owner(struct evidence *ev, struct sock *s, const char *at)
{
	const char *name = strstr(at, "(\""), *end = name ? strstr(name + 2, "\",pid=") : NULL;
	int pid, fd, n = 0;

	if (name && !end)
		end = strstr(name + 2, "\",");
	if (!end ||
	    (sscanf(end, "\",pid=%9d,fd=%9d)%n", &pid, &fd, &n) != 2 &&
	     sscanf(end, "\",%9d,%9d)%n", &pid, &fd, &n) != 2) ||
	    !n || pid <= 0)
		return NULL;
	evidence_add_owner(ev, s, holder_of_pid(ev, pid, name + 2, (size_t)(end - name - 2)), fd);
	return end + n;
}

/* --- details --------------------------------------------------------------------------------------------- */

/* "1min59sec", "59sec", "204ms"; "1.204ms" is 1204 ms, for ss writes seconds before the point (misc/ss.c
 * print_ms_timer()). The kernel tells milliseconds in 32 bits. */
static struct span timer_span(struct reading *r, const char *text)
{
	uint64_t ms = 0, n;
	char *end;

	while (isdigit((unsigned char)*text) && ms <= UINT32_MAX) {
		if (!number_at(text, &end, 10, UINT32_MAX, &n))
			ms = UINT64_MAX;
		else
			ms += strncmp(end, "ms", 2) == 0 ? n : strncmp(end, "min", 3) == 0 ? n * 60000 : n * 1000;
		text = end + strspn(end, "mins.ec");
	}
	r->row.wrong |= ms > UINT32_MAX;
	return span_ms(ms > UINT32_MAX ? 0 : (int64_t)ms);
}

/* "keepalive,119min,0)" */
static void take_timer(struct reading *r, const char *value)
{
	struct sock *s = &r->row.s;
	char name[16];
	int n = 0;

	r->seen |= LACKS_TIMERS;
	if (sscanf(value, "%15[a-z],%n", name, &n) != 1 || !n || !sock_timer_parse(name, &s->timer))
		return;
	s->timer_left = timer_span(r, value + n);
	value = strchr(value + n, ',');
	s->retrans = (uint8_t)(value ? number(r, value + 1, 10, UINT8_MAX) : 0);
}

static void take_inode(struct reading *r, const char *value)
{
	r->row.s.inode = number32(r, value);
	r->seen |= LACKS_INODES;
}

static void take_cookie(struct reading *r, const char *value)
{
	r->row.s.key.cookie = number(r, value, 16, UINT64_MAX);
	r->seen |= LACKS_INODES; /* which stands beside it, or is 0 */
}

static void take_uid(struct reading *r, const char *value)
{
	r->row.s.uid = number32(r, value);
}

/* "r0,rb131072,…,d0)": older ones end before the drops. */
static void take_memory(struct reading *r, const char *value)
{
	const char *drops = strstr(value, ",d");

	r->row.s.is_mini = false;
	if (!drops)
		return;
	r->row.s.drops = number32(r, drops + 2);
	r->row.s.untold &= (uint8_t)~TOLD_BIT(TOLD_DROPS);
	r->seen |= LACKS_DROPS;
}

static uint32_t us_of_ms(const char *value)
{
	double ms = strtod(value, NULL);

	return ms > 0 && ms < 4e6 ? (uint32_t)(ms * 1000 + 0.5) : 0;
}

static void take_rto(struct reading *r, const char *value)
{
	sock_number_set(&r->row.info, INFO_rto_us, us_of_ms(value));
}

static void take_rtt(struct reading *r, const char *value)
{
	const char *variance = strchr(value, '/');

	sock_number_set(&r->row.info, INFO_rtt_us, us_of_ms(value));
	if (variance)
		sock_number_set(&r->row.info, INFO_rttvar_us, us_of_ms(variance + 1));
}

/* Its field has four bits (struct tcp_info). */
enum { WSCALE_MOST = 15 };

static void take_wscale(struct reading *r, const char *value)
{
	const char *other = strchr(value, ',');

	r->row.info.options |= 4;
	r->row.info.snd_wscale = (uint8_t)number(r, value, 10, WSCALE_MOST);
	r->row.info.rcv_wscale = (uint8_t)(other ? number(r, other + 1, 10, WSCALE_MOST) : 0);
}

static void take_retrans(struct reading *r, const char *value)
{
	const char *total = strchr(value, '/');

	sock_number_set(&r->row.info, INFO_retrans_out, number32(r, value));
	if (total)
		sock_number_set(&r->row.info, INFO_total_retrans, number32(r, total + 1));
}

static void take_received(struct reading *r, const char *value)
{
	sock_number_set(&r->row.info, INFO_bytes_received, number(r, value, 10, INT64_MAX));
}

static void take_segments_out(struct reading *r, const char *value)
{
	r->row.info.sent = number32(r, value) ? SENT_SOME : SENT_NEVER;
	r->sent_is_told = true;
}

/* Words with a value behind them; `is_info` ones are printed of what has tcp_info only. */
static const struct {
	const char *word;
	void (*take)(struct reading *r, const char *value);
	bool is_info;
} details[] = {
	{ "timer:(", take_timer, false },
	{ "ino:", take_inode, false },
	{ "sk:", take_cookie, false },
	{ "uid:", take_uid, false },
	{ "skmem:(", take_memory, false },
	{ "rto:", take_rto, true },
	{ "rtt:", take_rtt, true },
	{ "wscale:", take_wscale, true },
	{ "retrans:", take_retrans, true },
	{ "bytes_received:", take_received, true },
	{ "data_segs_out:", take_segments_out, true },
};

/* Whole numbers of 32 bits. */
static const struct {
	const char *word;
	enum sock_number is;
} numbers[] = {
	{ "cwnd:", INFO_cwnd },           { "mss:", INFO_mss },
	{ "unacked:", INFO_unacked },     { "lost:", INFO_lost },
	{ "lastsnd:", INFO_last_snd_ms }, { "lastrcv:", INFO_last_rcv_ms },
	{ "lastack:", INFO_last_ack_ms }, { "snd_wnd:", INFO_snd_wnd },
	{ "rcv_wnd:", INFO_rcv_wnd },
};

/* Words that stand alone, with their bits of tcpi_options. */
static const struct {
	const char *word;
	uint8_t option;
} options[] = { { "ts", 1 }, { "sack", 2 }, { "ecn", 8 } };

static void take_detail(struct reading *r, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		if (strncmp(word, details[i].word, strlen(details[i].word)) != 0)
			continue;
		details[i].take(r, word + strlen(details[i].word));
		r->row.info.known |= details[i].is_info;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strncmp(word, numbers[i].word, strlen(numbers[i].word)) != 0)
			continue;
		sock_number_set(&r->row.info, numbers[i].is, number32(r, word + strlen(numbers[i].word)));
		r->row.info.known = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		r->row.info.options |= streq(word, options[i].word) ? options[i].option : 0;
}

static void take_words(struct reading *r, char *text)
{
	char *rest;

	for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
		take_detail(r, word);
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static bool port_parse(const char *text, uint16_t *port)
{
	uint64_t n = 0;
	char *end;

	if (!streq(text, "*") && (!number_at(text, &end, 10, UINT16_MAX, &n) || *end))
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool queue_parse(const char *text, uint32_t *queue)
{
	uint64_t n;
	char *end;

	if (!number_at(text, &end, 10, UINT32_MAX, &n) || *end)
		return false;
	*queue = (uint32_t)n;
	return true;
}

/* "127.0.0.1:80", "[::1]:80", "127.0.0.53%lo:53", "*:80", ":::80" of an older ss. "*" is any address of both
 * families. */
static bool endpoint_parse(char *text, struct endpoint *out)
{
	char *colon = strrchr(text, ':'), *address = text, *scope;

	*out = (struct endpoint){ 0 };
	if (!colon)
		return false;
	*colon = 0;
	if (!port_parse(colon + 1, &out->port))
		return false;
	scope = strchr(address, '%');
	if (scope)
		*scope = 0;
	address += *address == '[';
	if (streq(address, "*"))
		address = "::";
	else if (*address && address[strlen(address) - 1] == ']')
		address[strlen(address) - 1] = 0;
	return addr_parse(address, &out->addr);
}

static bool is_other_family(const char *word)
{
	static const char *const words[] = { "udp",  "raw",  "u_",   "nl",    "p_",  "icmp", "v_",     "xdp",
		                             "sctp", "dccp", "tipc", "vsock", "ti_", "unix", "packet", "???" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(word, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* A bound socket has no peer; a minisocket is what has no memory of its own, which only -m tells of others. */
static void settle_state(struct sock *s)
{
	if (s->state == TCP_CLOSED && !s->remote.port)
		s->state = TCP_BOUND;
	if (s->state == TCP_SYN_RECV)
		s->state = TCP_NEW_SYN_RECV;
	s->is_mini = s->state == TCP_TIME_WAIT || s->state == TCP_NEW_SYN_RECV;
}

enum { COLUMNS = 5 }; /* state, queues, addresses */

static bool parse_row(struct sock *s, char *words[COLUMNS])
{
	if (streq(words[0], "UNCONN"))
		s->state = TCP_CLOSED;
	else if (!tcp_state_parse(words[0], &s->state))
		return false;
	if (!queue_parse(words[1], &s->rq) || !queue_parse(words[2], &s->wq))
		return false;
	s->v6only = s->state == TCP_LISTEN && strncmp(words[3], "[::]:", 5) == 0;
	if (!endpoint_parse(words[3], &s->local) || !endpoint_parse(words[4], &s->remote))
		return false;
	settle_state(s);
	return true;
}

/* Takes `n` words off the line; what is behind them. NULL: there are fewer. */
static char *split(char *line, char **words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		line += strspn(line, " \t");
		if (!*line)
			return NULL;
		words[i] = line;
		line += strcspn(line, " \t");
		if (*line)
			*line++ = 0;
	}
	return line;
}

/* In these states a timer always runs, but for a FIN_WAIT2 that a process holds. */
static const state_set timed = 1U << TCP_SYN_SENT | 1U << TCP_NEW_SYN_RECV | 1U << TCP_FIN_WAIT1 | 1U << TCP_FIN_WAIT2 |
                               1U << TCP_CLOSING | 1U << TCP_LAST_ACK | 1U << TCP_TIME_WAIT;

/* What ss prints of such a socket, if it is asked. Without inodes any may have an owner. */
static unsigned expected_of(const struct sock *s, bool inodes)
{
	bool listens = s->state == TCP_LISTEN, open = !listens && s->state != TCP_BOUND && s->state != TCP_CLOSED;
	unsigned expected = LACKS_INODES | LACKS_LISTENERS | LACKS_CONNECTIONS;

	if (state_set_has(timed, s->state) || (open && s->wq > 0))
		expected |= LACKS_TIMERS;
	if (!s->is_mini)
		expected |= LACKS_DROPS | (open ? LACKS_INFO : 0) | (s->inode || listens || !inodes ? LACKS_OWNERS : 0);
	return expected;
}

/* ss leaves out what is 0, always of these numbers; and of the bytes received, though not where some wait. What else is
 * not there an older ss or an older kernel did not tell. */
static const uint32_t left_out_if_0 = INFO_BIT(INFO_rtt_us) | INFO_BIT(INFO_rttvar_us) | INFO_BIT(INFO_unacked) |
                                      INFO_BIT(INFO_lost) | INFO_BIT(INFO_retrans_out) | INFO_BIT(INFO_total_retrans) |
                                      INFO_BIT(INFO_last_snd_ms) | INFO_BIT(INFO_last_rcv_ms) |
                                      INFO_BIT(INFO_last_ack_ms);

static uint32_t untold_of(const struct row *row)
{
	uint32_t is_0 = left_out_if_0 | (row->s.rq ? 0 : INFO_BIT(INFO_bytes_received));

	return row->info.untold & ~is_0;
}

static void finish_row(struct reading *r)
{
	struct row *row = &r->row;
	struct sock *s;

	if (!row->begun)
		return;
	row->s.is_mini |= row->s.state == TCP_FIN_WAIT2 && row->s.timer == TIMER_TIMEWAIT;
	row->s.held = row->s.inode != 0;
	row->info.known &= row->s.state != TCP_LISTEN; /* which uses its fields for other numbers */
	row->info.untold = untold_of(row);
	r->seen |= row->info.known ? LACKS_INFO : 0;
	r->seen |= row->s.state == TCP_LISTEN ? LACKS_LISTENERS : LACKS_CONNECTIONS;
	r->expected |= expected_of(&row->s, r->seen & LACKS_INODES);
	s = evidence_add(r->ev, &row->s);
	*evidence_add_info(r->ev) = row->info;
	r->seen |= row->users ? LACKS_OWNERS : 0;
	for (const char *at = row->users; at;)
		at = add_owner(r->ev, s, at);
	row->begun = false;
}

static void wrong_line(struct reading *r, const char *why)
{
	if (!r->told->wrong++) {
		r->told->first_wrong = r->line;
		err_set(r->e, "line %zu of the saved ss output: %s", r->line, why);
	}
}

/* Part of it cannot be, so nothing of it is believed. */
static void refuse_row(struct reading *r)
{
	wrong_line(r, "a number is missing or larger than it can be; was the file changed?");
	r->told->rows--;
	r->row.begun = false;
}

/* The names of processes may hold blanks and brackets: they are kept as they are, and end where a word does. */
static void take_details(struct reading *r, char *text)
{
	char *users = strstr(text, "users:(("), *end = users;

	while (end && (end = strstr(end + 1, "))")) && end[2] && end[2] != ' ')
		;
	if (end) {
		r->row.users = users + strlen("users:(");
		take_words(r, end[2] ? end + 3 : end + 2);
		end[1] = 0;
		*users = 0;
	}
	take_words(r, text);
	if (r->row.wrong)
		refuse_row(r);
}

/* The word before the state, if ss was asked for more than TCP, is "tcp". */
static void begin_row(struct reading *r, char *line)
{
	char *words[COLUMNS], *rest = line, *first = line + strspn(line, " \t");
	size_t n = strcspn(first, " \t");

	finish_row(r);
	if (strncmp(first, "State", 5) == 0 || strncmp(first, "Netid", 5) == 0 || is_other_family(first))
		return;
	if ((n == 3 && strncmp(first, "tcp", 3) == 0) || (n == 5 && strncmp(first, "mptcp", 5) == 0)) {
		if (n == 5) /* its subflows stand there as TCP */
			return;
		rest = first + n;
	}
	r->row = (struct row){ .s = { .key = { r->netns, 0 }, .untold = TOLD_BIT(TOLD_DROPS) },
		               .info = { .untold = INFO_EVERY } };
	rest = split(rest, words, COLUMNS);
	if (!rest) {
		wrong_line(r, "a row has a state, two queues, and two addresses; is the file cut off?");
		return;
	}
	if (!parse_row(&r->row.s, words)) {
		wrong_line(
			r,
			"a state, two numbers and two addresses with numeric ports were expected; save it with ss -n");
		return;
	}
	r->row.begun = true;
	r->told->rows++;
	take_details(r, rest);
}

/* --- a table --------------------------------------------------------------------------------------------- */

/* ss -e tells inodes and users: the user only where it is not root. */
static uint8_t untold_by_table(const struct reading *r, const struct sock *s)
{
	if (r->seen & LACKS_INODES)
		return uid_untold(s->inode, s->uid);
	return TOLD_BIT(TOLD_INODE) | uid_untold(false, s->uid);
}

/* And timers, as -o does, where one runs. */
static bool tells_timers(const struct reading *r)
{
	return r->seen & (LACKS_INODES | LACKS_TIMERS);
}

/* What is not told of one may be because it is 0 there, or because ss was not asked: the whole table says which. */
static void finish_table(struct reading *r)
{
	struct evidence *ev = r->ev;
	bool inodes = r->seen & LACKS_INODES;

	for (size_t i = r->first; i < ev->n; i++) {
		struct sock *s = &ev->socks[i];
		struct sock_info *info = &ev->infos[i];

		s->untold |= untold_by_table(r, s);
		s->timer = tells_timers(r) ? s->timer : TIMER_UNKNOWN;
		if (r->sent_is_told && info->sent == SENT_UNKNOWN)
			info->sent = SENT_NEVER; /* which ss leaves out */
		s->held |= s->owner || (!inodes && !s->is_mini);
		if (s->held && !s->owner)
			s->no_owner = NO_OWNER_HIDDEN;
		sock_set_age(s, info);
	}
	r->told->kinds |= r->seen & (LACKS_LISTENERS | LACKS_CONNECTIONS);
	r->told->lacks = (r->told->lacks | (r->expected & ~r->seen)) & ~r->told->kinds;
}

int saved_ss_read(char *text, uint64_t netns, struct evidence *ev, struct saved_ss *told, struct err *e)
{
	struct reading r = { .ev = ev, .told = told, .netns = netns, .first = ev->n, .e = e };
	char *next =
		text + (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0 ? strlen(BYTE_ORDER_MARK) : 0);
	bool cut = *text && text[strlen(text) - 1] != '\n';

	for (char *line = next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		line[strcspn(line, "\r")] = 0;
		r.line++;
		if (isspace((unsigned char)*line) && r.row.begun)
			take_details(&r, line);
		else if (*line && !isspace((unsigned char)*line))
			begin_row(&r, line);
	}
	finish_row(&r);
	finish_table(&r);
	told->lacks |= cut ? LACKS_END : 0;
	return ev->n == r.first && told->wrong ? -1 : 0;
}

/* Without a heading: a state and two numbers, perhaps behind a word for the family. */
static bool is_row(const char *head)
{
	char words[4][16] = { "" };
	enum tcp_state state;
	int n = sscanf(head, "%15s %15s %15s %15s", words[0], words[1], words[2], words[3]);
	size_t at = n == 4 && (streq(words[0], "tcp") || is_other_family(words[0]));

	return n == 4 && (streq(words[at], "UNCONN") || tcp_state_parse(words[at], &state)) &&
	       isdigit((unsigned char)*words[at + 1]) && isdigit((unsigned char)*words[at + 2]);
}

bool saved_ss_is(const char *head)
{
	head += strncmp(head, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0 ? strlen(BYTE_ORDER_MARK) : 0;
	if (strncmp(head, "State", 5) == 0 || strncmp(head, "Netid", 5) == 0)
		return memmem(head, strcspn(head, "\n"), "Recv-Q", 6);
	return is_row(head);
}
