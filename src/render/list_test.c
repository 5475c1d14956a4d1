/* SPDX-License-Identifier: MIT
 * Tables of sockets as text, CSV, JSON and groups; hostile names; order. From a table made by hand. */
#include "base/tap.h"
#include "render/list.h"
#include "render/order.h"
#include "render/pieces.h"

#include <netinet/in.h>
#include <stdlib.h>

static const struct column_names numbers = { .ctx = NULL };
static const struct cell_style plain = { .names = &numbers }, verbose = { .names = &numbers, .all_owners = true };

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint e = { .port = port };

	addr_parse(address, &e.addr);
	return e;
}

/* A listener of two processes, its connection with a hostile owner, one that waits for accept, a TIME_WAIT. */
static void add_socks(struct evidence *ev)
{
	struct sock socks[] = {
		{ .key = { 4026531840, 11 },
		  .state = TCP_ESTABLISHED,
		  .local = at("10.0.0.1", 8080),
		  .remote = at("10.0.0.2", 40001),
		  .rq = 5,
		  .wq = 7,
		  .held = true,
		  .age = { 3000000000 },
		  .age_is = AGE_AT_LEAST },
		{ .key = { 4026531840, 12 },
		  .state = TCP_LISTEN,
		  .local = at("0.0.0.0", 8080),
		  .remote = at("0.0.0.0", 0),
		  .rq = 1,
		  .wq = 5,
		  .held = true },
		{ .key = { 4026531840, 13 },
		  .state = TCP_CLOSE_WAIT,
		  .local = at("10.0.0.1", 8080),
		  .remote = at("10.0.0.2", 40002),
		  .rq = 1,
		  .no_owner = NO_OWNER_NOT_ACCEPTED,
		  .listener = 2,
		  .age = { 9000000000 },
		  .age_is = AGE_EXACT },
		{ .key = { 4026531840, 0 },
		  .state = TCP_TIME_WAIT,
		  .local = at("fd00::1", 40003),
		  .remote = at("fd00::2", 443),
		  .is_mini = true,
		  .no_owner = NO_OWNER_TIME_WAIT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		evidence_add(ev, &socks[i]);
}

static void fill(struct evidence *ev)
{
	uint32_t nginx, worker, evil;

	add_socks(ev);
	nginx = evidence_add_holder(ev, &(struct holder){ 77, 77, "nginx" });
	worker = evidence_add_holder(ev, &(struct holder){ 78, 79, "worker" });
	evil = evidence_add_holder(ev, &(struct holder){ 80, 80, "a\x1b[31m\"b,c" });
	evidence_add_owner(ev, &ev->socks[1], worker, 3);
	evidence_add_owner(ev, &ev->socks[1], nginx, 9);
	evidence_add_owner(ev, &ev->socks[1], nginx, 6);
	evidence_add_owner(ev, &ev->socks[0], evil, 4);
}

static struct listing listing_of(const struct evidence *ev, struct sort_key *rows, const struct columns *cs,
                                 const struct cell_style *style)
{
	for (uint32_t i = 0; i < ev->n; i++)
		rows[i] = (struct sort_key){ .index = i };
	return (struct listing){ .ev = ev,
		                 .rows = rows,
		                 .n = ev->n,
		                 .columns = cs,
		                 .style = style,
		                 .titles = true,
		                 .want = WANT_OWNERS | WANT_AGE };
}

static char *written(void (*print)(FILE *out, const struct listing *l), const struct listing *l)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	print(out, l);
	fclose(out);
	return text;
}

static void shows(void (*print)(FILE *out, const struct listing *l), const struct listing *l, const char *should,
                  const char *what)
{
	char *text = written(print, l);

	same_text(text, should, what);
	free(text);
}

static void usual_table(const struct evidence *ev)
{
	struct sort_key rows[4];
	struct columns cs = { .n = 0 };
	struct sorting usual = { .n = 0 };
	struct listing l;
	struct err e;

	columns_parse(&cs, "state,age,recvq,sendq,local,peer,owner", &e);
	l = listing_of(ev, rows, &cs, &plain);
	rows_order(rows, ev->n, ev, &usual, &plain);
	shows(list_text, &l,
	      "State            Age Recv-Q Send-Q Local           Peer           Owner\n"
	      "LISTEN                    1      5 0.0.0.0:8080    0.0.0.0:*      nginx[77] +1\n"
	      "ESTABLISHED >=3.00 s      5      7 10.0.0.1:8080   10.0.0.2:40001 a\\x1b[31m\"b,c[80]\n"
	      "CLOSE_WAIT    9.00 s      1      0 10.0.0.1:8080   10.0.0.2:40002 not accepted (nginx[77] +1)\n"
	      "TIME_WAIT                 0      0 [fd00::1]:40003 [fd00::2]:443  TIME_WAIT\n",
	      "listeners first, reasons, a hostile name escaped");
}

static void owners_table(const struct evidence *ev)
{
	struct sort_key rows[4];
	struct columns cs = { .n = 0 };
	struct listing l;
	struct err e;

	columns_parse(&cs, "state,fd,owner", &e);
	l = listing_of(ev, rows, &cs, &verbose);
	l.n = 2;
	l.width = 24;
	shows(list_text, &l,
	      "State       FD    Owner\n"
	      "ESTABLISHED 4\n      a\\x1b[31m\"b,c[80]\n"
	      "LISTEN      6,9,3\n      nginx[77], worker[78/79]\n",
	      "every owner; what is wider than the terminal goes on below");
	shows(list_csv, &l,
	      "state,fd,owner\r\nESTABLISHED,4,\"a\\x1b[31m\"\"b,c[80]\"\r\nLISTEN,\"6,9,3\",\"nginx[77], "
	      "worker[78/79]\"\r\n",
	      "CSV, quoted");
}

static void figures_table(const struct evidence *ev)
{
	struct sort_key rows[4];
	struct columns cs = { .n = 0 };
	struct listing l;
	struct err e;

	columns_parse(&cs, "recvq,age,timer", &e);
	l = listing_of(ev, rows, &cs, &verbose);
	l.n = 2;
	shows(list_csv, &l, "recvq,age,age-is,timer,timer-left\r\n5,3.000000,at-least,,\r\n1,,,,\r\n",
	      "CSV: times are seconds, and say alone how well they are known");
	l.n = 1;
	shows(list_json, &l,
	      "{\"sock\":\"11\",\"netns\":\"4026531840\",\"state\":\"ESTABLISHED\",\"local\":\"10.0.0.1:8080\","
	      "\"remote\":\"10.0.0.2:40001\","
	      "\"rq\":5,\"sq\":7,\"age_ns\":3000000000,\"age_is\":\"at-least\",\"owners\":[{\"pid\":80,\"comm\":"
	      "\"a\\u001b[31m\\\"b,c\",\"fd\":4}]}\n",
	      "JSON");
}

static void words(const struct evidence *ev)
{
	static const char *const should[] = { "5 bytes not read, 7 bytes not acknowledged",
		                              "1 wait for accept(), backlog 5", "the FIN not read", "" };

	for (size_t i = 0; i < ev->n; i++) {
		struct buf b = { 0 };

		cell_add(&b, COL_QUEUES, ev, i, &plain);
		same_text(buf_text(&b), should[i], "the queues in words");
		buf_free(&b);
	}
}

static void group_by_state(FILE *out, const struct listing *l)
{
	list_groups(out, l, GROUP_STATE, false);
}
static void group_by_listener(FILE *out, const struct listing *l)
{
	list_groups(out, l, GROUP_LISTENER, false);
}

static void group_by_program(FILE *out, const struct listing *l)
{
	list_groups(out, l, GROUP_PROGRAM, false);
}

/* Postgres has a process for each client. */
static void programs(void)
{
	struct evidence ev = { 0 };
	struct sort_key rows[4];
	struct columns cs = { .n = 0 };
	struct listing l;

	for (pid_t pid = 10; pid < 13; pid++)
		evidence_add_owner(&ev, evidence_add(&ev, &(struct sock){ .state = TCP_ESTABLISHED }),
		                   evidence_add_holder(&ev, &(struct holder){ pid, pid, "postgres" }), 5);
	evidence_add(&ev, &(struct sock){ .state = TCP_FIN_WAIT2, .no_owner = NO_OWNER_ORPHAN });
	l = listing_of(&ev, rows, &cs, &plain);
	shows(group_by_program, &l,
	      " Sockets     Oldest  Program   States\n"
	      "       3             postgres  3 ESTABLISHED\n"
	      "       1             orphan    1 FIN_WAIT2\n",
	      "by program, whatever its processes are");
	evidence_free(&ev);
}

static void groups(const struct evidence *ev)
{
	struct sort_key rows[4];
	struct columns cs = { .n = 0 };
	struct listing l = listing_of(ev, rows, &cs, &plain);

	shows(group_by_listener, &l,
	      " Sockets     Oldest  Listener        States\n"
	      "       2   >=9.00 s  0.0.0.0:8080    1 LISTEN, 1 CLOSE_WAIT\n"
	      "       2   >=3.00 s  waits for none  1 ESTABLISHED, 1 TIME_WAIT\n",
	      "by listener, with the oldest");
	l.n = 2;
	shows(group_by_state, &l,
	      " Sockets     Oldest  State\n"
	      "       1   >=3.00 s  ESTABLISHED\n"
	      "       1             LISTEN\n",
	      "by state");
}

static void ordered(const struct evidence *ev, const char *by, const char *should)
{
	struct sort_key rows[4];
	struct columns cs = { .n = 0 };
	struct sorting s;
	struct err e;
	char is[8] = "";

	listing_of(ev, rows, &cs, &plain);
	ok(sorting_parse(&s, by, &e) == 0, "an order is read");
	rows_order(rows, ev->n, ev, &s, &plain);
	for (size_t i = 0; i < ev->n; i++)
		is[i] = (char)('0' + rows[i].index);
	same_text(is, should, by);
}

static void add_number(struct buf *out, const void *ctx, size_t row)
{
	(void)ctx;
	buf_number(out, row);
	buf_add(out, "\n", 1);
}

/* More than the pieces that are made at once. */
enum { MANY = 300001 };

static void many_rows(void)
{
	char *text = NULL, *at;
	size_t size = 0, row = 0;
	FILE *out = open_memstream(&text, &size);

	print_rows(out, MANY, add_number, NULL);
	fclose(out);
	for (at = text; row < MANY && strtoul(at, &at, 10) == row && *at == '\n'; at++)
		row++;
	ok(row == MANY && !*at, "rows of many threads: each once, in order");
	free(text);
}

int main(void)
{
	struct evidence ev = { 0 };

	fill(&ev);
	usual_table(&ev);
	owners_table(&ev);
	figures_table(&ev);
	words(&ev);
	groups(&ev);
	programs();
	ordered(&ev, "-recvq", "0123");
	ordered(&ev, "recvq,-sendq", "3120");
	ordered(&ev, "peer", "1023");
	ordered(&ev, "-age", "2013");
	ordered(&ev, "owner", "3012");
	many_rows();
	evidence_free(&ev);
	return tap_done();
}
