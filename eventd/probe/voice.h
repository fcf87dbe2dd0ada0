/* How good a call would have been: codecs, planning impairment (ITU-T G.113 1996) and opinion score (G.107). Pure. */
#ifndef PROBE_VOICE_H
#define PROBE_VOICE_H

#include <stdint.h>

struct jitter_result;

/* ORDER: as `codec ?` lists them. */
enum codec { CODEC_NONE, CODEC_G711ALAW, CODEC_G711ULAW, CODEC_G729A };

struct codec_defaults {
	const char *name;
	unsigned packets, interval_ms, size; /* of a run: IOS simulates a call of 20 s */
};
const struct codec_defaults *codec_defaults(enum codec);

/* Idd + Ie - A from the delay and the loss of the run; 0 without a codec. */
int voice_icpif(enum codec, const struct jitter_result *, int advantage);
/* 100 to 450: hundredths; 0 without a codec. */
int voice_mos(enum codec, int icpif);

#endif
