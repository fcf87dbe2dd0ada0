/*
 * The PKI of the command line: configuration rows of trustpoints and certificate chains, the
 * `crypto pki` dialogs, `show crypto pki`. Each is called once at start. Engine thread only.
 */
#ifndef CLI_PKI_H
#define CLI_PKI_H

struct cli;
struct conf;

void pki_conf_trustpoints(struct conf *); /* crypto pki trustpoint NAME */
void pki_conf_chains(struct conf *);      /* crypto pki certificate chain NAME */
void pki_exec_commands(struct cli *);     /* crypto pki authenticate, import-chain, export */
void pki_identity_commands(struct cli *); /* crypto pki import */
void pki_pool_commands(struct cli *);     /* crypto pki trustpool import, clean */
void pki_show_commands(struct cli *);     /* show crypto pki ... */
void pki_request_commands(struct cli *);  /* crypto pki crl request */
void pki_crl_commands(struct cli *);      /* show, clear crypto pki crls */

#endif
