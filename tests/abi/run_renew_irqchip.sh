#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Boots Linux while its interrupt controller is renewed every few milliseconds:
# renew_irqchip.c; bare-metal guests as well, where they are built. --long: both kernels, more processors, and without a pause.
cd "$(dirname "$0")/../.." || exit 2
build=${HYPAR_BUILD:-o/rel}
out=o/test/abi
kernels=o/ppc64el
san=
case $build in *asan) san=-fsanitize=address,undefined ;; *ubsan) san=-fsanitize=undefined ;; *tsan) san=-fsanitize=thread ;; *cov) san=--coverage ;; esac
passed=0 failed=0
mkdir -p $out
slow=${HYPAR_SLOW:-1}
limit=$((120 * ${slow%%.*}))

one() { # KERNEL CONTROLLER CPUS PERIOD
	local name=renew-$1-$2-$3cpu-$4ms log
	log=$out/$name.log
	if timeout $limit $out/renew_irqchip $kernels/vmlinux-"$1" $out/initramfs.gz "$2" "$3" "$4" \
		"console=hvc0 rdinit=/bin/busybox -- poweroff -f" >"$log" 2>&1 </dev/null &&
		grep -q "renewed [1-9]" "$log" && grep -q "Run /bin/busybox as init" "$log" && grep -q "reboot: Power down" "$log" &&
		! grep -qE "BUG: |WARNING: CPU|soft lockup|rcu: .*stall|Oops|spurious|runtime error|Sanitizer" "$log"; then
		passed=$((passed + 1))
		echo "ok   $name: $(grep -o 'renewed.*' "$log")"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		tail -15 "$log" | sed 's/^/     | /'
	fi
}

# A bare-metal guest that says itself what went well: H_CEDE, H_PROD and H_JOIN among them.
# One may be over before the first renewal on a busy machine.
guest() { # NAME CONTROLLER CPUS PERIOD
	local name=renew-$1 log
	log=$out/$name.log
	if timeout $limit $out/renew_irqchip o/guest/"$1".elf - "$2" "$3" "$4" >"$log" 2>&1 </dev/null &&
		grep -qE "^end: [0-9]+ ok, 0 not ok" "$log" && ! grep -qE "runtime error|Sanitizer" "$log"; then
		passed=$((passed + 1))
		echo "ok   $name: $(grep -o 'renewed.*' "$log")"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		grep -E "^not ok|^end" "$log" | tail -15 | sed 's/^/     | /'
	fi
}

if ! tools/mkinitramfs.py -o $out/initramfs.gz --busybox $kernels/busybox ||
	! "${CC:-gcc}" -std=gnu17 -O2 -g -Wall -Wextra -Werror $san -Iinclude -pthread \
		-o $out/renew_irqchip tests/abi/renew_irqchip.c "$build/libhypar.a" -lfdt -lslirp -lm; then
	echo "0 passed, 1 failed"
	exit 1
fi
one 6.12 xive 4 20
one 6.12 xics 4 20
if [ -e o/guest/smp.elf ]; then
	guest smp xics 4 1
	guest smp_xive xive 4 1
	guest xive xive 2 0
fi
if [ "$1" = --long ]; then
	for k in 6.1 6.12; do
		for c in xive xics; do
			one $k $c 1 1
			one $k $c 8 5
			one $k $c 4 0
		done
	done
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
