/* SPDX-License-Identifier: MIT
 * getpwnam(3), getservbyname(3), and what is there without them. */
#include "base/account.h"
#include "base/util.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>

/* --- users ----------------------------------------------------------------------------------------------- */

#ifdef LASTACK_STATIC

/* The first line of /etc/passwd that has this name, or, without one, this number. */
static const struct passwd *line_of_passwd(const char *name, uint32_t uid)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw = NULL;

	while (f && (pw = fgetpwent(f)))
		if (name ? streq(pw->pw_name, name) : pw->pw_uid == uid)
			break;
	if (f)
		fclose(f);
	return pw;
}

static const struct passwd *user_by_name(const char *name)
{
	return line_of_passwd(name, 0);
}

static const struct passwd *user_by_number(uint32_t uid)
{
	return line_of_passwd(NULL, uid);
}

static const struct servent *service_of(const char *name)
{
	(void)name;
	return NULL;
}

/* For libedit, which has commands, bound to no key here, that know ~USER. */
int getpwnam_r(const char *name, struct passwd *pw, char *room, size_t n, struct passwd **found)
{
	(void)name, (void)pw, (void)room, (void)n;
	*found = NULL;
	return 0;
}

int getpwuid_r(uid_t uid, struct passwd *pw, char *room, size_t n, struct passwd **found)
{
	(void)uid, (void)pw, (void)room, (void)n;
	*found = NULL;
	return 0;
}

#else

static const struct passwd *user_by_name(const char *name)
{
	return getpwnam(name);
}

static const struct passwd *user_by_number(uint32_t uid)
{
	return getpwuid(uid);
}

static const struct servent *service_of(const char *name)
{
	return getservbyname(name, "tcp");
}

#endif

bool account_number(const char *name, uint32_t *uid)
{
	const struct passwd *pw = user_by_name(name);

	if (pw)
		*uid = pw->pw_uid;
	return pw != NULL;
}

const char *account_name(uint32_t uid)
{
	const struct passwd *pw = user_by_number(uid);

	return pw ? pw->pw_name : NULL;
}

/* --- services -------------------------------------------------------------------------------------------- */

/* As IANA has them, and two that everybody calls so. */
static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{ "echo", 7 },           { "discard", 9 },        { "daytime", 13 },         { "chargen", 19 },
	{ "ftp", 21 },           { "ssh", 22 },           { "telnet", 23 },          { "smtp", 25 },
	{ "time", 37 },          { "whois", 43 },         { "domain", 53 },          { "http", 80 },
	{ "kerberos", 88 },      { "pop3", 110 },         { "sunrpc", 111 },         { "ident", 113 },
	{ "ntp", 123 },          { "netbios-ssn", 139 },  { "imap2", 143 },          { "snmp", 161 },
	{ "bgp", 179 },          { "ldap", 389 },         { "https", 443 },          { "microsoft-ds", 445 },
	{ "submissions", 465 },  { "shell", 514 },        { "printer", 515 },        { "submission", 587 },
	{ "ldaps", 636 },        { "domain-s", 853 },     { "rsync", 873 },          { "imaps", 993 },
	{ "pop3s", 995 },        { "socks", 1080 },       { "ms-sql-s", 1433 },      { "mqtt", 1883 },
	{ "nfs", 2049 },         { "etcd-client", 2379 }, { "etcd-server", 2380 },   { "iscsi-target", 3260 },
	{ "mysql", 3306 },       { "svn", 3690 },         { "epmd", 4369 },          { "xmpp-client", 5222 },
	{ "xmpp-server", 5269 }, { "postgresql", 5432 },  { "amqps", 5671 },         { "amqp", 5672 },
	{ "x11", 6000 },         { "redis", 6379 },       { "http-alt", 8080 },      { "secure-mqtt", 8883 },
	{ "git", 9418 },         { "memcached", 11211 },  { "zabbix-agent", 10050 }, { "zabbix-trapper", 10051 },
};

static bool known_service(const char *name, uint16_t *port)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (!streq(services[i].name, name))
			continue;
		*port = services[i].port;
		return true;
	}
	return false;
}

bool service_port(const char *name, uint16_t *port)
{
	const struct servent *service = service_of(name);

	if (!service)
		return known_service(name, port);
	*port = ntohs((uint16_t)service->s_port);
	return true;
}
