#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs run_vectors.c, whose first lines say what it does and its options.
# Fails where the cross compiler or the emulator is missing.
cd "$(dirname "$0")/../.." || exit 2
build=${HYPAR_BUILD:-o/rel}
here=tests/insn
out=o/insn
cross=${CROSS:-powerpc64le-linux-gnu-}
if ! command -v "${cross}gcc" "${QEMU_PPC64LE:-qemu-ppc64le-static}" >/dev/null; then
	echo "vectors: no cross compiler or no qemu-ppc64le-static"
	echo "0 passed, 1 failed"
	exit 1
fi
mkdir -p "$out"
"${cross}gcc" -std=gnu17 -O1 -Wall -Wextra -Werror -mcpu=power9 -static -Wl,--no-warn-rwx-segments \
	-o "$out/vectors_guest" $here/vectors_guest.c $here/vectors_stub.S || exit 1
san=
case $build in *asan) san=-fsanitize=address,undefined ;; *ubsan) san=-fsanitize=undefined ;; *tsan) san=-fsanitize=thread ;; *cov) san=--coverage ;; esac
"${CC:-gcc}" -std=gnu17 -O1 -g -Wall -Wextra -Werror -no-pie $san -Isrc -Iinclude -I$here -pthread \
	-o "$out/run_vectors" $here/run_vectors.c -Wl,--whole-archive "$build/libhypar.a" -Wl,--no-whole-archive -lfdt -lslirp -lm || exit 1
[ "$1" = --long ] && set -- -n 200 -k 10
VECTORS_GUEST=$out/vectors_guest VECTORS_ALLOW=$here/disagreements.txt exec "$out/run_vectors" "$@"
