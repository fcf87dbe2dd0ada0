/* Statistics of the packets of a jitter operation. */
#include "probe/jitter.h"

#include <string.h>

#define DAY_US (86400LL * 1000000)
/* One-way times of clocks in step lie between nothing and the round trip, give or take their resolution. */
#define SLACK_US 1000

#define FIELD(name_)                                          \
	{                                                     \
#name_, offsetof(struct jitter_result, name_) \
	}

static const struct {
	const char *name;
	size_t at;
} fields[] = {
	FIELD(sent),
	FIELD(rtt_count),
	FIELD(rtt_min),
	FIELD(rtt_max),
	FIELD(rtt_sum),
	FIELD(over_threshold),
	FIELD(latency_count),
	FIELD(latency_sd_min),
	FIELD(latency_sd_max),
	FIELD(latency_sd_sum),
	FIELD(latency_ds_min),
	FIELD(latency_ds_max),
	FIELD(latency_ds_sum),
	FIELD(unsynchronised),
	FIELD(jitter_sd_count),
	FIELD(jitter_sd_min),
	FIELD(jitter_sd_max),
	FIELD(jitter_sd_sum),
	FIELD(jitter_ds_count),
	FIELD(jitter_ds_min),
	FIELD(jitter_ds_max),
	FIELD(jitter_ds_sum),
	FIELD(positive_sd_max),
	FIELD(negative_sd_max),
	FIELD(positive_ds_max),
	FIELD(negative_ds_max),
	FIELD(loss),
	FIELD(loss_sd),
	FIELD(loss_sd_periods),
	FIELD(loss_sd_length_min),
	FIELD(loss_sd_length_max),
	FIELD(loss_sd_gap_min),
	FIELD(loss_sd_gap_max),
	FIELD(loss_ds),
	FIELD(loss_ds_periods),
	FIELD(loss_ds_length_min),
	FIELD(loss_ds_length_max),
	FIELD(loss_ds_gap_min),
	FIELD(loss_ds_gap_max),
	FIELD(successive_loss),
	FIELD(out_of_sequence),
	FIELD(out_of_sequence_sd),
	FIELD(out_of_sequence_ds),
	FIELD(mia),
	FIELD(late),
	FIELD(skipped),
};

json_t *
jitter_to_json(const struct jitter_result *r)
{
	json_t *j = json_object();

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		json_object_set_new(
			j, fields[i].name, json_integer(*(const int64_t *)((const char *)r + fields[i].at)));
	return j;
}

void
jitter_from_json(struct jitter_result *r, const json_t *j)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		*(int64_t *)((char *)r + fields[i].at) =
			json_integer_value(json_object_get(j, fields[i].name));
}

void
jitter_each(const struct jitter_result *r, void (*f)(void *arg, const char *name, int64_t), void *arg)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		f(arg, fields[i].name, *(const int64_t *)((const char *)r + fields[i].at));
}

/* ---- sums ---- */

static void
add(int64_t *count, int64_t *min, int64_t *max, int64_t *sum, int64_t value)
{
	if (*count == 0 || value < *min)
		*min = value;
	if (*count == 0 || value > *max)
		*max = value;
	*sum += value;
	++*count;
}

/* now - then, where both may be of the day. */
static int64_t
from(int64_t then, int64_t now, bool of_day)
{
	int64_t d = now - then;

	if (of_day && d > DAY_US / 2)
		d -= DAY_US;
	else if (of_day && d < -DAY_US / 2)
		d += DAY_US;
	return d;
}

uint32_t
jitter_unwrap(uint32_t last, uint16_t next)
{
	int32_t step = (int16_t)(uint16_t)(next - (uint16_t)last);

	return (uint32_t)((int64_t)last + step);
}

/* ---- one reply ---- */

static int64_t
round_trip(const struct jitter_sample *s, bool of_day, bool has_responder)
{
	int64_t all = from(s->sent, s->arrived, of_day), there;

	if (!has_responder)
		return all;
	there = from(s->responder_received, s->responder_sent, of_day);
	return there > 0 && there <= all ? all - there : all;
}

static void
one_way(struct jitter_result *r, const struct jitter_sample *s, int64_t rtt, bool of_day)
{
	int64_t sd = from(s->sent, s->responder_received, of_day),
		ds = from(s->responder_sent, s->arrived, of_day), count = r->latency_count;

	if (sd < -SLACK_US || ds < -SLACK_US || sd > rtt + SLACK_US || ds > rtt + SLACK_US) {
		r->unsynchronised++;
		return;
	}
	add(&count, &r->latency_sd_min, &r->latency_sd_max, &r->latency_sd_sum, sd < 0 ? 0 : sd);
	add(&r->latency_count, &r->latency_ds_min, &r->latency_ds_max, &r->latency_ds_sum, ds < 0 ? 0 : ds);
}

static void
jitter_of(int64_t d, int64_t *count, int64_t *min, int64_t *max, int64_t *sum, int64_t *positive,
	int64_t *negative)
{
	add(count, min, max, sum, d < 0 ? -d : d);
	if (d > *positive)
		*positive = d;
	if (-d > *negative)
		*negative = -d;
}

/* The difference of the transit times of two packets that were sent one behind the other. */
static void
between(struct jitter_result *r, const struct jitter_sample *a, const struct jitter_sample *b, bool of_day)
{
	jitter_of(from(b->sent, b->responder_received, of_day) - from(a->sent, a->responder_received, of_day),
		&r->jitter_sd_count, &r->jitter_sd_min, &r->jitter_sd_max, &r->jitter_sd_sum,
		&r->positive_sd_max, &r->negative_sd_max);
	jitter_of(from(b->responder_sent, b->arrived, of_day) - from(a->responder_sent, a->arrived, of_day),
		&r->jitter_ds_count, &r->jitter_ds_min, &r->jitter_ds_max, &r->jitter_ds_sum,
		&r->positive_ds_max, &r->negative_ds_max);
}

/* ---- loss ---- */

struct direction {
	int64_t *loss, *periods, *length_min, *length_max, *gap_min, *gap_max;
	int64_t since; /* packets since the last period */
};

static void
lost(struct direction *d, int64_t n)
{
	if (n <= 0)
		return;
	if (*d->periods > 0 && (*d->periods == 1 || d->since < *d->gap_min))
		*d->gap_min = d->since;
	if (*d->periods > 0 && d->since > *d->gap_max)
		*d->gap_max = d->since;
	if (*d->periods == 0 || n < *d->length_min)
		*d->length_min = n;
	if (n > *d->length_max)
		*d->length_max = n;
	*d->loss += n;
	++*d->periods;
	d->since = 0;
}

/*
 * The responder counts what it receives: where its numbers go on by as many as ours, the replies were lost; where
 * they go on by less, the requests were.
 */
static void
losses(struct jitter_result *r, const struct jitter_sample *s, size_t n, bool has_responder)
{
	struct direction sd = { &r->loss_sd, &r->loss_sd_periods, &r->loss_sd_length_min,
		&r->loss_sd_length_max, &r->loss_sd_gap_min, &r->loss_sd_gap_max, 0 };
	struct direction ds = { &r->loss_ds, &r->loss_ds_periods, &r->loss_ds_length_min,
		&r->loss_ds_length_max, &r->loss_ds_gap_min, &r->loss_ds_gap_max, 0 };
	uint32_t last = 0;
	int64_t row = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t back;

		if (s[i].skipped)
			continue;
		if (!s[i].received && !s[i].late) {
			row++;
			r->loss++;
			if (row > r->successive_loss)
				r->successive_loss = row;
			continue;
		}
		if (has_responder && s[i].responder_sequence != 0) {
			back = (int64_t)s[i].responder_sequence - last - 1;
			back = back < 0 ? 0 : back > row ? row : back;
			lost(&ds, back);
			lost(&sd, row - back);
			if (s[i].responder_sequence > last)
				last = s[i].responder_sequence;
		}
		sd.since++;
		ds.since++;
		row = 0;
	}
	r->mia = row;
}

/* Who overtook whom: on the way there the responder's numbers show it, on the way back our arrivals. */
static void
order(struct jitter_result *r, const struct jitter_sample *s, size_t n, bool has_responder)
{
	uint32_t responder = 0;
	unsigned arrival = 0;

	for (size_t i = 0; i < n; i++) {
		bool there, all;

		if (!s[i].received)
			continue;
		there = has_responder && s[i].responder_sequence < responder;
		all = s[i].arrival < arrival;
		r->out_of_sequence += all || there;
		r->out_of_sequence_sd += there;
		r->out_of_sequence_ds += all && !there;
		if (s[i].responder_sequence > responder)
			responder = s[i].responder_sequence;
		if (s[i].arrival > arrival)
			arrival = s[i].arrival;
	}
}

void
jitter_count(struct jitter_result *r, const struct jitter_sample *s, size_t n, int64_t threshold_us,
	bool of_day, bool has_responder)
{
	memset(r, 0, sizeof *r);
	for (size_t i = 0; i < n; i++) {
		int64_t rtt;

		r->skipped += s[i].skipped;
		r->sent += !s[i].skipped;
		r->late += s[i].late;
		if (!s[i].received)
			continue;
		rtt = round_trip(&s[i], of_day, has_responder);
		rtt = rtt < 0 ? 0 : rtt;
		add(&r->rtt_count, &r->rtt_min, &r->rtt_max, &r->rtt_sum, rtt);
		r->over_threshold += rtt > threshold_us;
		if (!has_responder)
			continue;
		one_way(r, &s[i], rtt, of_day);
		if (i > 0 && s[i - 1].received)
			between(r, &s[i - 1], &s[i], of_day);
	}
	losses(r, s, n, has_responder);
	order(r, s, n, has_responder);
}

static int64_t
average(int64_t sum, int64_t count)
{
	return count == 0 ? 0 : sum / count;
}

int64_t
jitter_rtt_average(const struct jitter_result *r)
{
	return average(r->rtt_sum, r->rtt_count);
}

int64_t
jitter_sd_average(const struct jitter_result *r)
{
	return average(r->jitter_sd_sum, r->jitter_sd_count);
}

int64_t
jitter_ds_average(const struct jitter_result *r)
{
	return average(r->jitter_ds_sum, r->jitter_ds_count);
}

int64_t
jitter_average(const struct jitter_result *r)
{
	return average(r->jitter_sd_sum + r->jitter_ds_sum, r->jitter_sd_count + r->jitter_ds_count);
}
