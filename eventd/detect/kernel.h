/* The detectors that read what the kernel tells: their statements arm from now on. Engine thread. */
#ifndef DETECT_KERNEL_H
#define DETECT_KERNEL_H

struct engine;

/* Those whose source (engine->links, engine->addresses) is there. */
void kernel_detectors_come(struct engine *);

#endif
