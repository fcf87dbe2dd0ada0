/* Registration of the capture commands, from file to file. */
#ifndef CAPTURE_COMMANDS_H
#define CAPTURE_COMMANDS_H

#include "capture/capture.h"

void capture_show_commands(struct cli *); /* show monitor capture ... */

#endif
