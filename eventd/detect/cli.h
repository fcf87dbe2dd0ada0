/* Detector cli: what the CLI asks before it carries out a command. */
#ifndef DETECT_CLI_H
#define DETECT_CLI_H

#include "cli/hook.h"
#include "core/engine.h"

/* The hook to give to cli_set_hook(), with the engine as its argument. */
cli_hook_f detector_cli_line;

#endif
