/* SPDX-License-Identifier: MIT
 * Names that the running kernel has and that no table here knows. */
#include "words/stranger.h"
#include "base/util.h"
#include "render/out.h"
#include "words/here.h"
#include "words/say.h"

#include <string.h>

static bool is_counter(struct buf *here, const char *typed)
{
	return here_counter(here, typed);
}

static bool is_setting(struct buf *here, const char *typed)
{
	static const char proc[] = "/proc/sys/";

	return here_setting(here, strncmp(typed, proc, sizeof proc - 1) == 0 ? typed + sizeof proc - 1 : typed);
}

static bool is_drop(struct buf *here, const char *typed)
{
	return here_reason(here, "skb_drop_reason", "SKB_DROP_REASON_", typed);
}

static bool is_reset(struct buf *here, const char *typed)
{
	return here_reason(here, "sk_rst_reason", "SK_RST_REASON_", typed);
}

static const struct {
	const char *what;
	bool (*is)(struct buf *here, const char *typed);
} kinds[] = {
	{ "a counter of each network namespace", is_counter },
	{ "a setting of the kernel (sysctl)", is_setting },
	{ "why the kernel throws a packet away", is_drop },
	{ "why the kernel sends a reset", is_reset },
};

bool stranger_word(const char *typed)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct buf here = { 0 };
		bool is = kinds[i].is(&here, typed);

		if (is) {
			out_line(stdout, "%s, %s", typed, kinds[i].what);
			say("", "this kernel's name is not known to this lastack");
			say("here now", buf_text(&here));
		}
		buf_free(&here);
		if (is)
			return true;
	}
	return false;
}
