/* SPDX-License-Identifier: MIT
 * Addresses in what people paste, and who listens there: this test itself does. */
#include "words/address.h"
#include "base/tap.h"
#include "script/scenario.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

const struct scenario scenarios[] = { { "none", "" } };
const size_t scenarios_n = 1;

/* --- in a text ------------------------------------------------------------------------------------------------- */

static const struct {
	const char *text, *places; /* as endpoint_format() writes them, a blank behind each */
} rows[] = {
	{ "Error: connect ECONNREFUSED 127.0.0.1:3306", "127.0.0.1:3306 " },
	{ "Error: connect ECONNREFUSED ::1:3306", "[::1]:3306 " },
	{ "dial tcp [::1]:3306: connect: connection refused", "[::1]:3306 " },
	{ "dial tcp 10.0.0.5:443: i/o timeout", "10.0.0.5:443 " },
	{ "read tcp 10.0.0.1:52114->10.0.0.5:443: i/o timeout", "10.0.0.5:443 " },
	{ "read tcp [fd00::1]:52114->[fd00::2]:443: i/o timeout", "[fd00::2]:443 " },
	{ "Failed to connect to 127.0.0.1 port 7000 after 0 ms", "127.0.0.1:7000 " },
	{ "Failed to connect to localhost port 7000 after 0 ms", "127.0.0.1:7000 [::1]:7000 " },
	{ "connect to localhost:80 failed", "127.0.0.1:80 [::1]:80 " },
	{ "connection to server at \"127.0.0.1\", port 5432 failed", "127.0.0.1:5432 " },
	{ "connection to server at \"localhost\" (::1), port 5432 failed", "[::1]:5432 " },
	{ "Connect call failed ('127.0.0.1', 7000)", "127.0.0.1:7000 " },
	{ "HTTPConnectionPool(host='localhost', port=8000): Max retries", "127.0.0.1:8000 [::1]:8000 " },
	{ "Connect to localhost/127.0.0.1:8080 failed", "127.0.0.1:8080 " },
	{ "upstream: \"http://127.0.0.1:9000/x?y\", host: \"a\"", "127.0.0.1:9000 " },
	{ "ssh: connect to host 127.0.0.1 port 22: Connection refused", "127.0.0.1:22 " },
	{ "MySQL server on '127.0.0.1:3307' (111)", "127.0.0.1:3307 " },
	{ "127.0.0.1:80.", "127.0.0.1:80 " },
	{ "127.0.0.1:80 and again 127.0.0.1:80", "127.0.0.1:80 " },
	{ "a:80", "" },
	{ "curl: (7)", "" },
	{ "12:30:05 connect() failed", "" },
	{ "127.0.0.1", "" },
	{ "127.0.0.1:0", "" },
	{ "127.0.0.1:70000", "" },
	{ "127.0.0.1:80x", "" },
	{ "1.2.3:80", "" },
	{ "", "" },
	{ "1.1.1.1:1 1.1.1.1:2 1.1.1.1:3 1.1.1.1:4 1.1.1.1:5", "1.1.1.1:1 1.1.1.1:2 1.1.1.1:3 1.1.1.1:4 " },
};

static void in_texts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct endpoint all[4];
		size_t n = addresses_in(rows[i].text, all, ARRAY_SIZE(all));
		struct buf is = { 0 };

		for (size_t k = 0; k < n; k++) {
			char at[ADDR_TEXT];

			endpoint_format(at, &all[k]);
			buf_addf(&is, "%s ", at);
		}
		same_text(buf_text(&is), rows[i].places, rows[i].text);
		buf_free(&is);
	}
}

/* --- who listens there ----------------------------------------------------------------------------------------- */

/* A listener of that family on loopback, or on all addresses; its port. 0: this machine has not got the family. */
static unsigned listener(int family, bool any, int *fd)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = any ? in6addr_any : in6addr_loopback };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr = { any ? 0 : htonl(INADDR_LOOPBACK) } };
	struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t n = family == AF_INET ? sizeof four : sizeof six;

	*fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, a, n) < 0 || listen(*fd, 5) < 0 || getsockname(*fd, a, &n) < 0)
		return 0;
	return ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
}

static char *said(const char *text)
{
	FILE *kept = stdout;
	char *is = NULL;
	size_t n = 0, to = 0;

	stdout = open_memstream(&is, &n);
	addresses_say(text);
	fclose(stdout);
	stdout = kept;
	for (size_t i = 0; i < n; i++)
		if (!strchr(" \n", is[i]) || (to && is[to - 1] != ' '))
			is[to++] = is[i] == '\n' ? ' ' : is[i];
	is[to] = 0;
	return is;
}

/* `text` and `should` have %u for the port; "ME" is this process. */
static void says(unsigned port, const char *text, const char *should, const char *claim)
{
	char line[200], *is, me[40];
	struct buf b = { 0 };
	const char *at;

	snprintf(me, sizeof me, "address_test[%d]", getpid());
	for (; (at = strpbrk(should, "@#")); should = at + 1) {
		buf_add(&b, should, (size_t)(at - should));
		if (*at == '@')
			buf_puts(&b, me);
		else
			buf_addf(&b, "%u", port);
	}
	buf_puts(&b, should);
	snprintf(line, sizeof line, "%.100s%u", text, port);
	is = said(line);
	if (!ok(strstr(is, buf_text(&b)) == is, "%s", claim))
		printf("# is:     %s\n# should: %s\n", is, buf_text(&b));
	free(is);
	buf_free(&b);
}

static void on_loopback(void)
{
	int fd, client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned port = listener(AF_INET, false, &fd);
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port),
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	says(port, "connect ECONNREFUSED 127.0.0.1:", "here now @ listens on 127.0.0.1:# ", "who listens there");
	says(port, "connect ECONNREFUSED ::1:", "here now nothing listens on [::1]:#; @ listens on 127.0.0.1:# ",
	     "who listens in the other family");
	says(port, "connect to localhost:",
	     "here now @ listens on 127.0.0.1:#; nothing listens on [::1]:#; @ listens on 127.0.0.1:# ",
	     "localhost is both families");
	says(port, "connect to 192.0.2.7:", "here now 192.0.2.7:# is another machine's: lastack list listening",
	     "another machine's address is not looked for here");
	if (connect(client, (struct sockaddr *)&to, sizeof to) == 0)
		says(port, "connect ECONNREFUSED 127.0.0.1:",
		     "here now @ listens on 127.0.0.1:# (1 wait for accept(), backlog 5)", "and how long its queue is");
	close(client);
	close(fd);
	says(port, "connect ECONNREFUSED 127.0.0.1:", "here now nothing listens on 127.0.0.1:# ", "nobody");
}

static void on_all_addresses(void)
{
	int fd, off = 0;
	unsigned port = listener(AF_INET, true, &fd);

	says(port, "127.0.0.1:", "here now @ listens on 0.0.0.0:# ", "on all addresses of IPv4");
	says(port, "::1:", "here now nothing listens on [::1]:#; @ listens on 0.0.0.0:# ", "which are none of IPv6");
	close(fd);
	port = listener(AF_INET6, true, &fd);
	if (!port) {
		tap_skip("this machine has no IPv6");
		return;
	}
	if (getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, &(socklen_t){ sizeof off }) == 0 && !off)
		says(port, "127.0.0.1:", "here now @ listens on [::]:# ", "on all of IPv6, IPv4 too");
	close(fd);
}

int main(void)
{
	in_texts();
	on_loopback();
	on_all_addresses();
	return tap_done();
}
