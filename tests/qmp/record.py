#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Take the transcript that run_replay.py replays from QEMU's pseries machine.

    tests/qmp/record.py [--qemu qemu-system-ppc64] [-o tests/qmp/transcript.json]

Only needed when steps.py changes. It keeps shapes (steps.py), not what QEMU
said: keys, types, classes of errors, names and order of events.
"""
import argparse
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "abi", "cli"))
import guest  # noqa: E402
import steps  # noqa: E402

# /rtas of QEMU's device tree
TOKENS = {"RTAS_POWER_OFF": 0x2003, "RTAS_SYSTEM_REBOOT": 0x2004, "RTAS_OS_TERM": 0x201f}
QUIET = 0.3  # seconds without a message end an answer


class Qemu:
    def __init__(self, program, folder, kernel):
        path = os.path.join(folder, "monitor")
        disk = os.path.join(folder, "disk")
        with open(disk, "wb") as f:
            f.truncate(1 << 26)
        self.process = subprocess.Popen(
            [program, "-M", "pseries,x-vof=on", "-nodefaults", "-nographic", "-smp", "2",
             "-m", "512", "-kernel", kernel, "-serial", "stdio",
             "-qmp", f"unix:{path},server=on,wait=off",
             "-drive", f"file={disk},if=none,id=disk0,format=raw",
             "-device", "virtio-blk-pci,drive=disk0,id=vd0",
             "-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0,id=net0,romfile="],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        guest.read_until(self.process.stdout.fileno(), b"ready", 60)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.data = b""

    def messages(self):
        """What comes until it is quiet."""
        while select.select([self.sock], [], [], QUIET)[0]:
            try:
                piece = self.sock.recv(1 << 20)
            except ConnectionResetError:
                piece = b""
            if not piece:
                break
            self.data += piece
        lines = self.data.split(b"\n")
        self.data = lines.pop()
        return [json.loads(x) for x in lines]


def take(program, folder, kernel, todo):
    m = Qemu(program, folder, kernel)
    out = [{"greeting": [steps.shape_of_message(x) for x in m.messages()]}]
    for what, text in todo:
        if what == "wait":
            continue  # QUIET was enough for them
        if what == "send":
            m.sock.sendall(text.encode() + b"\n")
        else:
            m.process.stdin.write(text.encode())
            m.process.stdin.flush()
        got = [steps.shape_of_message(x) for x in m.messages()]
        out.append({what: text, "answers": got})
    time.sleep(QUIET)
    status = m.process.poll()
    m.process.kill()
    m.process.wait()
    m.sock.close()
    return out + [{"status": status}]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--qemu", default="qemu-system-ppc64")
    p.add_argument("-o", "--output", default=os.path.join(HERE, "transcript.json"))
    opt = p.parse_args()
    guest.tokens = lambda: (f"-D{k}=0x{v:x}" for k, v in TOKENS.items())
    version = subprocess.run([opt.qemu, "--version"], stdout=subprocess.PIPE, check=True).stdout
    doc = {"taken from": version.decode().split("\n")[0].split(" (")[0]}
    with tempfile.TemporaryDirectory() as folder:
        guest.GUEST = os.path.join(folder, "console.elf")
        guest.build()
        for name, todo in steps.SESSIONS.items():
            doc[name] = take(opt.qemu, folder, guest.GUEST, todo)
    with open(opt.output, "w", encoding="utf-8") as f:
        f.write("{\n")
        for i, (name, value) in enumerate(doc.items()):
            f.write(",\n" if i else "")
            if isinstance(value, str):
                f.write(f"{json.dumps(name)}: {json.dumps(value)}")
                continue
            f.write(f"{json.dumps(name)}: [\n  ")
            f.write(",\n  ".join(json.dumps(x) for x in value) + "\n]")
        f.write("\n}\n")


if __name__ == "__main__":
    main()
