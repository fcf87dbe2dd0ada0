/* Inside applets/: the tables of configuration rows and what registration reads of them. */
#ifndef APPLETS_ROWS_H
#define APPLETS_ROWS_H

#include "applets/applet.h"
#include "cli/kw/kw.h"
#include "conf/row.h"

struct conf_node;
struct policy;

/* Places in running-config, behind everything that applets may need. */
enum { ORDER_EEM_SETTINGS = 8000, ORDER_ENVIRONMENT = 8100, ORDER_POLICY = 8150, ORDER_APPLET = 8200 };
enum {
	ORDER_DESCRIPTION = 10,
	ORDER_EVENT = 20,
	ORDER_TRIGGER = 30,
	ORDER_ACTION = 40
}; /* inside an applet */

struct applet_args {
	struct kw_str name;
	struct kw_flag authorization, bypass; /* the two words */
	struct kw_enum class;
	struct kw_flag trap;
};

struct event_args {
	struct kw_str tag;
	struct kw_sub what; /* row->owner is the detector, args its specification */
};

struct action_args {
	struct kw_str label;
	struct kw_sub what; /* row->owner is the action */
};

struct old_set_args { /* set LABEL _exit_status N */
	struct kw_str label;
	struct kw_int status;
};

struct environment_args { /* event manager environment NAME VALUE */
	struct kw_str name;
	struct kw_str value; /* a password in it is sealed */
};

extern const struct kw_alternative class_choices[]; /* value: 'A'-'Z', 0 = default */

/* settings.c, environment.c: hand their rows to engine->conf. */
void settings_rows(struct engine *);
void scheduler_rows(struct engine *);
void environment_rows(struct engine *);

/* register.c */
bool applet_apply(struct engine *, const struct conf_node *old, const struct conf_node *new, struct err *);

/* Would its events be registered, and its trigger? If not, `at` is the line that is wrong. */
bool applet_events_check(
	struct engine *, const struct conf_node *applet, const struct conf_node **at, struct err *);

struct compile_line;
struct program;
/* The actions of an applet, in the order of its lines, parsed anew into the program. */
size_t applet_lines(
	struct engine *, const struct conf_node *applet, struct program *, struct compile_line **);
enum { MAXRUN_DEFAULT_S = 20 };

/* environment.c, applet.c: which node is what. */
bool is_environment_node(const struct conf_node *);
bool is_applet_node(const struct conf_node *);
bool is_event_node(const struct conf_node *);
bool is_action_node(const struct conf_node *);
bool is_old_set_node(const struct conf_node *);
bool is_description_node(const struct conf_node *);

#endif
