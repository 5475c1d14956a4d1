/* SPDX-License-Identifier: MIT
 * What the files of the engine know of one another: program.c keeps the records, start.c begins programs and end.c ends
 * them, stop.c says what a stop means, terminal.c reads and types. Nobody else includes this. */
#ifndef STEP_PROGRAM_INTERNAL_H
#define STEP_PROGRAM_INTERNAL_H

#include "step/program.h"

/* Records. A process or thread that is known already is returned as it is. */
struct program *program_new(struct stepper *s, const char *name, char *const argv[]);
void program_forget(struct stepper *s, struct program *p);
struct process *process_new(struct stepper *s, pid_t pid, struct program *p);
void process_drop(struct stepper *s, struct process *x); /* if none of its threads could be had */
struct thread *thread_new(struct stepper *s, pid_t tid, struct process *process);
struct thread *thread_find(struct stepper *s, pid_t tid);
void thread_forget(struct stepper *s, struct thread *t);

/* The hooks, for whom they are told. */
void tell_enters(struct stepper *s, struct thread *t);
void tell_returned(struct stepper *s, struct thread *t);
void tell_happened(struct stepper *s, struct thread *t, enum happening what, int number);
void tell_output(struct stepper *s, struct program *p, const char *bytes, size_t n);

/* Lets a thread go on that is stopped anywhere but before or after a call, with its signal: thread_go() does the rest.
 */
void thread_resume(struct thread *t);

/* Options of ptrace for this program. */
long trace_options(const struct program *p);

/* Says what a wait status means: hooks are called, threads stay or go on. */
void status_arrived(struct stepper *s, pid_t tid, int status);

/* The same of a stop at a system call, by what the kernel says of it (PTRACE_GET_SYSCALL_INFO). */
struct __ptrace_syscall_info;
void syscall_stopped(struct stepper *s, struct thread *t, const struct __ptrace_syscall_info *i);

/* Does this status tell of a new thread or process? What ptrace(2) has to say of an event (PTRACE_GETEVENTMSG): the new
 * one's number, or who called exec. */
bool status_is_birth(int status);
pid_t event_message(const struct thread *t);

/* The record of whom `parent`, which has stopped by this event, has made. THREAD_UNNAMED if the new one's own first
 * stop came before this word of it: it is stopped then. */
struct thread *thread_newborn(struct stepper *s, const struct thread *parent);

/* A thread that did not stop when its program was ended has done so now: it is let go. */
void late_stopped(struct stepper *s, struct thread *t, int status);

/* Reads what came out of a program's terminal. */
void terminal_drain(struct stepper *s, struct program *p);

#endif
