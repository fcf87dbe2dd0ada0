/* The match set: always the answer of trying each pattern in turn, whatever the index thinks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bus/matchset.h"
#include "core/mem.h"
#include "core/regex.h"

#define PATTERNS 600
#define MESSAGES 400

/* Words that make patterns and messages meet often, and nearly meet more often. */
static const char *const mnemonics[] = { "LINK-3-UPDOWN", "LINEPROTO-5-UPDOWN", "BGP-5-ADJCHANGE", "A-1-B",
	"HA_EM-6-LOG" };
static const char *const words[] = { "Interface", "GigabitEthernet0/1", "GigabitEthernet0/10",
	"changed state to", "up", "down", "neighbor 10.0.0.1", "neighbor 10.0.0.11", "a", "ab", "abc", "x.y",
	"[it]", "100%", "Vlan7", "\xc3\xa9t\xc3\xa9" };
static const char *const joints[] = { " ", " ", ".*", ".", "[^ ]+ ", ", ", "(up|down)", "( is)?", "\\d+",
	"\\s", "x?", "o+", "" };
static const char *const oddities[] = { "(?i)interface", "(?=a)a", "(a+)+$", ".*", "^$", "a|b", "(a|aa)+b",
	"\\bup\\b" };

static const char *
pick(const char *const *list, size_t n)
{
	return list[(size_t)rand() % n];
}
#define PICK(list) pick(list, sizeof(list) / sizeof((list)[0]))

static void
add_quoted(char *out, const char *word)
{
	char *o = out + strlen(out);

	for (; *word != '\0'; word++) {
		if (strchr(".[]()*+?|^$\\{}", *word) != NULL)
			*o++ = '\\';
		*o++ = *word;
	}
	*o = '\0';
}

static void
random_pattern(char *out)
{
	unsigned branches = rand() % 6 == 0 ? 2 : 1;

	*out = '\0';
	if (rand() % 25 == 0) {
		strcpy(out, PICK(oddities));
		return;
	}
	for (unsigned b = 0; b < branches; b++) {
		if (b > 0)
			strcat(out, "|");
		if (rand() % 3 != 0)
			sprintf(out + strlen(out), "%%%s%s", PICK(mnemonics), rand() % 3 != 0 ? ": " : "");
		for (int i = 1 + rand() % 3; i > 0; i--) {
			add_quoted(out, PICK(words));
			if (i > 1)
				strcat(out, PICK(joints));
		}
		if (rand() % 8 == 0)
			strcat(out, "$");
	}
}

static size_t
random_message(char *out)
{
	*out = '\0';
	for (int m = rand() % 4 == 0 ? rand() % 3 : 1; m > 0; m--)
		sprintf(out + strlen(out), "%%%s: ", PICK(mnemonics));
	for (int i = rand() % 7; i > 0; i--) {
		strcat(out, PICK(words));
		if (rand() % 3 != 0)
			strcat(out, " ");
	}
	if (rand() % 40 == 0)
		strcat(out, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
	return strlen(out);
}

struct seen {
	unsigned char hit[PATTERNS];
	unsigned n;
	intptr_t last;
};

static void
see(void *arg, void *owner, const struct regex_captures *c)
{
	struct seen *s = arg;
	intptr_t i = (intptr_t)owner;

	assert_true(c->n >= 1);
	assert_true(i > s->last || s->last == PATTERNS); /* in the order of adding */
	s->hit[i]++;
	s->n++;
	s->last = i;
}

/* In-turn matching, with what it finds hard. */
static void
compare(struct matchset *set, struct matchset_caller *caller, struct regex **re, struct regex_scratch *sc)
{
	for (unsigned m = 0; m < MESSAGES; m++) {
		char s[1024];
		size_t n = random_message(s);
		char *exact = memcpy(malloc(n + 1), s, n); /* so that a sanitizer sees what lies behind */
		struct seen seen = { .last = -1 };
		unsigned want = 0;

		matchset_scan(set, caller, exact, n, see, &seen);
		for (unsigned i = 0; i < PATTERNS; i++) {
			bool yes = re[i] != NULL && regex_match(re[i], sc, exact, n, NULL) == REGEX_YES;

			want += yes;
			if (seen.hit[i] != yes)
				fail_msg("/%s/ on \"%s\": %u", regex_text(re[i]), s, seen.hit[i]);
		}
		assert_int_equal(seen.n, want);
		free(exact);
	}
}

static void
test_as_in_turn(void **state)
{
	void *ctx = mem_ctx(NULL, "test");
	struct matchset *set = matchset_new(ctx);
	struct matchset_caller *caller = matchset_caller_new(ctx, REGEX_JIT);
	struct regex_scratch *sc = regex_scratch_new(ctx, REGEX_JIT);
	struct matchset_rule *rule[PATTERNS] = { NULL };
	struct regex *re[PATTERNS] = { NULL };
	struct matchset_stats st;

	srand(7);
	for (unsigned i = 0; i < PATTERNS; i++) {
		char pattern[512];

		random_pattern(pattern);
		rule[i] = matchset_add(set, (void *)(intptr_t)i, pattern, NULL);
		assert_non_null(rule[i]);
		re[i] = regex_new(ctx, pattern, REGEX_EVENT, NULL);
		if (i % 50 == 0)
			matchset_commit(set);
	}
	matchset_commit(set);
	matchset_stats(set, &st);
	assert_int_equal(st.rules, PATTERNS);
	assert_int_equal(st.mnemonics, 5);
	assert_true(st.by_mnemonic > PATTERNS / 4 && st.by_piece > PATTERNS / 20 && st.residue > 10);
	compare(set, caller, re, sc);
	/* Any of them may go, in any order; what is left stays right. */
	for (unsigned left = PATTERNS, round = 0; left > 20; round++) {
		for (unsigned i = 0; i < PATTERNS; i++)
			if (rule[i] != NULL && rand() % 3 == 0) {
				matchset_remove(set, rule[i]);
				rule[i] = NULL;
				mem_free(re[i]);
				re[i] = NULL;
				left--;
			}
		matchset_commit(set);
		compare(set, caller, re, sc);
	}
	mem_free(ctx);
}

struct swap {
	struct matchset *set;
	struct matchset_rule *victim;
	unsigned calls;
};

static void
remove_the_other(void *arg, void *owner, const struct regex_captures *c)
{
	struct swap *s = arg;

	s->calls++;
	if (s->victim != NULL)
		matchset_remove(s->set, s->victim);
	s->victim = NULL;
}

static void
test_removed_while_matching(void **state)
{
	struct swap s = { .set = matchset_new(NULL) };
	struct matchset_caller *caller = matchset_caller_new(s.set, REGEX_JIT);

	matchset_add(s.set, NULL, "%A-1-B: x", NULL);
	s.victim = matchset_add(s.set, NULL, "%A-1-B: .", NULL);
	assert_int_equal(matchset_scan(s.set, caller, "%A-1-B: x", 9, remove_the_other, &s), 0);
	matchset_commit(s.set);
	assert_int_equal(matchset_scan(s.set, caller, "%A-1-B: x", 9, remove_the_other, &s), 1);
	matchset_commit(s.set);
	assert_int_equal(matchset_scan(s.set, caller, "%A-1-B: x", 9, remove_the_other, &s), 1);
	assert_int_equal(s.calls, 2);
	mem_free(s.set);
}

static void
test_limits_are_counted(void **state)
{
	struct swap s = { .set = matchset_new(NULL) };
	struct matchset_caller *caller = matchset_caller_new(s.set, REGEX_JIT);
	struct matchset_rule *evil = matchset_add(s.set, NULL, "(a+)+$", NULL);
	struct matchset_rule *good = matchset_add(s.set, NULL, "aaaa!", NULL);
	const char *line = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	struct matchset_count n;

	matchset_commit(s.set);
	assert_int_equal(matchset_scan(s.set, caller, line, strlen(line), remove_the_other, &s), 1);
	matchset_count(evil, &n);
	assert_int_equal(n.candidates, 1);
	assert_int_equal(n.limits, 1);
	assert_int_equal(n.matches, 0);
	matchset_count(good, &n);
	assert_int_equal(n.limits, 0);
	assert_int_equal(n.matches, 1);
	mem_free(s.set);
}

static void
test_refused(void **state)
{
	struct matchset *set = matchset_new(NULL);
	struct matchset_stats st;
	struct err err = ERR_INIT;

	assert_null(matchset_add(set, NULL, "%A-1-B: (", &err));
	assert_int_equal(err.column, 10);
	matchset_commit(set);
	matchset_stats(set, &st);
	assert_int_equal(st.rules, 0);
	assert_int_equal(st.mnemonics, 0);
	mem_free(set);
}

struct said {
	enum matchset_verdict verdict[8];
	char missing[8][32];
};

static void
note(void *arg, void *owner, enum matchset_verdict v, struct slice missing)
{
	struct said *s = arg;
	intptr_t i = (intptr_t)owner;

	s->verdict[i] = v;
	snprintf(s->missing[i], sizeof s->missing[i], "%.*s", SLICE_FMT(missing));
}

static void
test_explains(void **state)
{
	static const struct {
		const char *pattern;
		enum matchset_verdict verdict;
		const char *missing;
	} rows[] = {
		{ "%LINK-3-UPDOWN: .*down", MATCHSET_YES, "" },
		{ "%LINK-5-CHANGED: .*down", MATCHSET_NO_MNEMONIC, "LINK-5-CHANGED" },
		{ "%LINK-3-UPDOWN: .*administratively", MATCHSET_NO_TEXT, "administratively" },
		{ "Gi0/1[0-9]", MATCHSET_NO_MATCH, "" },
		{ "BGP|OSPF|Gi0/1", MATCHSET_YES, "" },
		{ "(.+)+(.+)+(.+)+!", MATCHSET_NO_TEXT, "!" },
		{ "(.+)+(.+)+(.+)+[!]?$x", MATCHSET_NO_TEXT, "x" },
		{ "(.+)+(.+)+(.+)+[!?]", MATCHSET_GAVE_UP, "" },
	};
	struct matchset *set = matchset_new(NULL);
	struct matchset_caller *caller = matchset_caller_new(set, REGEX_JIT);
	const char *line = "%LINK-3-UPDOWN: Interface Gi0/1, changed state to down";
	struct said said = { 0 };

	for (size_t i = 0; i < 8; i++)
		assert_non_null(matchset_add(set, (void *)(intptr_t)i, rows[i].pattern, NULL));
	matchset_explain(set, caller, line, strlen(line), note, &said);
	for (size_t i = 0; i < 8; i++)
		if (said.verdict[i] != rows[i].verdict || strcmp(said.missing[i], rows[i].missing) != 0)
			fail_msg("/%s/: %u \"%s\"", rows[i].pattern, said.verdict[i], said.missing[i]);
	mem_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_in_turn),
		cmocka_unit_test(test_removed_while_matching),
		cmocka_unit_test(test_limits_are_counted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_explains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
