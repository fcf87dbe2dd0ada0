/* Voice scores of jitter operations with a codec. */
#include "probe/voice.h"

#include "probe/jitter.h"

/* ORDER: enum codec. The size is that of the payload and twelve octets of RTP. */
static const struct codec_defaults codecs[] = {
	{ "", 10, 20, 32 },
	{ "g711alaw", 1000, 20, 172 },
	{ "g711ulaw", 1000, 20, 172 },
	{ "g729a", 1000, 20, 32 },
};

const struct codec_defaults *
codec_defaults(enum codec c)
{
	return &codecs[c];
}

/* One point of a table: from this value on. */
struct point {
	int from, impairment;
};

/* Idd: impairment by the one-way delay in milliseconds. */
static const struct point delays[] = { { 0, 1 }, { 100, 2 }, { 150, 4 }, { 200, 7 }, { 250, 10 }, { 300, 15 },
	{ -1, 0 } };
/* Ie: impairment by the loss in per cent, which differs by what the codec has for lost packets. */
static const struct point loss_pcm[] = { { 0, 0 }, { 2, 12 }, { 4, 22 }, { 6, 28 }, { 8, 32 }, { -1, 0 } };
static const struct point loss_g729a[] = { { 0, 10 }, { 2, 20 }, { 4, 30 }, { 6, 38 }, { 8, 42 }, { -1, 0 } };

static int
look_up(const struct point *p, int64_t value)
{
	int found = 0;

	for (; p->from >= 0 && value >= p->from; p++)
		found = p->impairment;
	return found;
}

int
voice_icpif(enum codec c, const struct jitter_result *r, int advantage)
{
	/* Without clocks in step, half the round trip is the best guess. */
	int64_t delay = r->latency_count > 0 ? (r->latency_sd_sum + r->latency_ds_sum) / r->latency_count / 2
					     : jitter_rtt_average(r) / 2;
	int64_t loss = r->sent == 0 ? 100 : (r->loss + r->late) * 100 / r->sent;
	int icpif;

	if (c == CODEC_NONE)
		return 0;
	icpif = look_up(delays, delay / 1000) + look_up(c == CODEC_G729A ? loss_g729a : loss_pcm, loss) -
		advantage;
	return icpif < 0 ? 0 : icpif;
}

/*
 * MOS from a rating R as in annex B of G.107. That of R from the impairment is Cisco's own, and not published: this
 * line gives what routers show, 4.34 at ICPIF 1 (G.711) and 4.06 at 11 (G.729A). R = 93.2 - ICPIF would be 0.05 more.
 */
int
voice_mos(enum codec c, int icpif)
{
	double r = 91 - 0.9 * icpif;

	if (c == CODEC_NONE)
		return 0;
	if (r <= 6.5) /* below it the polynomial falls under 1 */
		return 100;
	return (int)((1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)) * 100 + 0.5);
}
