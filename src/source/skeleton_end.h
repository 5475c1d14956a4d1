/* SPDX-License-Identifier: MIT
 * Behind a generated skeleton. */
#pragma GCC diagnostic pop
