/* Opens and closes taps. */
#include "capture/tap.h"

#include <net/if.h>
#include <string.h>

uint64_t
tap_losses(const struct tap *tap)
{
	struct pcap_stat st;

	if (tap->pcap == NULL || pcap_stats(tap->pcap, &st) != 0)
		return tap->lost;
	return tap->lost + st.ps_drop;
}

void
tap_close(struct tap *tap)
{
	if (tap->pcap == NULL)
		return;
	tap->lost = tap_losses(tap);
	pcap_close(tap->pcap);
	tap->pcap = NULL;
	tap->next = NULL;
}

/* For people. */
static const char *
name_of(const struct tap *tap)
{
	return tap->is_plane ? "control plane" : tap->name;
}

static bool
set_filter(struct tap *tap, struct err *err)
{
	struct bpf_program program;
	bool ok;

	if (tap->filter[0] == '\0')
		return true;
	/* libpcap's optimizer (1.10) loses the load of the tag where another condition stands before `vlan`. */
	if (pcap_compile(tap->pcap, &program, tap->filter, strstr(tap->filter, "vlan") == NULL,
		    PCAP_NETMASK_UNKNOWN) != 0)
		return err_set(err, ERR_INVALID, "%s: filter: %s", name_of(tap), pcap_geterr(tap->pcap));
	ok = pcap_setfilter(tap->pcap, &program) == 0;
	pcap_freecode(&program);
	return ok || err_set(err, ERR_IO, "%s: filter: %s", name_of(tap), pcap_geterr(tap->pcap));
}

static bool
activate(struct tap *tap, struct err *err)
{
	int status;

	pcap_set_snaplen(tap->pcap, (int)tap->snaplen);
	pcap_set_promisc(tap->pcap, 0); /* a router captures what it forwards, receives and sends */
	/* Not the immediate mode: it gives each packet a slot of a whole packet's size in the kernel's ring. */
	pcap_set_timeout(tap->pcap, TAP_BLOCK_MS);
	pcap_set_buffer_size(tap->pcap, tap->kernel_bytes);
	pcap_set_tstamp_precision(tap->pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(tap->pcap);
	if (status == PCAP_ERROR_PERM_DENIED)
		return err_set(err, ERR_REFUSED,
			"%s: Permission denied: packets are captured by root only, or with the capability "
			"CAP_NET_RAW",
			name_of(tap));
	if (status < 0) {
		const char *what = pcap_statustostr(status), *detail = pcap_geterr(tap->pcap);

		if (detail[0] == '\0' || strcmp(detail, what) == 0)
			return err_set(err, ERR_IO, "%s: %s", name_of(tap), what);
		return err_set(err, ERR_IO, "%s: %s: %s", name_of(tap), what, detail);
	}
	return true;
}

static bool
open_now(struct tap *tap, struct err *err)
{
	static const struct {
		const char *word;
		pcap_direction_t pcap;
		uint16_t flag;
	} directions[] = { { "in", PCAP_D_IN, 1 }, { "out", PCAP_D_OUT, 2 }, { "both", PCAP_D_INOUT, 0 } };
	char why[PCAP_ERRBUF_SIZE] = "";
	size_t d = 0;
	int linktype = tap->linktype;

	while (d < 2 && strcmp(directions[d].word, tap->direction) != 0)
		d++;
	tap->flag = directions[d].flag;
	tap->pcap = pcap_create(tap->name, why);
	if (tap->pcap == NULL)
		return err_set(err, ERR_IO, "%s: %s", tap->name, why);
	if (!activate(tap, err))
		return false;
	if (pcap_setdirection(tap->pcap, directions[d].pcap) != 0 || pcap_setnonblock(tap->pcap, 1, why) != 0)
		return err_set(err, ERR_IO, "%s: %s", tap->name, pcap_geterr(tap->pcap));
	tap->linktype = pcap_datalink(tap->pcap);
	if (tap->index != 0 && tap->linktype != linktype) {
		tap->linktype = linktype;
		return err_set(err, ERR_REFUSED, "%s: it has another link type now", tap->name);
	}
	tap->index = if_nametoindex(tap->name);
	tap->fd = pcap_get_selectable_fd(tap->pcap);
	return set_filter(tap, err);
}

bool
tap_open(struct tap *tap, struct err *err)
{
	if (open_now(tap, err))
		return true;
	if (tap->pcap != NULL)
		pcap_close(tap->pcap);
	tap->pcap = NULL;
	return false;
}

/* libpcap says nothing of an interface that was deleted while we wait for its packets. */
bool
tap_is_gone(const struct tap *tap)
{
	return tap->pcap != NULL && if_nametoindex(tap->name) != tap->index;
}

bool
tap_is_back(const struct tap *tap)
{
	return tap->pcap == NULL && if_nametoindex(tap->name) != 0;
}
