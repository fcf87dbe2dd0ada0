/* Tells systemd about us (sd_notify(3) by hand): READY=1, STOPPING=1. Without NOTIFY_SOCKET: nothing. */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

void notify_systemd(const char *state);

#endif
