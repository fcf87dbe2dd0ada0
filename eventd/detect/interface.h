/* Detector interface: the engine's interfaces are there (engine->links), its statements arm. Engine thread. */
#ifndef DETECT_INTERFACE_H
#define DETECT_INTERFACE_H

struct engine;

void interface_detector_come(struct engine *);

#endif
