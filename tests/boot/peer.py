# SPDX-License-Identifier: Apache-2.0
"""The host's side of a test: data over HTTP, forwarded ports, images of disks."""
import hashlib
import http.server
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

from machine import ROOTFS, TOP
from tree import Tree


class Peer:
    """The host's side of a disk test: data over HTTP, ports, the image."""

    SIZE = 64 << 20
    IMAGE = 192 << 20

    def __init__(self, size):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-disk-")
        self.data = random.Random(3).randbytes(size)
        self.sum = hashlib.sha256(self.data).hexdigest()
        self.image = os.path.join(self.folder.name, "disk.img")
        self.readonly = os.path.join(self.folder.name, "readonly.img")
        for path, n in ((self.image, self.IMAGE), (self.readonly, 16 << 20)):
            with open(path, "wb") as f:
                f.truncate(n)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.forward = s.getsockname()[1]
        self.why = ["the guest did not serve"]
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if peer.stream(self):
                    return
                body = peer.answer(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stream(self, handler):
        """Answers by itself what is too long to be one string?"""
        return False

    def answer(self, path):
        if path == "/data":
            return self.data
        if path == "/sum":
            return f"{len(self.data)} {self.sum}\n".encode()
        if path == "/go":
            self.fetch()
            return b"go\n"
        return None

    def fetch(self):
        """What the guest's own server has, through the forwarded port."""
        base = f"http://127.0.0.1:{self.forward}/"
        try:
            with urllib.request.urlopen(base + "hello", timeout=60) as r:
                hello = r.read().decode()
            with urllib.request.urlopen(base + "part", timeout=60) as r:
                part = r.read()
        except OSError as e:
            self.why = [f"the guest's server: {e}"]
            return
        self.why = []
        if self.sum not in hello:
            self.why.append("the guest's file does not name the checksum")
        if part != self.data[:len(part)] or len(part) != 1 << 20:
            self.why.append("the guest's copy differs")

    def close(self):
        """The reasons why the host is not content."""
        self.server.shutdown()
        self.server.server_close()
        with open(self.image, "rb") as f:
            if f.read(len(self.data)) != self.data:
                self.why.append("the image does not hold the data")
        if os.path.getsize(self.image) != self.IMAGE:
            self.why.append("the image changed its size")
        with open(self.readonly, "rb") as f:
            if f.read().strip(b"\0"):
                self.why.append("the read-only image was written")
        self.folder.cleanup()
        return self.why


def fsck(image):
    check = subprocess.run(["/sbin/e2fsck", "-fn", image], capture_output=True, text=True,
                           check=False)
    return [f"e2fsck: {check.stdout[-300:]}"] if check.returncode else []


def be_patient(image):
    """Has the systemd of that Debian wait longer for devices and services than 90 seconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as conf:
        conf.write("[Manager]\nDefaultDeviceTimeoutSec=900\nDefaultTimeoutStartSec=900\n")
        conf.flush()
        subprocess.run(["/sbin/debugfs", "-w", "-f", "-", image], check=True, text=True,
                       capture_output=True, input="mkdir /etc/systemd/system.conf.d\n"
                       f"write {conf.name} /etc/systemd/system.conf.d/patience.conf\n")


class RootPeer(Peer):
    """The host's side of a Debian: data over HTTP and a copy of its disk."""

    def __init__(self):
        super().__init__(8 << 20)
        image = os.path.join(ROOTFS, "debian.img")
        if not os.path.exists(image):
            sys.exit(f"boot: no {os.path.relpath(image, TOP)}; \"make rootfs\" makes it")
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", image, self.image], check=True)
        # systemd's 90 s are too few for a busy host: without /dev/hvc0 there is no login
        be_patient(self.image)

    def answer(self, path):
        if path.startswith("/script/"):
            with open(os.path.join(TOP, "tests/boot/scripts", os.path.basename(path)), "rb") as f:
                return f.read()
        return super().answer(path)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        why = fsck(self.image)
        self.folder.cleanup()
        return why


class TreePeer(RootPeer):
    """The same, with a file tree: for the guest, and back from it."""

    TREE = 1 << 30
    BACK = 256 << 20

    def __init__(self):
        super().__init__()
        self.tree = Tree(self.TREE, random.randrange(1 << 32))
        self.disk = os.path.join(self.folder.name, "tree.img")
        subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-L", "tree", self.disk, "1536M"],
                       check=True, stdout=subprocess.DEVNULL)
        self.back = "nothing"

    def stream(self, handler):
        if handler.path != "/tree":
            return False
        handler.send_response(200)
        handler.end_headers()
        self.tree.write_tar(handler.wfile)
        return True

    def answer(self, path):
        if path == "/sums":
            return self.tree.sums()
        if path == "/go":
            self.fetch()
            return self.back.encode()
        return super().answer(path)

    def fetch(self):
        """Files from the guest's server, BACK bytes of them."""
        got = n = 0
        self.why = []
        for f in random.sample(self.tree.files, len(self.tree.files)):
            url = f"http://127.0.0.1:{self.forward}/{urllib.parse.quote(f.name)}"
            try:
                with urllib.request.urlopen(url, timeout=60) as r:
                    body = r.read()
            except OSError as e:
                self.why.append(f"the guest's server: {f.name}: {e}")
                return
            if body != f.content():
                self.why.append(f"the guest's copy of {f.name} differs")
                return
            got += len(body)
            n += 1
            if got >= self.BACK:
                break
        self.back = f"{n} files, {got >> 20} MiB"

    def close(self):
        why = self.why + fsck(self.disk)
        return why + super().close()
