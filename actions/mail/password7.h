/*
 * Type 7 of IOS, `password 7 0822455D0A16`: an encoding that hides from a glance and from nothing else. Old
 * configurations have it, so it is read, and never written. Pure; any thread.
 */
#ifndef ACTIONS_MAIL_PASSWORD7_H
#define ACTIONS_MAIL_PASSWORD7_H

/* The clear text, wiped when freed; NULL when it is no type 7 text. */
char *password7_decode(const void *ctx, const char *encoded);

#endif
