/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exit statuses, by the table status.def.
 */
#ifndef HYPAR_VMM_STATUS_H
#define HYPAR_VMM_STATUS_H

enum status {
#define STATUS(id, number, meaning) STATUS_##id = number,
#include "status.def"
#undef STATUS
};

#endif
