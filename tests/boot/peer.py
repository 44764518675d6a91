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
import urllib.request

from machine import ROOTFS, TOP


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


class RootPeer(Peer):
    """The host's side of a Debian: data over HTTP and a copy of its disk."""

    def __init__(self):
        super().__init__(8 << 20)
        image = os.path.join(ROOTFS, "debian.img")
        if not os.path.exists(image):
            sys.exit(f"boot: no {os.path.relpath(image, TOP)}; \"make rootfs\" makes it")
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", image, self.image], check=True)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        check = subprocess.run(["/sbin/e2fsck", "-fn", self.image], capture_output=True,
                               text=True, check=False)
        self.folder.cleanup()
        return [f"e2fsck: {check.stdout[-300:]}"] if check.returncode else []
