/* Merges taps by time. */
#include "capture/intake.h"

#define NSEC_PER_SEC  1000000000
#define NSEC_PER_MSEC 1000000

/* With nanosecond precision tv_usec holds nanoseconds. */
static int64_t
time_of(const struct tap *t)
{
	return (int64_t)t->next->ts.tv_sec * NSEC_PER_SEC + t->next->ts.tv_usec;
}

/* No other tap can show an earlier packet. Stamps from the future are of a clock that was set back. */
static bool
is_ripe(const struct tap *t, int64_t now_ns)
{
	int64_t age = now_ns - time_of(t);

	return age >= (int64_t)INTAKE_WAIT_MS * NSEC_PER_MSEC || age < -NSEC_PER_SEC;
}

void
intake_begin(struct tap *taps, size_t n, int64_t now_ns)
{
	for (size_t i = 0; i < n; i++) {
		taps[i].is_dry = false;
		taps[i].asked_ns = now_ns;
	}
}

/* False: it has come to its end. */
static bool
look(struct tap *t)
{
	int got;

	if (t->next != NULL || t->is_dry)
		return true;
	got = pcap_next_ex(t->pcap, &t->next, &t->data);
	if (got == 1)
		return true;
	t->next = NULL;
	t->is_dry = got == 0;
	return got == 0;
}

static void
take(struct tap *t, uint16_t index, struct packet *p)
{
	*p = (struct packet){ .ns = time_of(t),
		.wire_len = t->next->len,
		.len = t->next->caplen,
		.tap = index,
		.direction = t->flag,
		.data = t->data };
	t->next = NULL;
}

enum intake
intake_next(struct tap *taps, size_t n, bool all, struct packet *p)
{
	size_t first = n;
	bool may_come = false;

	for (size_t i = 0; i < n; i++) {
		if (taps[i].pcap == NULL)
			continue;
		if (!look(&taps[i])) {
			p->tap = (uint16_t)i;
			return INTAKE_LOST;
		}
		may_come = may_come || taps[i].is_dry;
		if (taps[i].next != NULL && (first == n || time_of(&taps[i]) < time_of(&taps[first])))
			first = i;
	}
	if (first == n || (may_come && !all && !is_ripe(&taps[first], taps[first].asked_ns)))
		return INTAKE_NONE;
	take(&taps[first], (uint16_t)first, p);
	return INTAKE_PACKET;
}

int
intake_timeout(const struct tap *taps, size_t n, int64_t now_ns)
{
	int64_t least = -1;

	for (size_t i = 0; i < n; i++) {
		int64_t left;

		if (taps[i].pcap == NULL || taps[i].next == NULL)
			continue;
		left = is_ripe(&taps[i], now_ns)
			       ? 0
			       : time_of(&taps[i]) + (int64_t)INTAKE_WAIT_MS * NSEC_PER_MSEC - now_ns;
		if (least < 0 || left < least)
			least = left;
	}
	return least < 0 ? -1 : (int)((least + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
}
