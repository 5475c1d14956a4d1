/* SPDX-License-Identifier: MIT
 * The doctor of a lab. */
#include "session/lab_doctor.h"
#include "sight/looking.h"
#include "sight/probing.h"

#include <sys/stat.h>

#define WINDOW span_s(1)

void lab_doctor_init(struct lab_doctor *d)
{
	*d = (struct lab_doctor){ .window = WINDOW };
	thresholds_default(&d->settings.thresholds);
}

void lab_doctor_rules(void *ctx, struct near *near)
{
	(void)ctx;
	for (const struct rule *const *r = doctor_rules; *r; r++) {
		near_try(near, (*r)->text.id);
		near_try(near, (*r)->text.name);
	}
}

int lab_doctor_threshold(struct lab_doctor *d, const char *name, const char *value, struct err *e)
{
	if (!streq(name, "window"))
		return thresholds_set(&d->settings.thresholds, name, value, e);
	if (span_parse(value, &d->window))
		return 0;
	return err_set(e, "'%.40s' is no window: write 500ms or 2s", value);
}

/* --- looking at a lab ------------------------------------------------------------------------------------ */

static int look(struct looking *l, struct evidence *ev, struct err *e)
{
	return lab_observe(l->ctx, ev, e);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* The lab itself lives in the server's. */
static void each_net(struct looking *l, void (*each)(struct looking *l, uint64_t netns, bool own))
{
	const struct lab *lab = l->ctx;

	for (int side = 0; side < SIDES; side++) {
		if ((side == CLIENT && lab->options.loopback) || host_enter(&lab->hosts[side]) < 0)
			continue;
		each(l, inode_of(lab->hosts[side].ns), true);
	}
	host_enter(&lab->hosts[SERVER]);
}

static const struct looking_place a_lab = { look, each_net };

/* --- judging it ------------------------------------------------------------------------------------------ */

enum { QUEUE_LOOKS = 4 };

static int observe(struct looking *l, struct lab *lab, struct span window, struct err *e)
{
	struct span step = { window.ns / (QUEUE_LOOKS + 1) };

	if (looking_first(l, e) < 0)
		return -1;
	for (int i = 0; i <= QUEUE_LOOKS; i++) {
		if (lab_run_for(lab, step, e) < 0)
			return -1;
		if (i < QUEUE_LOOKS)
			looking_queues(l);
	}
	return looking_last(l, e);
}

/* What is said of the tool's own sight is no finding about the lab. */
static bool is_of_sight(const struct finding *f)
{
	return strncmp(f->rule->id, "LA9", 3) == 0;
}

int lab_doctor_diagnose(struct lab_doctor *d, struct lab *lab, struct buf *found, struct err *e)
{
	struct observation o;
	struct findings fs = { 0 };
	struct probing how = { 0 };
	struct probes probes;
	struct looking l;
	int rc;

	looking_at(&l, &o, &a_lab, lab);
	probes_open(&probes, &how, &o);
	probes.stacks = NULL; /* findings are asked for by their ids: nobody reads where threads are, and looking costs
	                         the load of libdw */
	rc = observe(&l, lab, d->window, e);
	if (rc == 0)
		doctor_examine(&o, &d->settings, &probes, &fs);
	for (size_t i = 0; i < fs.n; i++)
		if (!is_of_sight(fs.all[i]))
			buf_addf(found, "%s%s/%s/%s", found->len ? " " : "", fs.all[i]->rule->id, fs.all[i]->rule->name,
			         severity_word(fs.all[i]->severity));
	for (size_t i = 0; i < fs.n_unjudged; i++)
		buf_addf(found, "%s%s/%s/unknown", found->len ? " " : "", fs.unjudged[i].rule->id,
		         fs.unjudged[i].rule->name);
	findings_free(&fs);
	probes_close(&how);
	looking_close(&l);
	observation_free(&o);
	return rc;
}
