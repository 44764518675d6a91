#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# virtiofsd.sh: say where virtiofsd is, the server of --device virtio-fs. Debian 12
# has it in qemu-system-common 7.2, later ones in a package virtiofsd. When it is
# not installed, that of Debian 12 is fetched into o/virtiofsd, not installed.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
to=$top/o/virtiofsd
unpacked=$to/usr/lib/qemu/virtiofsd
for f in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd "$unpacked"; do
	[ -x "$f" ] && echo "$f" && exit 0
done

version=$(apt-cache madison qemu-system-common 2>/dev/null |
	awk '$3 ~ /^1:7\.2/ { print $3; exit }')
if [ -z "$version" ]; then
	echo "virtiofsd: not installed, and no Debian 12 in APT's sources; install virtiofsd" >&2
	exit 1
fi
mkdir -p "$to" && cd "$to" && rm -f ./*.deb &&
	apt-get -q download "qemu-system-common=$version" >/dev/null 2>&1 &&
	dpkg -x ./*.deb . && rm -f ./*.deb
if [ ! -x "$unpacked" ]; then
	echo "virtiofsd: qemu-system-common $version could not be fetched" >&2
	exit 1
fi
echo "$unpacked"
