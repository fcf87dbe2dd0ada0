/* Sentences of FRR's daemons, taken apart. */
#include "peers/frr/adjacency.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/slice.h"

const char *
adjacency_protocol_word(enum adjacency_protocol p)
{
	static const char *const words[] = { "bfd", "bgp", "isis", "ospf",
		"ospfv3" }; /* ORDER: enum adjacency_protocol */

	return words[p];
}

const char *
adjacency_kind_word(enum adjacency_kind k)
{
	static const char *const words[] = { "down", "up", "change",
		"notification" }; /* ORDER: enum adjacency_kind */

	return words[k];
}

/* ---- a text from front to back ---- */

static bool
skip(struct slice *t, const char *what)
{
	size_t n = strlen(what);

	if (t->n < n || memcmp(t->s, what, n) != 0)
		return false;
	t->s += n;
	t->n -= n;
	return true;
}

/* What stands before `mark`; goes on behind it. False, and nothing changed, without a mark. */
static bool
until(struct slice *t, const char *mark, struct slice *out)
{
	const char *at = t->n == 0 ? NULL : memmem(t->s, t->n, mark, strlen(mark));

	if (at == NULL)
		return false;
	*out = slice_between(t->s, at);
	t->n -= (size_t)(at - t->s) + strlen(mark);
	t->s = at + strlen(mark);
	return true;
}

/* What stands before any of these characters, or all. */
static struct slice
word(struct slice *t, const char *ends)
{
	struct slice w = { .s = t->s, .n = 0 };

	while (w.n < t->n && strchr(ends, t->s[w.n]) == NULL)
		w.n++;
	t->s += w.n;
	t->n -= w.n;
	return w;
}

/* Cut where there is no more room, never an error: it is text for people. */
#define PUT(array_, slice_) put(array_, sizeof(array_), slice_)
static void
put(char *to, size_t size, struct slice from)
{
	size_t n = from.n < size ? from.n : size - 1;

	if (n > 0)
		memcpy(to, from.s, n);
	to[n] = '\0';
}

static void
trim(struct slice *t)
{
	while (t->n > 0 && (t->s[t->n - 1] == ' ' || t->s[t->n - 1] == '\n'))
		t->n--;
}

bool
adjacency_is_name(const char *s)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:%_-@/";

	return s[0] != '\0' && strspn(s, good) == strlen(s);
}

void
adjacency_set_afi(struct adjacency *a)
{
	unsigned char raw[16];
	char address[sizeof a->neighbor];

	snprintf(address, sizeof address, "%s", a->neighbor);
	address[strcspn(address, "%")] = '\0';
	if (inet_pton(AF_INET, address, raw) == 1)
		strcpy(a->afi, "ipv4");
	else if (inet_pton(AF_INET6, address, raw) == 1)
		strcpy(a->afi, "ipv6");
}

/* ---- BGP ---- */

/* "10.0.0.2(host)": the name that the neighbor told of itself is behind it. */
static bool
bgp_neighbor(struct slice *t, struct adjacency *a)
{
	struct slice host;

	PUT(a->neighbor, word(t, "( "));
	if (skip(t, "(") && until(t, ")", &host))
		PUT(a->hostname, host);
	return adjacency_is_name(a->neighbor);
}

/* "%ADJCHANGE: neighbor 10.0.0.2(host) in vrf default Down Interface down" */
static bool
bgp_change(struct slice t, struct adjacency *a)
{
	/* What IOS calls what FRR says. */
	static const struct {
		const char *frr, *ios;
	} reasons[] = {
		{ "BFD down received", "BFD adjacency down" },
		{ "BGP Notification send", "BGP Notification sent" },
		{ "Interface down", "Interface flap" },
		{ "Hold Timer Expired", "Hold timer expired" },
	};

	if (!bgp_neighbor(&t, a))
		return false;
	if (skip(&t, " in vrf "))
		PUT(a->vrf, word(&t, " "));
	if (skip(&t, " Up")) {
		a->kind = ADJACENCY_UP;
		strcpy(a->from, "OpenConfirm");
		strcpy(a->to, "Established");
		return true;
	}
	if (!skip(&t, " Down"))
		return false;
	a->kind = ADJACENCY_DOWN;
	strcpy(a->from, "Established");
	strcpy(a->to, "Idle");
	skip(&t, " ");
	trim(&t);
	PUT(a->reason, t);
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strcmp(a->reason, reasons[i].frr) == 0)
			strcpy(a->reason, reasons[i].ios);
	return true;
}

/* "2/2 (OPEN Message Error/Bad Peer AS)" as IOS says it: "2/2 (peer in wrong AS)". */
static void
bgp_error(struct slice code, struct slice text, struct adjacency *a)
{
	static const struct {
		const char *code, *ios;
	} known[] = {
		{ "2/2", "peer in wrong AS" },
		{ "4/0", "hold time expired" },
		{ "6/0", "cease" },
	};
	struct slice before;

	until(&text, "/", &before);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (slice_is(code, known[i].code))
			text = slice_of(known[i].ios);
	snprintf(a->notification, sizeof a->notification, "%.*s (%.*s)", SLICE_FMT(code), SLICE_FMT(text));
}

/* "%NOTIFICATION(Hard Reset): sent to neighbor 10.0.0.2 6/2 (Cease/Administrative Shutdown) 0 bytes " */
static bool
bgp_notification(struct slice t, struct adjacency *a)
{
	struct slice code, text, octets;
	size_t n = 0;

	a->kind = ADJACENCY_NOTIFICATION;
	if (skip(&t, "sent to neighbor "))
		strcpy(a->sent, "sent");
	else if (skip(&t, "received from neighbor "))
		strcpy(a->sent, "received");
	else
		return false;
	if (!bgp_neighbor(&t, a) || !skip(&t, " ") || !until(&t, " (", &code) || code.n > 7 ||
		!until(&t, ")", &text))
		return false;
	bgp_error(code, text, a);
	PUT(a->reason, slice_of(a->notification));
	skip(&t, " ");
	if (skip(&t, "\"") && until(&t, "\"", &text)) { /* RFC 9003: what its operator says */
		snprintf(a->reason, sizeof a->reason, "%s \"%.*s\"", a->notification, SLICE_FMT(text));
		return true;
	}
	octets = word(&t, " ");
	if (octets.n == 0 || octets.n > 4 || !skip(&t, " bytes"))
		return true;
	for (size_t i = 0; i < octets.n; i++)
		a->octets = 10 * a->octets + (unsigned)(octets.s[i] - '0') % 10;
	/* "fd e9" is FDE9 in IOS's message. */
	for (; t.n > 0 && n < sizeof a->data - 1; t.s++, t.n--)
		if (strchr("0123456789abcdefABCDEF", t.s[0]) != NULL && t.s[0] != '\0')
			a->data[n++] = t.s[0] >= 'a' ? (char)(t.s[0] - 'a' + 'A') : t.s[0];
	if (n != (size_t)2 * a->octets) /* FRR 8 prints a part of what it sends */
		a->data[0] = '\0';
	return true;
}

static bool
from_bgpd(struct slice t, struct adjacency *a)
{
	struct slice flags;

	a->protocol = ADJACENCY_BGP;
	if (skip(&t, "%ADJCHANGE: neighbor ")) {
		if (!bgp_change(t, a))
			return false;
	} else if (skip(&t, "%NOTIFICATION") && until(&t, ": ", &flags)) {
		if (!bgp_notification(t, a))
			return false;
	} else {
		return false;
	}
	adjacency_set_afi(a);
	return true;
}

/* ---- OSPF ---- */

/* FRR's state in the letters of IOS's messages; a neighbor that is deleted is down. */
static bool
ospf_state(struct slice t, char out[16])
{
	static const struct {
		const char *frr, *ios;
	} states[] = {
		{ "Down", "DOWN" },
		{ "Deleted", "DOWN" },
		{ "Attempt", "ATTEMPT" },
		{ "Init", "INIT" },
		{ "2-Way", "2WAY" },
		{ "Twoway", "2WAY" },
		{ "ExStart", "EXSTART" },
		{ "Exchange", "EXCHANGE" },
		{ "Loading", "LOADING" },
		{ "Full", "FULL" },
	};

	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (slice_is(t, states[i].frr)) {
			strcpy(out, states[i].ios);
			return true;
		}
	return false;
}

static void
ospf_reason(struct slice event, struct adjacency *a)
{
	static const struct {
		const char *frr, *ios;
	} events[] = {
		{ "LoadingDone", "Loading Done" },
		{ "InactivityTimer", "Neighbor Down: Dead timer expired" },
		{ "KillNbr", "Neighbor Down: Interface down or detached" },
		{ "LLDown", "Neighbor Down: Interface down or detached" },
		{ "1-WayReceived", "1-Way" },
		{ "OneWayReceived", "1-Way" },
		{ "SeqNumberMismatch", "Seq Number Mismatch" },
		{ "BadLSReq", "Bad LS Request" },
	};

	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (slice_is(event, events[i].frr))
			event = slice_of(events[i].ios);
	PUT(a->reason, event);
}

/*
 * "AdjChg: Nbr 10.0.0.2, NbrIP 10.0.0.2 (default) on eth0:10.0.0.1: Loading -> Full (LoadingDone)" of ospfd,
 * "AdjChg: Nbr 10.0.0.2(default) on 10.0.0.2%eth0: Loading -> Full (LoadingDone)" of ospf6d and older ones.
 */
static bool
from_ospf(struct slice t, struct adjacency *a, enum adjacency_protocol protocol)
{
	struct slice vrf, on, from, to, event, id;
	const char *part;

	a->protocol = protocol;
	if (!skip(&t, "AdjChg: Nbr "))
		return false;
	PUT(a->router_id, word(&t, ",( "));
	PUT(a->neighbor, slice_of(a->router_id));
	if (skip(&t, ", NbrIP "))
		PUT(a->neighbor, word(&t, " ("));
	skip(&t, " ");
	if (skip(&t, "(") && until(&t, ")", &vrf))
		PUT(a->vrf, vrf);
	if (!skip(&t, " on ") || !until(&t, ": ", &on) || !until(&t, " -> ", &from) || !until(&t, " (", &to))
		return false;
	event = word(&t, ")");
	if (!ospf_state(from, a->from) || !ospf_state(to, a->to) || !adjacency_is_name(a->neighbor))
		return false;
	part = on.n == 0 ? NULL : memchr(on.s, '%', on.n);
	id = part != NULL ? slice_between(part + 1, on.s + on.n) : word(&on, ":");
	PUT(a->interface, id);
	ospf_reason(event, a);
	a->kind = strcmp(a->to, "FULL") == 0     ? ADJACENCY_UP
		  : strcmp(a->to, "DOWN") == 0   ? ADJACENCY_DOWN
		  : strcmp(a->from, "FULL") == 0 ? ADJACENCY_DOWN
						 : ADJACENCY_CHANGE;
	strcpy(a->afi, protocol == ADJACENCY_OSPF ? "ipv4" : "ipv6");
	return true;
}

/* ---- IS-IS ---- */

/* "%ADJCHANGE: Adjacency to rb (eth0) for level-2 changed from Up to Down, circuit is being brought down" */
static bool
from_isisd(struct slice t, struct adjacency *a)
{
	struct slice name, interface, level, from, to;

	a->protocol = ADJACENCY_ISIS;
	if (!skip(&t, "%ADJCHANGE: Adjacency to ") || !until(&t, " (", &name) ||
		!until(&t, ") for ", &interface) || !until(&t, " changed from ", &level) ||
		!until(&t, " to ", &from))
		return false;
	to = word(&t, ",");
	skip(&t, ", ");
	trim(&t);
	PUT(a->neighbor, name);
	PUT(a->hostname, name);
	PUT(a->interface, interface);
	PUT(a->level, level);
	PUT(a->from, from);
	PUT(a->to, to);
	PUT(a->reason, slice_is(t, "unspecified") ? SLICE_NONE : t);
	a->kind = slice_is(to, "Up")     ? ADJACENCY_UP
		  : slice_is(to, "Down") ? ADJACENCY_DOWN
					 : ADJACENCY_CHANGE;
	return adjacency_is_name(a->neighbor);
}

/* ---- all ---- */

const char *
adjacency_log_text(const char *text, const char *end)
{
	while (text < end && *text == '[') {
		const char *close = memchr(text, ']', (size_t)(end - text));

		if (close == NULL)
			return text;
		text = close + 1;
	}
	while (text < end && *text == ' ')
		text++;
	return text;
}

bool
adjacency_from_log(const char *daemon, const char *text, size_t n, struct adjacency *a)
{
	struct slice t = { .s = text, .n = n };
	bool good = false;

	memset(a, 0, sizeof *a);
	if (n == 0 || memchr(text, '\0', n) != NULL)
		return false;
	if (strcmp(daemon, "bgpd") == 0)
		good = from_bgpd(t, a);
	else if (strcmp(daemon, "ospfd") == 0)
		good = from_ospf(t, a, ADJACENCY_OSPF);
	else if (strcmp(daemon, "ospf6d") == 0)
		good = from_ospf(t, a, ADJACENCY_OSPFV3);
	else if (strcmp(daemon, "isisd") == 0)
		good = from_isisd(t, a);
	if (good && a->vrf[0] == '\0')
		strcpy(a->vrf, "default");
	return good;
}
