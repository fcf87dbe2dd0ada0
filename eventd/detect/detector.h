/* The registry of detectors: the table that is handed to the bus at start. */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include "bus/bus.h"
#include "bus/detector.h"

extern const struct detector detector_application, detector_none, detector_syslog, detector_timer,
	detector_track;

/* ORDER: as `event ?` lists them. Ends with NULL. */
extern const struct detector *const detectors[];

#endif
