#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# setup.sh build [check] [rootfs]: install what "make run" (build), "make check"
# (build check) or "make rootfs" (build rootfs) needs, with apt-get. Asks nothing. When everything is there it
# does nothing but look. Without root or passwordless sudo it prints what is
# missing and the command that installs it, and fails.
set -u

BUILD="gcc libc6-dev make binutils libfdt-dev libslirp-dev libjansson-dev python3 ca-certificates dpkg apt"
CHECK="clang clang-format lld llvm libcmocka-dev binutils-powerpc64le-linux-gnu
gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross device-tree-compiler qemu-user-static gdb-multiarch
e2fsprogs swtpm grub-common"
ROOTFS="e2fsprogs fakeroot debian-archive-keyring"

# The sanitizer and fuzzer run-time of clang; its name carries the version.
# shellcheck disable=SC1091
case $(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}") in
bookworm) CHECK="$CHECK libclang-rt-14-dev libnuma1 libcap-ng0 libseccomp2" ;;
trixie) CHECK="$CHECK libclang-rt-19-dev virtiofsd" ;;
esac

wanted=
for set in "${@:-build}"; do
	case $set in
	build) wanted="$wanted $BUILD" ;;
	check) wanted="$wanted $CHECK" ;;
	rootfs) wanted="$wanted $ROOTFS" ;;
	*) echo "setup: $set: not one of build check rootfs" >&2; exit 2 ;;
	esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
	# Not Debian: see whether the tools are there and leave the rest to make.
	missing=
	for c in gcc make ar python3; do
		command -v $c >/dev/null 2>&1 || missing="$missing $c"
	done
	[ -z "$missing" ] && exit 0
	echo "setup: not found:$missing" >&2
	echo "setup: this is not Debian; install what these Debian packages hold:" >&2
	echo "  $wanted" >&2
	exit 1
fi

missing=
for p in $wanted; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) || status=
	[ "$status" = installed ] || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
	as_root="env"
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	as_root="sudo -n env"
else
	echo "setup: these packages are missing:" >&2
	for p in $missing; do echo "  $p" >&2; done
	echo "setup: not root, so install them with" >&2
	echo "  sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

echo "setup: installing$missing"
# shellcheck disable=SC2086
install() {
	$as_root DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=300 install --no-install-recommends $missing
}
if ! install >/dev/null 2>&1; then
	$as_root apt-get -q -o DPkg::Lock::Timeout=300 update || exit 1
	install || { echo "setup: apt-get could not install$missing" >&2; exit 1; }
fi
