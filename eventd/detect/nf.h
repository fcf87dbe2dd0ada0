/* Detector nf, for the lines `flow monitor`. Engine thread only. */
#ifndef DETECT_NF_H
#define DETECT_NF_H

struct conf;
struct engine;

/* Monitors came, changed or went: what is asked of them, and what statements lack. */
void nf_settle(struct engine *);

/* `flow monitor NAME` and the lines below it. */
void nf_rows(struct conf *);

#endif
