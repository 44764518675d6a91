/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration of one's own, so that the user's may go.
 */
#ifndef HYPAR_PAPR_CONFIG_H
#define HYPAR_PAPR_CONFIG_H

#include "hypar/machine.h"

/* False: no memory; *to is to be freed nevertheless. */
bool papr_config_copy(struct hypar_config *to, const struct hypar_config *from);
void papr_config_free(struct hypar_config *c);

#endif
