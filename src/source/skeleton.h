/* SPDX-License-Identifier: MIT
 * In front of a generated skeleton, which is not written to our warnings; skeleton_end.h behind it puts them back. */
#include <errno.h>
#include <unistd.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wpointer-arith"
