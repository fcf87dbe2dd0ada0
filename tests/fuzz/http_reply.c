/* The reply of any web server to a request that was written by hand: in one piece and octet by octet it is the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "probe/http_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct http_reply whole, pieces;

	if (n < 1)
		return 0;
	http_reply_begin(&whole, (data[0] & 1) != 0);
	http_reply_begin(&pieces, (data[0] & 1) != 0);
	http_reply_feed(&whole, (const char *)data + 1, n - 1);
	for (size_t i = 1; i < n; i++)
		http_reply_feed(&pieces, (const char *)data + i, 1);
	if (whole.part != pieces.part || whole.status != pieces.status || whole.left != pieces.left)
		abort();
	http_reply_close(&whole);
	if (whole.part != HTTP_DONE && whole.part != HTTP_WRONG)
		abort();
	return 0;
}
