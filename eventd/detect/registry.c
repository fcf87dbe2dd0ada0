/* The detectors there are. */
#include "detect/detector.h"

const struct detector *const detectors[] = {
	&detector_application,
	&detector_none,
	&detector_syslog,
	&detector_timer,
	&detector_track,
	NULL,
};
