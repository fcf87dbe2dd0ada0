/*
 * Lines `snmp-server ...` of IOS that are not here, each refused with its reason; and `snmp ...`, which
 * abbreviates it.
 */
#include "snmp/rows.h"

#include <stddef.h>

#include "conf/conf.h"
#include "core/engine.h"

#define SYSTEM(word_) "the SNMP agent of this machine answers for it: '" word_ "' in snmpd.conf"
#define AGENT(what_)  what_ " belongs to the SNMP agent of this machine: see snmpd.conf"
#define TRAPS                                                                                     \
	"eventd sends the notifications of the event manager only: an applet can send any other " \
	"('action LABEL info type snmp trap', 'action LABEL snmp-trap')"
#define LINK_TRAPS                                                                                         \
	"eventd sends no notification of links by itself: an applet on %LINK-3-UPDOWN can ('action LABEL " \
	"info type snmp trap')"
#define QUEUE  "notifications do not wait here: each is sent at once"
#define INDEX  "interfaces have the numbers that the kernel gives them: 'ip link' shows them"
#define FILES  "SNMP copies no files here"
#define LEARNT "the engine of a remote user is asked for its identifier when it is spoken to (RFC 3414)"
#define RELOAD "SNMP cannot reload this machine"

#define TRAP_TYPE(word_)                                     \
	{                                                    \
		.words = SNMP_ENABLE " " word_, .why = TRAPS \
	}

static const struct kw_absent rows[] = {
	{ "snmp-server access-policy", AGENT("this") },
	{ "snmp-server cache", AGENT("its cache") },
	{ "snmp-server chassis-id", "there is no number of a chassis here" },
	{ "snmp-server contact", SYSTEM("sysContact") },
	{ "snmp-server context", AGENT("a context") },
	{ "snmp-server drop", AGENT("what it drops") },
	{ "snmp-server enable informs",
		"each host says whether it gets informs: 'snmp-server host ADDRESS informs ...'" },
	{ "snmp-server enable logging",
		"requests are answered by the SNMP agent of this machine, which logs them" },
	{ "snmp-server engineID remote", LEARNT },
	{ "snmp-server file-transfer", FILES },
	{ "snmp-server ifindex", INDEX },
	{ "snmp-server inform", "an inform is sent three times here at most, with 2 seconds between" },
	{ "snmp-server ip", "packets of SNMP are not marked here" },
	{ "snmp-server location", SYSTEM("sysLocation") },
	{ "snmp-server logging", "requests are answered by the SNMP agent of this machine, which logs them" },
	{ "snmp-server manager session-timeout", "no sessions of managers are kept here" },
	{ "snmp-server packetsize", "a packet of SNMP may have the 65,507 octets that UDP carries" },
	{ "snmp-server queue-length", QUEUE },
	{ "snmp-server queue-limit", QUEUE },
	{ "snmp-server sparse-tables", AGENT("the form of tables") },
	{ "snmp-server spi", AGENT("this") },
	{ "snmp-server system-shutdown", RELOAD },
	{ "snmp-server tftp-server-list", FILES },
	{ "snmp-server trap", LINK_TRAPS },
	{ "snmp-server trap-authentication",
		"eventd sends no notification of wrong communities: the SNMP agent of this machine does "
		"('authtrapenable 1' in snmpd.conf)" },
	{ "snmp-server trap-timeout", QUEUE },
	{ "snmp-server usm",
		"users have the keys of RFC 3414 and, for AES-192 and AES-256, those of Cisco routers" },
	{ "snmp-server view", AGENT("a view") },
	{ "snmp-server get",
		"EXEC has no SNMP here: 'action LABEL info type snmp oid' asks agents, as snmpget does" },
	{ "snmp-server ifmib", INDEX },
	{ "snmp-server mib", AGENT("what its MIBs do") },
	TRAP_TYPE("aaa_server"),
	TRAP_TYPE("alarms"),
	TRAP_TYPE("atm"),
	TRAP_TYPE("auth-framework"),
	TRAP_TYPE("bfd"),
	TRAP_TYPE("bgp"),
	TRAP_TYPE("bridge"),
	TRAP_TYPE("bulkstat"),
	TRAP_TYPE("call-home"),
	TRAP_TYPE("cef"),
	TRAP_TYPE("cnpd"),
	TRAP_TYPE("config"),
	TRAP_TYPE("config-copy"),
	TRAP_TYPE("config-ctid"),
	TRAP_TYPE("cpu"),
	TRAP_TYPE("dhcp"),
	TRAP_TYPE("dlsw"),
	TRAP_TYPE("dot1x"),
	TRAP_TYPE("ds1"),
	TRAP_TYPE("ds3"),
	TRAP_TYPE("dsp"),
	TRAP_TYPE("eigrp"),
	TRAP_TYPE("energywise"),
	TRAP_TYPE("entity"),
	TRAP_TYPE("entity-diag"),
	TRAP_TYPE("entity-ext"),
	TRAP_TYPE("entity-qfp"),
	TRAP_TYPE("entity-sensor"),
	TRAP_TYPE("entity-state"),
	TRAP_TYPE("envmon"),
	TRAP_TYPE("errdisable"),
	TRAP_TYPE("ethernet"),
	TRAP_TYPE("firewall"),
	TRAP_TYPE("flash"),
	TRAP_TYPE("flowmon"),
	TRAP_TYPE("frame-relay"),
	TRAP_TYPE("fru-ctrl"),
	TRAP_TYPE("gdoi"),
	TRAP_TYPE("hsrp"),
	TRAP_TYPE("ike"),
	TRAP_TYPE("ipmobile"),
	TRAP_TYPE("ipmulticast"),
	TRAP_TYPE("ipsec"),
	TRAP_TYPE("ipsla"),
	TRAP_TYPE("isdn"),
	TRAP_TYPE("isis"),
	TRAP_TYPE("l2tun"),
	TRAP_TYPE("license"),
	TRAP_TYPE("local-auth"),
	TRAP_TYPE("lisp"),
	TRAP_TYPE("mac-notification"),
	TRAP_TYPE("memory"),
	TRAP_TYPE("mpls"),
	TRAP_TYPE("msdp"),
	TRAP_TYPE("mvpn"),
	TRAP_TYPE("nhrp"),
	TRAP_TYPE("ospf"),
	TRAP_TYPE("ospfv3"),
	TRAP_TYPE("pfr"),
	TRAP_TYPE("pim"),
	TRAP_TYPE("pki"),
	TRAP_TYPE("port-security"),
	TRAP_TYPE("power-ethernet"),
	TRAP_TYPE("pppoe"),
	TRAP_TYPE("pw"),
	TRAP_TYPE("resource-policy"),
	TRAP_TYPE("rep"),
	TRAP_TYPE("rf"),
	TRAP_TYPE("rsvp"),
	TRAP_TYPE("rtr"),
	TRAP_TYPE("smart-license"),
	TRAP_TYPE("snmp"),
	TRAP_TYPE("sonet"),
	TRAP_TYPE("srp"),
	TRAP_TYPE("stackwise"),
	TRAP_TYPE("storm-control"),
	TRAP_TYPE("stpx"),
	TRAP_TYPE("syslog"),
	TRAP_TYPE("transceiver"),
	TRAP_TYPE("trustsec"),
	TRAP_TYPE("tty"),
	TRAP_TYPE("udp-port"),
	TRAP_TYPE("vlan-membership"),
	TRAP_TYPE("vlancreate"),
	TRAP_TYPE("vlandelete"),
	TRAP_TYPE("voice"),
	TRAP_TYPE("vrfmib"),
	TRAP_TYPE("vrrp"),
	TRAP_TYPE("vswitch"),
	TRAP_TYPE("vtp"),
	TRAP_TYPE("xgcp"),
};

void
snmp_absent_start(struct engine *e)
{
	conf_absent(e->conf, "config", rows, sizeof rows / sizeof *rows);
}
