/* SPDX-License-Identifier: MIT
 * The values of a filter: what stands behind each kind of word, read into the node of the tree. Ports and addresses:
 * filter_end.c. */
#include "model/filter_internal.h"
#include "base/account.h"

#include <ctype.h>
#include <strings.h>
#include <sys/socket.h>

/* --- numbers -------------------------------------------------------------------------------------------- */

struct unit {
	const char *name;
	uint64_t times;
};

static const struct unit plain[] = { { "", 1 } };
static const struct unit counts[] = { { "", 1 }, { "k", 1000 }, { "m", 1000000 } };

#define SECOND UINT64_C(1000000000)
static const struct unit times[] = { { "us", SECOND / 1000000 }, { "ms", SECOND / 1000 }, { "s", SECOND },
	                             { "m", 60 * SECOND },       { "min", 60 * SECOND },  { "h", 3600 * SECOND },
	                             { "d", 86400 * SECOND } };

/* The digits at the front; false if there is none or they are more than 64 bits. */
static bool take_digits(const char **text, uint64_t *n)
{
	const char *begin = *text;

	for (*n = 0; isdigit((unsigned char)**text); (*text)++)
		if (__builtin_mul_overflow(*n, 10, n) || __builtin_add_overflow(*n, **text - '0', n))
			return false;
	return *text > begin;
}

/* ".25" of a unit. */
static uint64_t take_fraction(const char **text, uint64_t unit)
{
	uint64_t sum = 0;

	for ((*text)++; isdigit((unsigned char)**text); (*text)++) {
		unit /= 10;
		sum += unit * (uint64_t)(**text - '0');
	}
	return sum;
}

static const struct unit *unit_of(const char *text, const struct unit *units, size_t n)
{
	const char *name = text + (*text == '.' ? 1 + strspn(text + 1, "0123456789") : 0);

	for (size_t i = 0; i < n; i++)
		if (strcasecmp(name, units[i].name) == 0)
			return &units[i];
	return NULL;
}

/* "64k", "1.5s": exact, and the same in every locale. */
static bool scaled(const char *text, const struct unit *units, size_t n, uint64_t *value)
{
	const struct unit *unit;
	uint64_t whole, fraction = 0;

	if (!take_digits(&text, &whole))
		return false;
	unit = unit_of(text, units, n);
	if (!unit || (*text == '.' && (unit->times == 1 || !isdigit((unsigned char)text[1]))))
		return false;
	if (*text == '.')
		fraction = take_fraction(&text, unit->times);
	return !__builtin_mul_overflow(whole, unit->times, &whole) && !__builtin_add_overflow(whole, fraction, value);
}

bool filter_digits(const char *text, uint64_t *n)
{
	return scaled(text, plain, ARRAY_SIZE(plain), n);
}

static bool number(struct reading *r, const struct value *v, struct filter_node *n)
{
	(void)r;
	return scaled(v->text, counts, ARRAY_SIZE(counts), &n->number);
}

static bool whole(struct reading *r, const struct value *v, struct filter_node *n)
{
	(void)r;
	return filter_digits(v->text, &n->number);
}

static bool span(struct reading *r, const struct value *v, struct filter_node *n)
{
	(void)r;
	return (streq(v->text, "0") || scaled(v->text, times, ARRAY_SIZE(times), &n->number)) && n->number <= INT64_MAX;
}

static bool age(struct reading *r, const struct value *v, struct filter_node *n)
{
	static const struct unit seconds[] = { { "", SECOND } };

	return (scaled(v->text, seconds, 1, &n->number) && n->number <= INT64_MAX) || span(r, v, n);
}

/* --- names ----------------------------------------------------------------------------------------------- */

static struct slice slice_of(const struct value *v)
{
	return (struct slice){ v->text, strlen(v->text) };
}

/* The kernel keeps 15 bytes of a name: of a longer one that is given whole, no more is compared. */
static bool name(struct reading *r, const struct value *v, struct filter_node *n)
{
	size_t len = strlen(v->text);

	n->plain = v->quoted || !strpbrk(v->text, "*?[\\");
	if (n->plain && len > COMM_BYTES)
		len = COMM_BYTES;
	if (len >= sizeof n->name)
		return filter_refuse(r, v->at,
		                     "a pattern for a name has at most %d bytes, as the kernel keeps %d of a name; "
		                     "shorten it with *",
		                     NAME_BYTES - 1, COMM_BYTES);
	memcpy(n->name, v->text, len);
	n->name[len] = 0;
	return true;
}

/* 'owner none' is as NO_OWNER_REASONS, 'owner any' its opposite; what is no reason is a name. */
static bool owner(struct reading *r, const struct value *v, struct filter_node *n)
{
	struct slice s = slice_of(v);

	n->number = NO_OWNER_REASONS;
	if (!v->quoted && filter_same(s, "any"))
		n->inverted = !n->inverted;
	if (!v->quoted && (filter_same(s, "none") || filter_same(s, "any")))
		return true;
	for (unsigned i = NO_OWNER_UNKNOWN + 1; i < NO_OWNER_REASONS && !v->quoted; i++)
		if (filter_same(s, no_owner_info((enum no_owner)i)->word))
			n->number = i;
	if (n->number != NO_OWNER_REASONS)
		return true;
	n->word = FILTER_COMM;
	return name(r, v, n);
}

static bool user(struct reading *r, const struct value *v, struct filter_node *n)
{
	char shown[SHOWN_BYTES];
	uint32_t uid;

	if (filter_digits(v->text, &n->number))
		return n->number <= UINT32_MAX;
	if (!account_number(v->text, &uid))
		return filter_refuse(
			r, v->at,
			"there is no user '%s' on this machine; 'uid' takes a name of /etc/passwd or a number",
			filter_shown(shown, slice_of(v)));
	n->number = uid;
	return true;
}

static bool timer(struct reading *r, const struct value *v, struct filter_node *n)
{
	(void)r;
	for (int t = 0; t < TIMERS; t++) {
		if (!filter_same(slice_of(v), sock_timer_name((enum sock_timer)t)))
			continue;
		n->number = (uint64_t)t;
		return true;
	}
	return false;
}

static bool family(struct reading *r, const struct value *v, struct filter_node *n)
{
	static const struct {
		const char *name;
		int family;
	} names[] = { { "inet", AF_INET },   { "ipv4", AF_INET },  { "v4", AF_INET },  { "4", AF_INET },
		      { "inet6", AF_INET6 }, { "ipv6", AF_INET6 }, { "v6", AF_INET6 }, { "6", AF_INET6 } };

	(void)r;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!filter_same(slice_of(v), names[i].name))
			continue;
		n->number = (uint64_t)names[i].family;
		return true;
	}
	return false;
}

/* A name for one of the functions of struct filter_names. */
static bool looked_up(struct reading *r, const struct value *v, bool (*find)(void *ctx, const char *name, uint64_t *id),
                      const char *what, struct filter_node *n)
{
	char shown[SHOWN_BYTES];

	filter_shown(shown, slice_of(v));
	if (!find)
		return filter_refuse(r, v->at, "no %s can be looked up by the name '%s' here; give its number", what,
		                     shown);
	if (find(r->names->ctx, v->text, &n->number))
		return true;
	return filter_refuse(r, v->at, "there is no %s '%s', or it may not be looked at; its number is taken as well",
	                     what, shown);
}

/* Process numbers end at PID_MAX_LIMIT of the kernel; inode numbers of namespaces begin far above
 * (PROC_DYNAMIC_FIRST). */
static bool netns(struct reading *r, const struct value *v, struct filter_node *n)
{
	bool (*find)(void *, const char *, uint64_t *) = r->names ? r->names->netns : NULL;

	if (filter_digits(v->text, &n->number) && (!find || n->number > 4194304))
		return true;
	return looked_up(r, v, find, "network namespace", n);
}

static bool cgroup(struct reading *r, const struct value *v, struct filter_node *n)
{
	return filter_digits(v->text, &n->number) ||
	       looked_up(r, v, r->names ? r->names->cgroup : NULL, "control group", n);
}

/* --- the kinds ------------------------------------------------------------------------------------------- */

#define A_PORT "a port up to 65535 (80, http), a range (8000-8100) or a list (80,443)"
#define A_TIME "a time with its unit (500us, 100ms, 1.5s, 5m, 2h, 3d)"

static const struct filter_kind kind_nothing = { .wanted = "" };
static const struct filter_kind kind_states = {
	.wanted = "a state (close-wait), a group (connected) or a list (close-wait,last-ack)", .ops = OPS_SAME
};
static const struct filter_kind kind_ports = { filter_read_ports, A_PORT, OPS_PORT, true };
static const struct filter_kind kind_listener = { filter_read_ports, A_PORT, OPS_SAME, true };
static const struct filter_kind kind_ends = { filter_read_end,
	                                      "an address in numbers: 10.0.0.1, 10.0.0.0/8:443, [::1]:80, :80 or *",
	                                      OPS_SAME, true };
static const struct filter_kind kind_family = { family, "inet or inet6", OPS_SAME, false };
static const struct filter_kind kind_pid = { whole, "the number of a process", OPS_SAME, false };
static const struct filter_kind kind_fd = { whole, "the number of a descriptor", OPS_SAME, false };
static const struct filter_kind kind_name = { name, "the name of a process; one with blanks or brackets is quoted",
	                                      OPS_SAME, false };
static const struct filter_kind kind_owner = { owner, "none, any, a reason (not-accepted) or the name of a process",
	                                       OPS_SAME, false };
static const struct filter_kind kind_user = { user, "a user: a name or a number", OPS_NUMBER, false };
static const struct filter_kind kind_number = { number, "a number; 64k and 2m are 64000 and 2000000", OPS_NUMBER,
	                                        false };
static const struct filter_kind kind_time = { span, A_TIME, OPS_NUMBER, false };
static const struct filter_kind kind_age = { age, A_TIME " or a number of seconds", OPS_NONE, false };
static const struct filter_kind kind_timer = { timer, "off, on, keepalive, timewait, persist or delack", OPS_SAME,
	                                       false };
static const struct filter_kind kind_netns = { netns, "a network namespace: its number, a name, a path or a process",
	                                       OPS_SAME, false };
static const struct filter_kind kind_cgroup = { cgroup, "a control group: its path or its number", OPS_SAME, false };

static const struct filter_kind *const kinds[] = {
#define FILTER_WORD(id, word, aliases, kind, test, wants, arg, help, example) &kind_##kind,
#include "model/filter.def"
#undef FILTER_WORD
};

const struct filter_kind *filter_kind(enum filter_word_id word)
{
	return kinds[word];
}
