/*
 * Finds credentials in what applications say in the clear: logins of FTP, POP3, IMAP, SMTP and Redis, header
 * lines of HTTP and SIP, passwords in forms, JSON and URLs, community names of SNMP, simple binds of LDAP.
 * What it takes for one may be none; what it misses is what it does not know. Reads foreign bytes. Any thread.
 */
#ifndef CAPTURE_LOGIN_H
#define CAPTURE_LOGIN_H

#include <stddef.h>

/* Sets secret[i] to 1 where octet i of this half of a conversation, from its beginning on, belongs to a credential. */
void login_mark(const unsigned char *octets, size_t n, unsigned char *secret);

/* The same in one message of a protocol in BER: SNMPv1 and v2c, LDAP. */
void login_mark_ber(const unsigned char *octets, size_t n, unsigned char *secret);

#endif
