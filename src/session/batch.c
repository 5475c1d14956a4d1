/* SPDX-License-Identifier: MIT
 * Which scenarios are meant. */
#include "session/batch.h"
#include "base/file.h"
#include "base/near.h"
#include "script/scenario.h"
#include "script/script.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FOLDERS_DEEP = 16 };

bool batch_is_file(const char *word)
{
	size_t n = strlen(word);

	return strchr(word, '/') || (n > 4 && streq(word + n - 4, ".lab"));
}

bool batch_is_folder(const char *word)
{
	struct stat st;

	return !scenario_find(word) && stat(word, &st) == 0 && S_ISDIR(st.st_mode);
}

static struct batch_item *add(struct batch *b, const char *name)
{
	b->items = grow(b->items, b->n, &b->cap, sizeof *b->items);
	b->items[b->n] = (struct batch_item){ .name = xstrdup(name) };
	return &b->items[b->n++];
}

static void add_built_in(struct batch *b, const struct scenario *s, bool found)
{
	struct batch_item *item = add(b, s->name);

	item->text = s->text;
	item->len = strlen(s->text);
	item->built_in = true;
	item->found = found;
}

void batch_add_all(struct batch *b)
{
	for (size_t i = 0; i < scenarios_n; i++)
		add_built_in(b, &scenarios[i], true);
}

int batch_read(const char *name, char **text, size_t *len, struct err *e)
{
	struct buf b = { 0 };
	int rc = streq(name, "stdin") ? fd_read_all(0, &b, SCRIPT_MAX) : file_read(name, &b, SCRIPT_MAX);

	if (rc < 0) {
		buf_free(&b);
		return rc == -EFBIG ? err_set(e, "%s is larger than 16 MB: is it a scenario?", name)
		                    : err_sys(e, -rc, "%s cannot be read; 'lastack lab --list' shows what is built in",
		                              name);
	}
	*len = b.len;
	*text = b.text ? b.text : xstrdup("");
	return 0;
}

static int add_file(struct batch *b, const char *name, bool found, struct err *e)
{
	struct batch_item *item;
	char *text;
	size_t len;

	if (batch_read(name, &text, &len, e) < 0)
		return -1;
	item = add(b, name);
	item->text = item->read = text;
	item->len = len;
	item->found = found;
	return 0;
}

/* --- folders ------------------------------------------------------------------------------------------- */

static int is_wanted(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	if (d->d_name[0] == '.')
		return 0;
	return d->d_type == DT_DIR || d->d_type == DT_UNKNOWN || (n > 4 && streq(d->d_name + n - 4, ".lab"));
}

static int add_folder(struct batch *b, const char *path, unsigned deep, struct err *e);

static int add_entry(struct batch *b, const char *path, unsigned deep, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return deep < FOLDERS_DEEP ? add_folder(b, path, deep + 1, e) : 0;
	return batch_is_file(path) && strlen(path) > 4 && streq(path + strlen(path) - 4, ".lab")
	               ? add_file(b, path, true, e)
	               : 0;
}

static int add_folder(struct batch *b, const char *path, unsigned deep, struct err *e)
{
	struct dirent **found;
	int n = scandir(path, &found, is_wanted, alphasort), rc = 0;
	size_t len = strlen(path);

	if (n < 0)
		return err_sys(e, errno, "%s cannot be read", path);
	for (int i = 0; i < n; i++) {
		struct buf name = { 0 };

		buf_addf(&name, "%s%s%s", path, len && path[len - 1] == '/' ? "" : "/", found[i]->d_name);
		if (rc == 0)
			rc = add_entry(b, buf_text(&name), deep, e);
		buf_free(&name);
		free(found[i]);
	}
	free(found);
	return rc;
}

static int no_such(const char *name, struct err *e)
{
	struct near near = { .word = name };

	for (size_t i = 0; i < scenarios_n; i++)
		near_try(&near, scenarios[i].name);
	if (near.best)
		return err_set(e, "there is no scenario '%.60s'; did you mean '%s'?", name, near.best);
	return err_set(e,
	               "there is no scenario '%.60s'; 'lastack lab --list' shows them, and a file's name has a '/' or "
	               "ends in .lab",
	               name);
}

int batch_add(struct batch *b, const char *word, struct err *e)
{
	const struct scenario *s = scenario_find(word);
	size_t before = b->n;

	if (s && !batch_is_file(word)) {
		add_built_in(b, s, false);
		return 0;
	}
	if (batch_is_folder(word)) {
		if (add_folder(b, word, 0, e) < 0)
			return -1;
		return b->n > before ? 0
		                     : err_set(e, "there is no scenario in %s: no file whose name ends in .lab", word);
	}
	return batch_is_file(word) ? add_file(b, word, false, e) : no_such(word, e);
}

void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->items[i].name);
		free(b->items[i].read);
	}
	free(b->items);
	*b = (struct batch){ 0 };
}
