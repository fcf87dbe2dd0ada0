/*
 * Detector gold: results of generic online diagnostics. The tests are those that the kernel runs by itself
 * (host/health.h); a worker thread reads their results. The device is card 1, without subcards. A result is
 * an event when a test fails, goes on failing, or passes again. What failed before the first statement was typed is none.
 */
#include "detect/detector.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <uthash.h>

#include "core/loop.h"
#include "core/mem.h"
#include "core/text.h"
#include "detect/rounds.h"
#include "detect/words.h"
#include "host/health.h"

#define POLL (10 * USEC_PER_SEC)

enum { CARD = 1, SUBCARD = 0 };
enum { BOOTUP, MONITORING, ONDEMAND, SCHEDULE };

struct gold_spec {
	struct spec_common common;
	struct kw_flag card, all_cards, subcard, all_subcards;
	struct kw_int card_number, subcard_number;
	struct kw_enum new_failure, action_notify, testing_type;
	struct kw_flag severity_major, severity_minor, severity_normal;
	struct kw_str test_name;
	struct kw_int test_id, consecutive_failure, platform_action;
};

static const struct kw_alternative testing_types[] = {
	{ "bootup", "Tests at boot", BOOTUP, false },
	{ "monitoring", "Health monitoring", MONITORING, false },
	{ "ondemand", "Tests on demand", ONDEMAND, false },
	{ "schedule", "Scheduled tests", SCHEDULE, false },
	{ NULL, NULL, 0, false },
};

struct gold_data {
	int64_t card;
	int64_t sub_card;
	const char *action_notify;
	const char *bl;
	const char *cc;
	int64_t cf;
	const char *ec;
	const char *lf;
	const char *new_failure;
	const char *overall_result;
	const char *pa;
	int64_t rc;
	const char *sn;
	int64_t tc;
	const char *testing_type;
	/* no variables: what statements are compared with */
	enum health_test test;
	bool failed, is_new;
};

static const struct event_field gold_fields[] = {
	WORDS_INT(struct gold_data, "_gold_card", "Card", card),
	WORDS_INT(struct gold_data, "_gold_sub_card", "Subcard", sub_card),
	WORDS_STR(struct gold_data, "_action_notify", "Did the test notify", action_notify),
	WORDS_STR(struct gold_data, "_gold_bl",
		"Level of boot diagnostics: bypass, there are none of our own", bl),
	WORDS_STR(struct gold_data, "_gold_cc", "Cards of the device", cc),
	WORDS_INT(struct gold_data, "_gold_cf", "Failures in a row", cf),
	WORDS_STR(struct gold_data, "_gold_ec", "The test, its component and its value", ec),
	WORDS_STR(struct gold_data, "_gold_lf", "Time of the last failure", lf),
	WORDS_STR(struct gold_data, "_gold_new_failure", "Is the failure new", new_failure),
	WORDS_STR(struct gold_data, "_gold_overall_result",
		"Result of all tests: 0 good, 3 minor, 4 major failures", overall_result),
	WORDS_STR(struct gold_data, "_gold_pa", "Action of the platform; none here", pa),
	WORDS_INT(struct gold_data, "_gold_rc", "Runs of the test", rc),
	WORDS_STR(struct gold_data, "_gold_sn", "Serial number of the device", sn),
	WORDS_INT(
		struct gold_data, "_gold_tc", "Results of the card: one for each test of each component", tc),
	WORDS_STR(struct gold_data, "_gold_testing_type", "Kind of test", testing_type),
	EVENT_FIELDS_END,
};

#define ALL_OR_NUMBER(name_, all_, number_)                                       \
	static const struct kw name_[] = { { .word = "all",                       \
						   .help = "All of them",         \
						   KW_AT(struct gold_spec, all_), \
						   .flags = KW_REQ | KW_SEQ,      \
						   .group = 1 },                  \
		{ .help = "Number",                                               \
			.type = &kw_number,                                       \
			KW_AT(struct gold_spec, number_),                         \
			.flags = KW_REQ,                                          \
			.group = 1,                                               \
			.min = 0,                                                 \
			.max = UINT16_MAX },                                      \
		KW_END }

ALL_OR_NUMBER(card_kw, all_cards, card_number);
ALL_OR_NUMBER(subcard_kw, all_subcards, subcard_number);

static const struct kw gold_kw[] = {
	{ .word = "card",
		.help = "Card that is tested",
		KW_AT(struct gold_spec, card),
		.flags = KW_REQ,
		.sub = card_kw },
	{ .word = "subcard",
		.help = "Subcard that is tested",
		KW_AT(struct gold_spec, subcard),
		.sub = subcard_kw },
	WORDS_CHOICE(struct gold_spec, "new-failure",
		"Is the failure new; without it only changes of a result", new_failure, words_true_false),
	WORDS_FLAG(struct gold_spec, "severity-major", "Results of major severity", severity_major),
	WORDS_FLAG(struct gold_spec, "severity-minor", "Results of minor severity", severity_minor),
	WORDS_FLAG(struct gold_spec, "severity-normal", "Results of normal severity", severity_normal),
	WORDS_CHOICE(
		struct gold_spec, "action-notify", "Does the test notify", action_notify, words_true_false),
	WORDS_CHOICE(struct gold_spec, "testing-type", "Kind of test", testing_type, testing_types),
	WORDS_VALUE(struct gold_spec, "test-name", "Name of the test", test_name, kw_string),
	WORDS_VALUE(struct gold_spec, "test-id", "Number of the test", test_id, kw_number, .min = 1,
		.max = UINT16_MAX),
	WORDS_VALUE(struct gold_spec, "consecutive-failure", "Failures in a row", consecutive_failure,
		kw_number, .min = 1, .max = UINT16_MAX),
	WORDS_VALUE(struct gold_spec, "platform-action", "Number of the platform's action", platform_action,
		kw_number, .min = 0, .max = UINT16_MAX),
	SPEC_COMMON_ROWS(struct gold_spec),
	KW_END,
};

/* ---- checking ---- */

static bool
check_test(const struct gold_spec *a, bool final, struct err *err)
{
	if (a->test_id.set && a->test_id.v > HEALTH_TESTS)
		return err_set(err, ERR_REFUSED, "The tests of this device are 1 to %d", HEALTH_TESTS);
	if (!a->test_name.set || (!final && strchr(a->test_name.s, '$') != NULL) ||
		health_find(a->test_name.s) != HEALTH_TESTS)
		return true;
	err_set(err, ERR_REFUSED, "This device has no test %s", a->test_name.s);
	err_hint(err,
		"TestMemoryUncorrectable, TestMemoryCorrectable, TestMachineCheck, TestPcieUncorrectable, "
		"TestPcieCorrectable, TestRaidArray, TestRaidScrub, TestDiskState, TestDiskErrors, "
		"TestKernelOops, TestKernelWarning, TestWatchdogReset");
	return false;
}

/* What nothing on Linux could ever meet is refused with the reason. */
static bool
gold_check(struct engine *engine, const void *args, bool final, struct err *err)
{
	const struct gold_spec *a = args;

	if (a->card_number.set && a->card_number.v != CARD)
		return err_set(err, ERR_REFUSED, "This device is one card, its number is %d", CARD);
	if (a->subcard_number.set && a->subcard_number.v != SUBCARD)
		return err_set(
			err, ERR_REFUSED, "This device has no subcards, it is subcard %d itself", SUBCARD);
	if (a->action_notify.set && !a->action_notify.v)
		return err_set(err, ERR_REFUSED, "Every test of this device notifies: 'action-notify true'");
	if (a->testing_type.set && a->testing_type.v == ONDEMAND)
		return err_set(err, ERR_REFUSED, "No test of this device is run on demand");
	if (a->platform_action.set)
		return err_set(err, ERR_REFUSED, "The kernel takes no action of a platform after a test");
	return check_test(a, final, err);
}

/* ---- results ---- */

/* A test of a component, as it was at the last look. */
struct result {
	char key[80];
	int64_t value;
	bool is_there, failed;
	int64_t failures_in_row, runs;
	usec failed_wall;
	UT_hash_handle hh;
};

struct gold {
	struct engine *engine;
	struct rounds *rounds;
	struct result *results;
};

static const char NEEDS[] =
	"a diagnostic of the kernel (EDAC, PCIe error reporting, RAID, disks, a watchdog)";

static struct gold *
state_of(struct engine *e)
{
	return *bus_detector_state(e->bus, &detector_gold);
}

static const char *
overall(const struct gold *all, const struct health *found)
{
	const char *worst = "0";

	for (size_t i = 0; i < found->n; i++) {
		char key[sizeof((struct result *)NULL)->key];
		const struct result *r;

		snprintf(key, sizeof key, "%d %s", (int)found->v[i].test, found->v[i].what);
		HASH_FIND_STR(all->results, key, r);
		if (r == NULL || !r->failed)
			continue;
		if (health_form(found->v[i].test)->is_major)
			return "4";
		worst = "3";
	}
	return worst;
}

static void
fill_last(struct event *ev, struct gold_data *d, usec wall)
{
	time_t seconds = (time_t)(wall / USEC_PER_SEC);
	char text[40] = "";
	struct tm tm;

	if (wall != 0 && localtime_r(&seconds, &tm) != NULL)
		strftime(text, sizeof text, "%b %e %Y %H:%M:%S", &tm);
	d->lf = event_str(ev, text);
}

static void
publish(struct gold *all, const struct health *found, const struct health_item *item, const struct result *r,
	bool is_new)
{
	struct event *ev = event_new(all->engine, &detector_gold, NULL, NULL);
	const struct health_form *form = health_form(item->test);
	struct gold_data *d = ev->data;
	char code[160];

	snprintf(code, sizeof code, "%s %s %lld", form->name, item->what, (long long)item->value);
	d->card = CARD;
	d->sub_card = SUBCARD;
	d->action_notify = "true";
	d->bl = "bypass";
	d->cc = "1";
	d->cf = r->failures_in_row;
	d->ec = event_str(ev, code);
	fill_last(ev, d, r->failed_wall);
	d->new_failure = is_new ? "true" : "false";
	d->overall_result = overall(all, found);
	d->rc = r->runs;
	d->sn = event_str(ev, found->serial);
	d->tc = (int64_t)found->n;
	d->testing_type = form->when;
	d->test = item->test;
	d->failed = r->failed;
	d->is_new = is_new;
	ev->severity = !r->failed ? "severity-normal" : form->is_major ? "severity-major" : "severity-minor";
	ev->source = "diagnostics";
	bus_publish(all->engine->bus, ev, NULL, 0);
}

static bool
severity_fits(const struct gold_spec *a, const struct gold_data *d)
{
	bool is_major = health_form(d->test)->is_major;

	if (!a->severity_major.set && !a->severity_minor.set && !a->severity_normal.set)
		return d->failed;
	return d->failed ? (is_major ? a->severity_major.set : a->severity_minor.set)
			 : a->severity_normal.set;
}

static bool
gold_match(const struct spec *s, const struct event *ev)
{
	const struct gold_spec *a = s->args;
	const struct gold_data *d = ev->data;
	bool repeats = d->failed && !d->is_new;

	if (!severity_fits(a, d) || (a->test_id.set && a->test_id.v != (int64_t)d->test + 1) ||
		(a->test_name.set && health_find(a->test_name.s) != d->test) ||
		(a->testing_type.set && strcmp(testing_types[a->testing_type.v].word, d->testing_type) != 0))
		return false;
	if (a->consecutive_failure.set && d->cf != a->consecutive_failure.v)
		return false;
	if (a->new_failure.set)
		return a->new_failure.v ? d->is_new : !d->is_new;
	return !repeats || a->consecutive_failure.set;
}

/* ---- looking ---- */

static void
look_at(struct gold *all, const struct health *found, const struct health_item *item, bool stood)
{
	const struct health_form *form = health_form(item->test);
	char key[sizeof((struct result *)NULL)->key];
	struct result *r;
	bool failed, before;

	snprintf(key, sizeof key, "%d %s", (int)item->test, item->what);
	HASH_FIND_STR(all->results, key, r);
	if (r == NULL) {
		r = mem_new(all, struct result);
		strcpy(r->key, key);
		r->value = form->counts ? item->value : 0; /* what was counted before we looked is no news */
		HASH_ADD_STR(all->results, key, r);
	}
	r->is_there = true;
	r->runs++;
	failed = form->counts ? item->value > r->value : item->value != 0;
	before = r->failed;
	r->value = item->value;
	r->failed = failed;
	r->failures_in_row = failed ? r->failures_in_row + 1 : 0;
	if (failed)
		r->failed_wall = loop_wall(all->engine->loop);
	if ((failed || before) && !stood)
		publish(all, found, item, r, failed && !before);
}

static void
forget(struct gold *all, bool also_present)
{
	struct result *r, *next;

	HASH_ITER (hh, all->results, r, next) {
		if (also_present || !r->is_there) {
			HASH_DEL(all->results, r);
			mem_free(r);
			continue;
		}
		r->is_there = false;
	}
}

/* ---- rounds ---- */

static void *
read_machine(const char *sysfs, const char *procfs)
{
	return health_read(sysfs, procfs);
}

static void
release(void *found)
{
	health_free(found);
}

static bool
look(void *arg, const void *found, bool stood)
{
	const struct health *all = found;

	for (size_t i = 0; i < all->n; i++)
		look_at(arg, all, &all->v[i], stood);
	forget(arg, false);
	return all->n > 0;
}

static void
end(void *arg)
{
	forget(arg, true);
}

static const struct rounds_kind rounds = {
	.detector = &detector_gold,
	.every = POLL,
	.needs = NEEDS,
	.read = read_machine,
	.release = release,
	.look = look,
	.end = end,
};

static bool
gold_arm(struct spec *s, struct err *err)
{
	rounds_arm(state_of(s->engine)->rounds);
	return true;
}

static void
gold_disarm(struct spec *s)
{
	rounds_disarm(state_of(s->engine)->rounds);
}

static int
gold_free(void *ptr)
{
	struct gold *all = ptr;

	HASH_CLEAR(hh, all->results); /* the table; its entries are ours */
	return 0;
}

static bool
gold_start(struct engine *engine, struct err *err)
{
	struct gold *all = mem_new(engine->bus, struct gold);

	all->engine = engine;
	all->rounds = rounds_new(all, engine, &rounds, all);
	mem_on_free(all, gold_free);
	*bus_detector_state(engine->bus, &detector_gold) = all;
	return true;
}

const struct detector detector_gold = {
	.name = "gold",
	.help = "GOLD event",
	.version = "01.00",
	.kw = gold_kw,
	.spec_size = sizeof(struct gold_spec),
	.data_size = sizeof(struct gold_data),
	.fields = gold_fields,
	.key = "_gold_card,_gold_sub_card",
	.check = gold_check,
	.start = gold_start,
	.arm = gold_arm,
	.disarm = gold_disarm,
	.match = gold_match,
};
