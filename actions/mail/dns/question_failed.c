/* Answers as they begin, and those of questions that cannot even be asked: without a validator. */
#include "actions/mail/dns/question.h"

#include "core/mem.h"

struct mail_dns_answer *
question_answer_new(const void *ctx, const struct mail_dns_question *ask_for)
{
	struct mail_dns_answer *a = mem_new(ctx, struct mail_dns_answer);

	a->domain = mem_strdup(a, ask_for->name);
	a->is_relay = ask_for->kind == MAIL_DNS_HOST;
	a->mx.state = a->txt.state = DNS_NOT_ASKED;
	return a;
}

struct mail_dns_answer *
question_failed(const void *ctx, const struct mail_dns_question *asked, const char *why)
{
	struct mail_dns_answer *a = question_answer_new(ctx, asked);
	struct dns_status failed = { .state = DNS_LOOKUP_FAILED, .why = mem_strdup(a, why) };

	if (asked->kind == MAIL_DNS_TXT) {
		a->txt = failed;
	} else if (asked->kind == MAIL_DNS_DOMAIN) {
		a->mx = failed;
	} else {
		a->hosts = mem_array(a, struct mail_exchanger, 1);
		a->hosts[0].name = a->domain;
		a->hosts[0].a = a->hosts[0].aaaa = failed;
		a->hosts[0].tlsa.state = DNS_NOT_ASKED;
		a->host_count = 1;
	}
	return a;
}
