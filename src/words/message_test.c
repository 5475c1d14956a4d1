/* SPDX-License-Identifier: MIT
 * What people paste finds the text that is meant. The first table was made: each line is what a program printed when it
 * met a server that refuses, resets, closes without an answer or in its midst, never answers, speaks something else, or
 * has a full accept queue (python3 3.11, node 20, java 17, curl 7.88, wget, perl 5.36, psql 15, openssl 3.0, ruby 3.1,
 * php 8.2, mariadb 10.11, redis-cli 7.0, nginx 1.22, ssh, git, nc, ncat). The second was collected from reports. */
#include "words/message.h"
#include "base/tap.h"
#include "script/scenario.h"
#include "words/words.h"

#include <stdio.h>
#include <stdlib.h>

const struct scenario scenarios[] = { { "none", "" } };
const size_t scenarios_n = 1;

struct pasted {
	const char *text;
	const char *begins; /* what is said begins so */
	const char *error;  /* and has this error in it; "": none */
};

static const struct pasted made[] = {
	/* refused */
	{ "curl: (7) Failed to connect to 127.0.0.1 port 7000 after 0 ms: Couldn't connect to server",
	  "\"Couldn't connect to server\", a message of curl (7)", "ECONNREFUSED (111" },
	{ "Connecting to 127.0.0.1:7000... failed: Connection refused.", "ECONNREFUSED", "" },
	{ "urllib.error.URLError: <urlopen error [Errno 111] Connection refused>", "ECONNREFUSED", "" },
	{ "ConnectionRefusedError: [Errno 111] Connection refused", "\"ConnectionRefusedError\", a message of Python",
	  "ECONNREFUSED (111" },
	{ "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 7000)", "\"ConnectionRefusedError\"",
	  "ECONNREFUSED (111" },
	{ "Error: connect ECONNREFUSED 127.0.0.1:7000", "ECONNREFUSED", "" },
	{ "TypeError: fetch failed | cause: Error: connect ECONNREFUSED 127.0.0.1:7000 ECONNREFUSED",
	  "\"TypeError: fetch failed\"", "ECONNREFUSED (111" },
	{ "connect: IO::Socket::INET: connect: Connection refused", "ECONNREFUSED", "" },
	{ "psql: error: connection to server at \"127.0.0.1\", port 7000 failed: Connection refused\n\tIs the server "
	  "running on that host and accepting TCP/IP connections?",
	  "ECONNREFUSED", "" },
	{ "806B4C2B9A7F0000:error:8000006F:system library:BIO_connect:Connection "
	  "refused:../crypto/bio/bio_sock2.c:117:calling connect()",
	  "ECONNREFUSED", "" },
	{ "connect:errno=111", "\"connect:errno=\", a message of OpenSSL", "ECONNREFUSED (111" },
	{ "ERROR 2002 (HY000): Can't connect to server on '127.0.0.1' (115)",
	  "\"Can't connect to server on\", a message of MySQL", "" },
	{ "Could not connect to Redis at 127.0.0.1:7000: Connection refused",
	  "\"Could not connect to Redis\", a message of Redis", "ECONNREFUSED (111" },
	{ "Warning: fsockopen(): Unable to connect to 127.0.0.1:7000 (Connection refused) in Command line code",
	  "ECONNREFUSED", "" },
	{ "Failed to open TCP connection to 127.0.0.1:7000 (Connection refused - connect(2) for 127.0.0.1:7000)",
	  "ECONNREFUSED", "" },
	{ "ssh: connect to host 127.0.0.1 port 7000: Connection refused", "ECONNREFUSED", "" },
	{ "nc: connect to 127.0.0.1 port 7000 (tcp) failed: Connection refused", "ECONNREFUSED", "" },
	{ "Ncat: Connection refused.", "ECONNREFUSED", "" },
	{ "bash: line 1: /dev/tcp/127.0.0.1/7000: Connection refused", "ECONNREFUSED", "" },
	{ "java.net.ConnectException: Connection refused", "ECONNREFUSED", "" },
	{ "2026/11/30 15:17:40 [error] 28#28: *1 connect() failed (111: Connection refused) while connecting to "
	  "upstream, client: 127.0.0.1, server: , request: \"GET / HTTP/1.1\", upstream: \"http://127.0.0.1:7000/\"",
	  "\"while connecting to upstream\", a message of nginx", "ECONNREFUSED (111" },
	/* reset */
	{ "curl: (56) Recv failure: Connection reset by peer", "ECONNRESET", "" },
	{ "HTTP request sent, awaiting response... Read error (Connection reset by peer) in headers.", "ECONNRESET",
	  "" },
	{ "ConnectionResetError: [Errno 104] Connection reset by peer", "\"ConnectionResetError\"", "ECONNRESET (104" },
	{ "Error: read ECONNRESET", "ECONNRESET", "" },
	{ "java.net.SocketException: Connection reset", "\"SocketException: Connection reset\", a message of Java",
	  "ECONNRESET (104" },
	{ "java.io.IOException: HTTP/1.1 header parser received no bytes", "\"header parser received no bytes\"", "" },
	{ "write:errno=104", "\"write:errno=\"", "ECONNRESET (104" },
	{ "kex_exchange_identification: read: Connection reset by peer", "\"kex_exchange_identification\"",
	  "ECONNRESET (104" },
	{ "ERROR 2013 (HY000): Lost connection to server at 'handshake: reading initial communication packet', system "
	  "error: 104",
	  "\"Lost connection to server\", a message of MySQL", "ECONNRESET (104" },
	{ "2026/11/30 15:17:48 [error] 28#28: *23 recv() failed (104: Connection reset by peer) while reading response "
	  "header from upstream, client: 127.0.0.1, upstream: \"fastcgi://127.0.0.1:7002\"",
	  "\"while reading response header from upstream\"", "ECONNRESET (104" },
	{ "2026/11/30 15:17:45 [error] 28#28: *15 readv() failed (104: Connection reset by peer) while reading "
	  "upstream",
	  "ECONNRESET", "" },
	/* closed without an answer */
	{ "curl: (52) Empty reply from server", "\"Empty reply from server\"", "" },
	{ "HTTP request sent, awaiting response... No data received.", "\"No data received.\"", "" },
	{ "http.client.RemoteDisconnected: Remote end closed connection without response",
	  "\"Remote end closed connection without response\", a message of Python", "ECONNRESET (104" },
	{ "Error: socket hang up ECONNRESET", "\"socket hang up\", a message of Node", "ECONNRESET (104" },
	{ "TypeError: fetch failed | cause: SocketError: other side closed UND_ERR_SOCKET",
	  "\"other side closed\", a message of Node", "ECONNRESET (104" },
	{ "java.net.SocketException: Unexpected end of file from server", "\"Unexpected end of file from server\"",
	  "" },
	{ "psql: error: connection to server at \"127.0.0.1\", port 7003 failed: server closed the connection "
	  "unexpectedly",
	  "\"server closed the connection unexpectedly\", a message of PostgreSQL", "ECONNRESET (104" },
	{ "EOFError end of file reached", "\"end of file reached\", a message of Ruby", "" },
	{ "40B7:error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading:../ssl/record/rec_layer_s3.c:318:",
	  "\"unexpected eof while reading\"", "" },
	{ "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to 127.0.0.1:7003 ", "\"SSL_ERROR_SYSCALL\"",
	  "" },
	{ "Error: Server closed the connection", "\"Error: Server closed the connection\", a message of Redis", "" },
	{ "BrokenPipeError: [Errno 32] Broken pipe", "\"BrokenPipeError\"", "EPIPE (32" },
	{ "java.net.SocketException: Broken pipe", "\"SocketException: Broken pipe\"", "EPIPE (32" },
	{ "asyncio.exceptions.IncompleteReadError: 0 bytes read on a total of 10 expected bytes",
	  "\"IncompleteReadError\"", "" },
	/* in the midst of the answer */
	{ "curl: (18) transfer closed with 95 bytes remaining to read", "\"transfer closed with\"", "" },
	{ "2026-11-30 15:15:06 (513 KB/s) - Connection closed at byte 5. Giving up.", "\"Connection closed at byte\"",
	  "" },
	{ "http.client.IncompleteRead: IncompleteRead(5 bytes read, 95 more expected)", "\"IncompleteRead(\"", "" },
	{ "TypeError: terminated | cause: SocketError: other side closed UND_ERR_SOCKET", "\"other side closed\"",
	  "ECONNRESET (104" },
	{ "java.io.IOException: fixed content-length: 100, bytes received: 5", "\"fixed content-length: \"", "" },
	{ "2026/11/30 15:17:44 [error] 28#28: *13 upstream prematurely closed connection while reading upstream",
	  "\"upstream prematurely closed connection\", a message of nginx", "" },
	/* no answer */
	{ "curl: (28) Operation timed out after 3009 milliseconds with 0 bytes received",
	  "\"Operation timed out after\"", "ETIMEDOUT (110" },
	{ "TimeoutError: timed out", "\"TimeoutError: timed out\"", "ETIMEDOUT (110" },
	{ "TimeoutError: The operation was aborted due to timeout", "\"The operation was aborted due to timeout\"",
	  "" },
	{ "java.net.SocketTimeoutException: Read timed out", "\"SocketTimeoutException: Read timed out\"", "" },
	{ "java.net.http.HttpTimeoutException: request timed out", "\"HttpTimeoutException: request timed out\"", "" },
	{ "psql: error: connection to server at \"127.0.0.1\", port 7005 failed: timeout expired",
	  "\": timeout expired\"", "ETIMEDOUT (110" },
	{ "Net::ReadTimeout with #<Socket:(closed)>", "\"Net::ReadTimeout\"", "" },
	{ "Connection timed out during banner exchange", "\"during banner exchange\"", "ETIMEDOUT (110" },
	{ "fatal: unable to access 'http://127.0.0.1:7005/x/': Operation too slow. Less than 1 bytes/sec transferred",
	  "\"Operation too slow\"", "" },
	{ "2026/11/30 15:17:44 [error] 28#28: *11 upstream timed out (110: Connection timed out) while reading "
	  "response "
	  "header from upstream",
	  "\"upstream timed out\", a message of nginx", "ETIMEDOUT (110" },
	{ "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too",
	  "\"client prematurely closed connection\"", "" },
	/* a full accept queue */
	{ "curl: (28) Connection timed out after 3002 milliseconds", "\"Connection timed out after\"",
	  "ETIMEDOUT (110" },
	{ "java.net.SocketTimeoutException: Connect timed out", "\"SocketTimeoutException: Connect timed out\"",
	  "ETIMEDOUT (110" },
	{ "java.net.http.HttpConnectTimeoutException: HTTP connect timed out", "\"HTTP connect timed out\"",
	  "ETIMEDOUT (110" },
	{ "urllib.error.URLError: <urlopen error timed out>", "\"urlopen error timed out\"", "ETIMEDOUT (110" },
	{ "Failed to open TCP connection to 127.0.0.1:7009 (Connection timed out - user specified timeout)",
	  "ETIMEDOUT", "" },
	{ "Net::OpenTimeout", "\"Net::OpenTimeout\"", "ETIMEDOUT (110" },
	{ "nc: connect to 127.0.0.1 port 7009 (tcp) timed out: Operation now in progress",
	  "\"timed out: Operation now in progress\"", "ETIMEDOUT (110" },
	{ "Ncat: TIMEOUT.", "\"Ncat: TIMEOUT.\"", "ETIMEDOUT (110" },
	/* another protocol */
	{ "curl: (1) Received HTTP/0.9 when not allowed", "\"Received HTTP/0.9 when not allowed\"", "" },
	{ "http.client.BadStatusLine: hello, this is no protocol", "\"BadStatusLine\"", "" },
	{ "Error: Parse Error: Expected HTTP/, RTSP/ or ICE/ HPE_INVALID_CONSTANT", "\"Parse Error: Expected HTTP/\"",
	  "" },
	{ "java.net.ProtocolException: Invalid status line: \"hello\"", "\"Invalid status line\"", "" },
	{ "wrong status line: \"hello, this is no protocol\"", "\"wrong status line\"", "" },
	{ "Error: Protocol error, got \"h\" as reply type byte", "\"Protocol error, got\"", "" },
	{ "curl: (35) OpenSSL/3.0.22: error:0A00010B:SSL routines::wrong version number", "\"wrong version number\"",
	  "" },
	{ "received invalid response to SSL negotiation: H", "\"received invalid response to SSL negotiation\"", "" },
	{ "upstream sent no valid HTTP/1.0 header while reading response header from upstream",
	  "\"sent no valid HTTP/1.0 header\"", "" },
	/* a port that is held */
	{ "nginx: [emerg] bind() to 127.0.0.1:8000 failed (98: Address already in use)", "EADDRINUSE", "" },
	{ "Error: listen EADDRINUSE: address already in use 127.0.0.1:7005", "EADDRINUSE", "" },
	{ "OSError: [Errno 98] Address already in use", "EADDRINUSE", "" },
	{ "java.net.BindException: Address already in use", "EADDRINUSE", "" },
	{ "java.net.SocketException: Socket is closed", "\"Socket is closed\"", "EBADF (9" },
};

static const struct pasted reported[] = {
	{ "dial tcp 10.0.0.5:443: i/o timeout", "\"i/o timeout\", a message of Go", "ETIMEDOUT (110" },
	{ "i/o timeout", "\"i/o timeout\"", "ETIMEDOUT (110" },
	{ "read tcp 10.0.0.1:52114->10.0.0.5:443: read: connection reset by peer", "ECONNRESET", "" },
	{ "Get \"http://10.0.0.5/\": EOF", "\"\": EOF\", a message of Go", "" },
	{ "http: server closed idle connection", "\"server closed idle connection\"", "ECONNRESET (104" },
	{ "accept tcp [::]:8080: use of closed network connection", "\"use of closed network connection\"",
	  "EBADF (9" },
	{ "context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "\"context deadline exceeded\"",
	  "" },
	{ "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
	  "\"Remote end closed connection without response\"", "ECONNRESET (104" },
	{ "HTTPConnectionPool(host='localhost', port=8000): Max retries exceeded with url: / (Caused by "
	  "NewConnectionError('<urllib3.connection.HTTPConnection object>: Failed to establish a new connection: "
	  "[Errno "
	  "111] Connection refused'))",
	  "\"Max retries exceeded with url\"", "ECONNREFUSED (111" },
	{ "[CRITICAL] WORKER TIMEOUT (pid:77)", "\"WORKER TIMEOUT\", a message of gunicorn", "" },
	{ "uwsgi: *** uWSGI listen queue of socket \":8000\" (fd: 3) full !!! (101/100) ***",
	  "\"listen queue of socket\"", "" },
	{ "System.Net.Sockets.SocketException (10054): An existing connection was forcibly closed by the remote host.",
	  "\"forcibly closed by the remote host\", a message of .NET", "ECONNRESET (104" },
	{ "No connection could be made because the target machine actively refused it. (localhost:5000)",
	  "\"actively refused it\"", "ECONNREFUSED (111" },
	{ "The response ended prematurely.", "\"The response ended prematurely\"", "" },
	{ "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
	  "\"Connection is not available, request timed out after\"", "" },
	{ "org.apache.http.NoHttpResponseException: example.org:443 failed to respond", "\"NoHttpResponseException\"",
	  "ECONNRESET (104" },
	{ "Communications link failure. The last packet sent successfully to the server was 0 milliseconds ago.",
	  "\"Communications link failure\"", "ECONNRESET (104" },
	{ "Error: Connection lost: The server closed the connection.",
	  "\"Connection lost: The server closed the connection\"", "" },
	{ "ERROR 2006 (HY000): MySQL server has gone away", "\"server has gone away\"", "" },
	{ "FATAL: sorry, too many clients already", "\"sorry, too many clients already\"", "" },
	{ "no live upstreams while connecting to upstream", "\"no live upstreams\"", "" },
	{ "localhost haproxy[9]: 10.0.0.1:5 [x] fe be/s1 0/0/-1/-1/3001 503 217 - - sC-- 1/1/0/0/0 0/0",
	  "\"sC--\", a message of haproxy timeout connect", "ETIMEDOUT (110" },
	{ "localhost haproxy[9]: 10.0.0.1:5 [x] fe be/s1 0/0/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0",
	  "\"SC--\", a message of haproxy the server refused", "ECONNREFUSED (111" },
	{ "Server be/s1 is DOWN, reason: Layer4 connection problem, info: \"Connection refused\"",
	  "\"Layer4 connection problem\"", "ECONNREFUSED (111" },
	{ "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
	  "\"upstream connect error or disconnect/reset before headers\"", "ECONNRESET (104" },
	{ "502 Bad Gateway", "\"502 Bad Gateway\"", "" },
	{ "getaddrinfo ENOTFOUND db.internal", "\"getaddrinfo ENOTFOUND\"", "" },
	{ "Caused by: java.net.ConnectException: Connection timed out (Connection timed out)", "ETIMEDOUT", "" },
	{ "thread 'main' panicked at Os { code: 104, kind: ConnectionReset, message: \"Connection reset by peer\" }",
	  "ECONNRESET", "" },
	{ "Error: Connection refused (os error 111)", "ECONNREFUSED", "" },
	{ "EADDRNOTAVAIL: Cannot assign requested address", "EADDRNOTAVAIL", "" },
};

/* What is printed of it, each run of blanks as one; for free(). */
static char *explained(const char *text)
{
	FILE *kept = stdout;
	char *is = NULL;
	size_t n = 0, to = 0;
	bool known;

	stdout = open_memstream(&is, &n);
	known = words_explain(text, true);
	fclose(stdout);
	stdout = kept;
	for (size_t i = 0; i < n; i++)
		if (!strchr(" \n", is[i]) || (to && is[to - 1] != ' '))
			is[to++] = is[i] == '\n' ? ' ' : is[i];
	is[known ? to : 0] = 0;
	return is;
}

static void finds(const struct pasted *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *is = explained(rows[i].text);

		if (!ok(strncmp(is, rows[i].begins, strlen(rows[i].begins)) == 0 && strstr(is, rows[i].error),
		        "%.60s: %s %s", rows[i].text, rows[i].begins, rows[i].error))
			printf("# is: %.300s\n", is);
		if (strncmp(rows[i].begins, "\"", 1) == 0 && !*rows[i].error)
			ok(!strstr(is, "the error behind it"), "and no error is made up");
		free(is);
	}
}

static void finds_itself(void *ctx, const char *text, const char *sentence)
{
	char *is = explained(text);

	(void)ctx;
	if (!ok(*is == '"' && strncmp(is + 1, text, strlen(text)) == 0 && strstr(is, sentence),
	        "%s: is found as itself", text))
		printf("# is: %.200s\n", is);
	free(is);
}

int main(void)
{
	finds(made, ARRAY_SIZE(made));
	finds(reported, ARRAY_SIZE(reported));
	messages_each(finds_itself, NULL);
	return tap_done();
}
