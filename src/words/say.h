/* SPDX-License-Identifier: MIT
 * What all kinds of words have in common: labelled lines, the rules about a word, the scenarios that show it. */
#ifndef WORDS_SAY_H
#define WORDS_SAY_H

#include "base/buf.h"
#include "doctor/doctor.h"

/* Columns of the labels. */
enum { SAY_MARGIN = 12 };

/* "fix         close the descriptor …", broken to the terminal's width; NULL and "" say nothing. */
void say(const char *label, const char *text);
void say_drawing(const char *text);

/* A rule with all it has. */
void say_rule(const struct rule *r);

/* The rules that are told by their ids: a line each, or their names alone in one line. */
void say_rules(const char *label, const char *ids);
void say_rule_names(const char *label, const char *ids);

/* The ids of the rules among whose symptoms the text is, or is a part of, or which are a part of it. For buf_free(). */
struct buf rules_about(const char *text);

/* Up to four scenarios that have the word, as one of its own, in a line with one of `verbs` (" set ", "expect "; in
 * '|'): the verb stands at the line's beginning, or within it if it begins with a blank. False: there is none. */
bool say_scenarios(const char *word, const char *verbs);
#define SAY_EXPECTS "expect "

#endif
