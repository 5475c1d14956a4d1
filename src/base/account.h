/* SPDX-License-Identifier: MIT
 * Names of users and of services: the machine's own, by whatever its C library is told to ask (nsswitch.conf). The
 * static program (make static) asks nobody: /etc/passwd, and the services that are known here. */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* The user of this name; false: there is none. */
bool account_number(const char *name, uint32_t *uid);

/* NULL: nobody has this number. Valid until the next call. */
const char *account_name(uint32_t uid);

/* The TCP port of "http"; false: no such service is known. Of the services that come to mind first some are known even
 * where /etc/services is missing, as it is in most containers. */
bool service_port(const char *name, uint16_t *port);

#endif
