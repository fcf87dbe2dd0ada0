/* Where a route leads. */
#include "net/nexthop.h"

#include <string.h>

static void
take_gateway(struct nexthop *h, const void *raw, size_t n)
{
	if (n != 4 && n != 16)
		return;
	memcpy(h->gateway, raw, n);
	h->has_gateway = true;
	h->gateway_v6 = n == 16;
}

void
nexthop_take(struct nexthop *h, const struct nlattr *attr)
{
	const char *payload = mnl_attr_get_payload(attr);
	size_t n = mnl_attr_get_payload_len(attr);

	if (mnl_attr_get_type(attr) == RTA_GATEWAY)
		take_gateway(h, payload, n);
	else if (mnl_attr_get_type(attr) == RTA_VIA && n > 2) /* a family, then the address */
		take_gateway(h, payload + 2, n - 2);
	else if (mnl_attr_get_type(attr) == RTA_OIF && n >= sizeof(uint32_t))
		h->interface = (int)mnl_attr_get_u32(attr);
}

void
nexthops_each(const struct nlattr *multipath, nexthop_f *f, void *arg)
{
	const struct rtnexthop *h = mnl_attr_get_payload(multipath);
	int left = mnl_attr_get_payload_len(multipath);

	for (; left >= (int)sizeof *h && h->rtnh_len >= sizeof *h && h->rtnh_len <= left;
		left -= RTNH_ALIGN(h->rtnh_len), h = RTNH_NEXT(h)) {
		const struct nlattr *a = (const struct nlattr *)(const void *)(h + 1);
		int rest = h->rtnh_len - (int)sizeof *h;
		struct nexthop hop = { .interface = h->rtnh_ifindex };

		for (; mnl_attr_ok(a, rest); rest -= MNL_ALIGN(a->nla_len), a = mnl_attr_next(a))
			nexthop_take(&hop, a);
		f(arg, &hop, h, h + 1, h->rtnh_len - sizeof *h);
	}
}
