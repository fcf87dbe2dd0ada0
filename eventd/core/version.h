/* What this is called. */
#ifndef EVENTD_VERSION_H
#define EVENTD_VERSION_H

#define EVENTD_VERSION "0.1.0"

#endif
