/*
 * Resource policies, as IOS's Embedded Resource Manager has them: for each resource three levels with a
 * rising and a falling threshold. They are watched while an `event resource` statement asks for them.
 * Engine thread only.
 */
#ifndef DETECT_ERM_H
#define DETECT_ERM_H

#include <stdbool.h>

#include "core/clock.h"
#include "host/usage.h"

struct conf;
struct engine;
struct erm;

enum erm_level { ERM_MINOR, ERM_MAJOR, ERM_CRITICAL, ERM_LEVELS };
const char *erm_level_name(enum erm_level);

struct erm_limit {
	bool set, up;        /* up: the threshold was passed */
	int rising, falling; /* percent */
	usec rising_time, falling_time;
	usec since; /* the other state holds since then; 0: it does not */
};

/* One resource of one policy. */
struct erm_owner {
	struct erm_owner *next;
	enum usage_kind kind;
	char *path; /* of a file system; else NULL */
	struct erm_limit limits[ERM_LEVELS];
	struct usage last;
	usec sampled; /* 0: not yet */
	int told;     /* percent that the kernel's trigger has spoken of, 0: none */
	void *trigger;
};

struct erm_policy {
	struct erm_policy *next;
	char *name;
	bool applied; /* `user global NAME` */
	struct erm_owner *owners;
};

/* A level was passed, upwards or downwards. */
typedef void erm_f(
	void *arg, const struct erm_policy *, const struct erm_owner *, enum erm_level, int percent);
/* Does a statement wait for the policy? Asked when policies come, and by erm_settle(). */
typedef bool erm_wanted_f(void *arg, const char *policy);
/* What a policy lacks may have changed: erm_needs(). */
typedef void erm_changed_f(void *arg);

struct erm *erm_new(const void *ctx, struct engine *, erm_f *, erm_wanted_f *, erm_changed_f *, void *arg);

void erm_settle(struct erm *); /* statements came or went */
/* What it needs to be watched, or NULL; valid until the next call. */
const char *erm_needs(struct erm *, const char *policy);

/* Takes the place of all policies; what was passed stays so. The new ones are allocated with ctx erm. */
void erm_replace(struct erm *, struct erm_policy *);

/* `resource policy` and the lines below it. */
struct erm *erm_of(struct engine *); /* detect/resource.c */
void erm_rows(struct conf *);

#endif
