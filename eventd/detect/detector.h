/* The registry of detectors: the table that is handed to the bus at start. */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include "bus/bus.h"
#include "bus/detector.h"

extern const struct detector detector_application, detector_cli, detector_config, detector_counter,
	detector_env, detector_gold, detector_identity, detector_interface, detector_ioswdsysmon,
	detector_ipsla, detector_mat, detector_neighbor_discovery, detector_nf, detector_nhrp, detector_none,
	detector_oir, detector_resource, detector_rf, detector_routing, detector_routing_neighbor,
	detector_rpc, detector_snmp, detector_snmp_notification, detector_snmp_object, detector_syslog,
	detector_timer, detector_timer_subscriber, detector_track;

/* ORDER: as `event ?` lists them. Ends with NULL. */
extern const struct detector *const detectors[];

#endif
