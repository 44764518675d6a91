/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How libhypar reports errors to the program that embeds it.
 */
#ifndef HYPAR_ERROR_H
#define HYPAR_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#define HYPAR_ERR_TEXT 256

/*
 * Filled by functions that fail. @code is a negative errno, @text one line of
 * UTF-8 without a final newline. Initialise with { 0 }.
 */
struct hypar_err {
	int code;
	char text[HYPAR_ERR_TEXT];
};

#ifdef __cplusplus
}
#endif

#endif
