# SPDX-License-Identifier: Apache-2.0
"""A Debian that is driven step by step: commands in its shell, hypar ctl outside."""
import json
import os
import re
import subprocess
import threading
import time

import machine
from debian import LOGIN, RootBoot
from machine import TOP, judge

SLOW = float(os.environ.get("HYPAR_SLOW", "1"))


class Trouble(Exception):
    """The test cannot go on, or something is not as it should be."""


class Session:
    """A running hypar with its console and its monitor."""

    def __init__(self, boot, program, log):
        self.boot = boot
        self.program = program
        self.monitor = os.path.join(boot.peer.folder.name, "sock")
        self.text = ""
        self.ended = False
        self.count = 0
        self.news = threading.Condition()
        self.log = log
        self.proc = subprocess.Popen(
            boot.command(program) + ["--monitor", f"unix:{self.monitor}"], cwd=TOP, env=boot.env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        while True:
            data = os.read(self.proc.stdout.fileno(), 65536)
            with self.news:
                self.text += data.decode("utf-8", "replace").replace("\r", "")
                self.ended = not data
                self.news.notify_all()
            if not data:
                return
            self.log.write(data)

    def type(self, text):
        self.proc.stdin.write(text.encode())
        self.proc.stdin.flush()

    def wait(self, pattern, at=0, limit=600):
        """The match of @pattern in the text behind @at."""
        end = time.monotonic() + limit * SLOW
        regex = re.compile(pattern, re.M)
        with self.news:
            while True:
                m = regex.search(self.text, at)
                if m:
                    return m
                if self.ended or time.monotonic() > end:
                    raise Trouble(f"no \"{pattern}\"" + (", hypar ended" if self.ended else
                                                         f" after {limit * SLOW:.0f} s"))
                self.news.wait(1)

    def note(self, text):
        """A line of our own in the log."""
        self.log.write(f"\n[{time.strftime('%H:%M:%S')}] {text}\n".encode())

    def login(self, at=0):
        self.wait(LOGIN, at)
        at = len(self.text)
        self.type("root\n")
        self.wait(r"root@hypar:\S*# $", at, 120)
        self.sh("stty -echo; PS1=; dmesg -n 4; export TERM=dumb PAGER=cat; cd /root")

    def sh(self, line, limit=300, status=0):
        """What a command prints; its exit status has to be @status (None: any)."""
        self.count += 1
        at = len(self.text)
        self.type(f"{line}; echo \"@\"{self.count}:$?@\n")
        m = self.wait(rf"@{self.count}:(\d+)@\n", at, limit)
        out = self.text[at:m.start()].strip()
        if status is not None and int(m[1]) != status:
            raise Trouble(f"{line}: status {m[1]}: {out[-300:]}")
        return out

    def fetch(self, name):
        """A script of tests/boot/scripts becomes part of the shell."""
        self.sh(f"until wget -q -O /root/{name} http://10.0.2.2:{self.boot.peer.port}/script/{name};"
                f" do sleep 1; done; . /root/{name}")

    def ctl(self, *words, limit=300):
        """(exit status, standard output, standard error) of hypar ctl."""
        self.note("ctl " + " ".join(words))
        run = subprocess.run([self.program, "ctl", self.monitor, *words], capture_output=True,
                             text=True, check=False, timeout=limit * SLOW)
        if run.returncode:
            self.note(f"status {run.returncode} {run.stderr.strip()}")
        return run.returncode, run.stdout, run.stderr.strip()

    def ok(self, *words, limit=300):
        """hypar ctl --json, which has to succeed."""
        status, out, err = self.ctl("--json", *words, limit=limit)
        if status:
            raise Trouble(f"ctl {' '.join(words)}: status {status} {err}")
        return json.loads(out) if out.strip() else None

    def look(self):
        """For whoever reads the log: what was going on."""
        try:
            self.note(self.ctl("events", limit=20)[1] + self.ctl("drc", limit=20)[1])
            self.sh("dmesg | tail -30; tail -20 /var/log/drmgr", limit=60, status=None)
        except (Trouble, subprocess.TimeoutExpired, OSError):
            self.note("it does not answer")

    def power_off(self):
        self.type("systemctl poweroff\n")
        self.wait("reboot: Power down", limit=300)

    def close(self, limit=30):
        """True: it ended by itself."""
        if self.proc.stdin.closed:
            return True
        try:
            self.proc.wait(limit * SLOW)
            by_itself = True
        except subprocess.TimeoutExpired:
            by_itself = False
        if not by_itself:
            self.proc.kill()
            self.proc.wait()
        self.reader.join()
        self.proc.stdin.close()
        self.proc.stdout.close()
        return by_itself


class SessionBoot(RootBoot):
    """A Debian whose play() talks to a Session."""

    def dialogue(self):
        self.expect = ("reboot: Power down",)

    def play(self, s):
        raise NotImplementedError

    def execute(self, program, log):
        s = Session(self, program, log)
        why = []
        in_time = False
        try:
            s.login()
            self.play(s)
            s.power_off()
            in_time = s.close()
        except (Trouble, subprocess.TimeoutExpired, BrokenPipeError) as e:
            why.append(str(e))
            s.note(f"trouble: {e}")
            s.look()
        finally:
            s.close(0)
        if not why:
            why = judge(self, s, in_time, machine.LIMIT * self.limit)
        return why, s.text
