/*
 * Detector nhrp: messages of the Next Hop Resolution Protocol. Only scripts have it, as on IOS; what its
 * options mean nobody has told (eem-language 4.29), so there are none.
 */
#include "detect/detector.h"

#include "detect/words.h"

struct nhrp_spec {
	struct spec_common common;
};

struct nhrp_data {
	const char *msg;
	int64_t argc;
	const char *arg[7];
	const char *attribute;
};

#define ARG(n_) WORDS_STR(struct nhrp_data, "_nhrp_arg" #n_, "Argument " #n_, arg[n_])

static const struct event_field nhrp_fields[] = {
	WORDS_STR(struct nhrp_data, "_nhrp_msg", "Message", msg),
	WORDS_INT(struct nhrp_data, "_nhrp_argc", "Number of arguments", argc),
	ARG(0),
	ARG(1),
	ARG(2),
	ARG(3),
	ARG(4),
	ARG(5),
	ARG(6),
	WORDS_STR(struct nhrp_data, "_nhrp_attribute", "Attribute", attribute),
	EVENT_FIELDS_END,
};

static const struct kw nhrp_kw[] = {
	SPEC_COMMON_ROWS(struct nhrp_spec),
	KW_END,
};

const struct detector detector_nhrp = {
	.name = "nhrp",
	.help = "NHRP event",
	.version = "01.00",
	.kw = nhrp_kw,
	.spec_size = sizeof(struct nhrp_spec),
	.data_size = sizeof(struct nhrp_data),
	.fields = nhrp_fields,
	.key = "_nhrp_msg",
	.awaited = true,
	.of_scripts = true,
};
