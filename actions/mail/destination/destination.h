/*
 * Destinations as the rest of the engine starts them: configuration lines, commands. Engine thread.
 */
#ifndef ACTIONS_MAIL_DESTINATION_DESTINATION_H
#define ACTIONS_MAIL_DESTINATION_DESTINATION_H

struct cli;
struct destinations;
struct engine;

void destination_config_start(struct engine *);

/* show mail destinations, show mail routes, destconfig */
void destination_commands(struct cli *);
void destconfig_command(struct cli *);

/*
 * A line was added, changed or removed: what was looked up before holds no longer. Warns a moment later
 * where a profile's DANE or MTA-STS meets a route, which undoes both.
 */
void destinations_changed(struct destinations *);

#endif
