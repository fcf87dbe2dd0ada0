/* Any text as a certificate's body in the configuration: what is read prints and reads the same. */
#include <stdint.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/text.h"
#include "pki/hexbody.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = ERR_INIT;
	X509 *cert = hexbody_parse((const char *)data, n, &err), *again;
	struct text *printed;

	if (cert == NULL) {
		if (err.text[0] == '\0')
			abort();
		return 0;
	}
	printed = text_new(NULL);
	hexbody_print(printed, cert);
	again = hexbody_parse(printed->s, printed->len - sizeof "\tquit\n" + 1, &err);
	if (again == NULL || X509_cmp(cert, again) != 0)
		abort();
	X509_free(again);
	X509_free(cert);
	mem_free(printed);
	return 0;
}
