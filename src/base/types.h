/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalar types with fixed widths. IBM names of widths (byte, halfword, word,
 * doubleword, quadword) are u8, u16, u32, u64, u128.
 */
#ifndef HYPAR_BASE_TYPES_H
#define HYPAR_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 s128;

#endif
