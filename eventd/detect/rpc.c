/* Detector rpc: policies that are called from outside. */
#include "detect/detector.h"

#include "core/text.h"
#include "detect/words.h"

struct rpc_spec {
	struct spec_common common;
	struct kw_time wait;
};

struct rpc_data {
	int64_t argc;
	const char *arg0;
	const char *arg1;
	const char *arg2;
	const char *arg3;
	const char *arg4;
	const char *arg5;
	const char *arg6;
	const char *arg7;
	const char *arg8;
	const char *arg9;
	const char *arg10;
	const char *arg11;
	const char *arg12;
	const char *arg13;
	const char *arg14;
};

static const struct event_field rpc_fields[] = {
	WORDS_INT(struct rpc_data, "_rpc_argc", "Number of arguments", argc),
	WORDS_STR(struct rpc_data, "_rpc_arg0", "Name of the policy", arg0),
	WORDS_STR(struct rpc_data, "_rpc_arg1", "Argument 1", arg1),
	WORDS_STR(struct rpc_data, "_rpc_arg2", "Argument 2", arg2),
	WORDS_STR(struct rpc_data, "_rpc_arg3", "Argument 3", arg3),
	WORDS_STR(struct rpc_data, "_rpc_arg4", "Argument 4", arg4),
	WORDS_STR(struct rpc_data, "_rpc_arg5", "Argument 5", arg5),
	WORDS_STR(struct rpc_data, "_rpc_arg6", "Argument 6", arg6),
	WORDS_STR(struct rpc_data, "_rpc_arg7", "Argument 7", arg7),
	WORDS_STR(struct rpc_data, "_rpc_arg8", "Argument 8", arg8),
	WORDS_STR(struct rpc_data, "_rpc_arg9", "Argument 9", arg9),
	WORDS_STR(struct rpc_data, "_rpc_arg10", "Argument 10", arg10),
	WORDS_STR(struct rpc_data, "_rpc_arg11", "Argument 11", arg11),
	WORDS_STR(struct rpc_data, "_rpc_arg12", "Argument 12", arg12),
	WORDS_STR(struct rpc_data, "_rpc_arg13", "Argument 13", arg13),
	WORDS_STR(struct rpc_data, "_rpc_arg14", "Argument 14", arg14),
	EVENT_FIELDS_END,
};

static const struct kw rpc_kw[] = {
	WORDS_WAIT(struct rpc_spec, wait),
	SPEC_COMMON_ROWS(struct rpc_spec),
	KW_END,
};

const struct detector detector_rpc = {
	.name = "rpc",
	.help = "Remote Procedure Call event",
	.version = "01.00",
	.kw = rpc_kw,
	.spec_size = sizeof(struct rpc_spec),
	.data_size = sizeof(struct rpc_data),
	.fields = rpc_fields,
	.awaited = true,
};
