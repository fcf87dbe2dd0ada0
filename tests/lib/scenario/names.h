/*
 * What the DNS and the web say in a scenario about the domains that mail goes to:
 *
 *   dns "example.com" secure {            state of the MX records: secure, insecure, bogus, failed;
 *       mx1.example.com secure tlsa       or nxdomain, nullmx
 *       mx2.example.com insecure          a host, the state of its address, and of its TLSA record:
 *   }                                     tlsa (secure, there is one), none, bogus, failed, insecure
 *   sts "example.com" enforce "*.example.com"
 *
 * A domain of which nothing was said cannot be looked up, and has no policy.
 */
#ifndef SCENARIO_NAMES_H
#define SCENARIO_NAMES_H

#include "script.h"
#include "world.h"

/* From here on questions of the engine are answered so. */
void names_new(struct world *);

bool verb_dns(struct world *, const struct statement *);
bool verb_sts(struct world *, const struct statement *);

#endif
