/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one range check. RANGE_OK(at, n, base, size): do @n bytes from @at lie
 * wholly in [base, base + size)? All four are of one unsigned type, in which
 * base + size is representable; at + n need not be. Proved over all 8-bit
 * values by tests/unit/mem/test_range.c.
 */
#ifndef HYPAR_MEM_RANGE_H
#define HYPAR_MEM_RANGE_H

#define RANGE_OK(type, at, n, base, size) \
	((type)(n) <= (type)(size) &&     \
	 (type)((type)(at) - (type)(base)) <= (type)((type)(size) - (type)(n)))

#endif
