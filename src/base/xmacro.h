/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers for tables. XM_EACH(P, a, b, c) expands to P(a) P(b) P(c), for one to
 * twelve arguments: XM_EACH(OPERAND_ENUM, RT, RA) is OPERAND_ENUM(RT) OPERAND_ENUM(RA).
 */
#ifndef HYPAR_BASE_XMACRO_H
#define HYPAR_BASE_XMACRO_H

#define XM_1(P, a) P(a)
#define XM_2(P, a, ...) P(a) XM_1(P, __VA_ARGS__)
#define XM_3(P, a, ...) P(a) XM_2(P, __VA_ARGS__)
#define XM_4(P, a, ...) P(a) XM_3(P, __VA_ARGS__)
#define XM_5(P, a, ...) P(a) XM_4(P, __VA_ARGS__)
#define XM_6(P, a, ...) P(a) XM_5(P, __VA_ARGS__)
#define XM_7(P, a, ...) P(a) XM_6(P, __VA_ARGS__)
#define XM_8(P, a, ...) P(a) XM_7(P, __VA_ARGS__)
#define XM_9(P, a, ...) P(a) XM_8(P, __VA_ARGS__)
#define XM_10(P, a, ...) P(a) XM_9(P, __VA_ARGS__)
#define XM_11(P, a, ...) P(a) XM_10(P, __VA_ARGS__)
#define XM_12(P, a, ...) P(a) XM_11(P, __VA_ARGS__)
#define XM_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, name, ...) name
#define XM_EACH(P, ...)                                                                           \
	XM_PICK(__VA_ARGS__, XM_12, XM_11, XM_10, XM_9, XM_8, XM_7, XM_6, XM_5, XM_4, XM_3, XM_2, \
		XM_1, 0)                                                                          \
	(P, __VA_ARGS__)

#endif
