/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the options mean together, and the files they name.
 */
#ifndef HYPAR_VMM_CONFIG_H
#define HYPAR_VMM_CONFIG_H

#include "opt.h"

/*
 * Checks that the files can be used and that no two options conflict. Changes
 * nothing. The error is one line that names the options.
 */
int config_check(const struct options *o, struct hypar_err *e);

#endif
