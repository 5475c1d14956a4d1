/* SPDX-License-Identifier: MIT
 * One run of a lab, and who shows it: joins the lab with a renderer, for the commands lab and step. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "lab/check.h"
#include "session/lab_doctor.h"
#include "session/prompt.h"
#include "lab/lab.h"
#include "render/render.h"

/* What is wanted. The texts must outlive the session. */
struct session_job {
	const char *command;      /* "lab", "step": errors begin with it */
	const char *what;         /* what is run, for the first line: "close"; NULL: nothing that has a name */
	const char *title;        /* of a session that has no `title` of its own */
	const char *pcap;         /* the file to write; NULL: none */
	const char *otherwise;    /* what to try where no lab can be made; NULL: nothing */
	const char *names[SIDES]; /* what the columns are called; NULL: client, server */
	bool paced, quiet, verbose, json, check_explain;
	bool unshown;   /* nothing is shown before session_unveil() */
	bool free_form; /* no scenario: needs no title */
	bool may_run;   /* the verb `run` is allowed */
	struct host_options options;
};

struct session {
	const struct session_job *job;
	const char *name; /* as errors call it: "close.lab" */
	struct lab lab;
	struct view view;
	struct lab_doctor doctor;
	const struct renderer *renderer;
	struct check *check; /* --check-explain; NULL: not wanted */
	int pcap;            /* opened before anything runs; -1: none is wanted */
	struct instant began;
	bool head_shown;
	bool nothing_ran;   /* the sentence of why not is all there is to show, but in JSON */
	bool input_ended;   /* at a pace prompt */
	unsigned held_told; /* expectations that held, as far as they were told at a prompt */
};

/* Opens the files, becomes able to make hosts, and an empty lab. 0, or -1: said on standard error. */
int session_open(struct session *s, const struct session_job *job, const char *name);

/* A script over this lab, which knows where the examples are; for script_free(). */
void session_script(struct session *s, struct script *script, const struct language *lang);

/* Runs a scenario's text to its end; the exit code. */
int session_text(struct session *s, const char *text, size_t len);

/* Shows what is new. */
void session_show(struct session *s);

/* From now on what is new is shown; of what was before only the last events, as far as they are of this kind. */
void session_unveil(struct session *s, enum event_kind kind);

/* The same as session_show() after a line at a prompt, and what was wrong with the line. */
void session_told(struct session *s, int rc, const struct err *e);

/* Shows the verdict on `rc` and `e`; the exit code. */
int session_conclude(struct session *s, int rc, const struct err *e);

/* Writes the capture, prints the check, gives everything back; the exit code, which is `code` or worse. */
int session_close(struct session *s, int code);

#endif
