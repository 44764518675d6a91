/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scm.c in big-endian; run_scm.py starts it, too.
 * guest-run: no
 */
#include "scm.c"
