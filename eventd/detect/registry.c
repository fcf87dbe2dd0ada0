/* The detectors there are. */
#include "detect/detector.h"

const struct detector *const detectors[] = {
	&detector_application,
	&detector_env,
	&detector_gold,
	&detector_identity,
	&detector_interface,
	&detector_ioswdsysmon,
	&detector_ipsla,
	&detector_mat,
	&detector_neighbor_discovery,
	&detector_nf,
	&detector_none,
	&detector_oir,
	&detector_resource,
	&detector_rf,
	&detector_routing,
	&detector_rpc,
	&detector_snmp,
	&detector_snmp_notification,
	&detector_snmp_object,
	&detector_syslog,
	&detector_timer,
	&detector_track,
	NULL,
};
