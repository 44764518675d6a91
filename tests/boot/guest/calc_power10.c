/* SPDX-License-Identifier: Apache-2.0 */
/* The same program for a POWER10: prefixed instructions and the rest of ISA 3.1. */
#include "calc.c"
