/* What this is called. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#define EVENTD_VERSION "0.1.0"

#endif
