/* Detector routing: the kernel's routes can be followed, its statements arm. Engine thread. */
#ifndef DETECT_ROUTING_H
#define DETECT_ROUTING_H

struct engine;

void routing_detector_come(struct engine *);

#endif
