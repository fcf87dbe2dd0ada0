/* Fuzz target: lines of keepalived's FIFO. A name is never empty, ends, and fits. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "peers/vrrp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vrrp_notice notice;

	if (vrrp_notice_parse((const char *)data, size, &notice) &&
		(notice.name[0] == '\0' || strlen(notice.name) > VRRP_NAME_MAX || notice.priority > 99999))
		abort();
	return 0;
}
