/* SPDX-License-Identifier: MIT
 * What any bytes become in XML. */
#include "base/tap.h"
#include "session/junit.h"

#include <stdlib.h>

static void becomes(const char *text, size_t n, const char *should, const char *what)
{
	struct buf b = { 0 };

	junit_text(&b, text, n);
	same_text(buf_text(&b), should, what);
	buf_free(&b);
}

int main(void)
{
	becomes("a]]>b", 5, "a]]&gt;b", "the end of a CDATA section");
	becomes("<&>\"'", 5, "&lt;&amp;&gt;&quot;&apos;", "its own characters");
	becomes("a\tb\nc", 5, "a\tb\nc", "tab and newline stay");
	becomes("\r\x1b[31m\0\x7f", 8, "\\x0d\\x1b[31m\\x00\x7f", "controls");
	becomes("\xff\xc3(", 3, "\\xff\\xc3(", "bytes that are no UTF-8");
	becomes("\xc3\xa9\xf0\x9f\x98\x80", 6, "\xc3\xa9\xf0\x9f\x98\x80", "characters of two and four bytes");
	becomes("\xed\xa0\x80", 3, "\\xed\\xa0\\x80", "a surrogate");
	becomes("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", 9, "\\xef\\xbf\\xbe\\xef\\xbf\\xbf\xef\xbf\xbd",
	        "U+FFFE and U+FFFF, and not the one before");
	becomes("\xc3", 1, "\\xc3", "a character that is cut");
	return tap_done();
}
