# SPDX-License-Identifier: Apache-2.0
"""One boot of a kernel on hypar: its command line, its console, the verdict."""
import os
import re
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass, field

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOGS = os.path.join(TOP, "o", "test", "boot")
INITRD = os.path.join(TOP, "o", "initramfs-test.gz")
ROOTFS = os.path.join(TOP, "o", "rootfs")  # tools/rootfs.py
LIMIT = 300 * float(os.environ.get("HYPAR_SLOW", "1"))
TROUBLE = re.compile(
    r"Kernel panic|Oops:|BUG: |WARNING: CPU|soft lockup|hard LOCKUP|rcu: .*stall|"
    r"Unable to mount|Segmentation fault|Bad page|unhandled|Machine check")


@dataclass
class Boot:
    name: str
    kernel: str = "6.12"
    cpu: str = "power10"
    irq: str = "xive"
    smp: str = "2"
    memory: str = "2G"
    script: str = "smoke"
    append: str = ""
    initrd: object = True  # or the path of another than INITRD
    options: list = field(default_factory=list)
    # What the console must hold, in this order, and the exit status ("bad":
    # any but 0); what is done when a text shows up, one after the other:
    # "term", "kill" and "kill SECONDS" (later) are signals, a function is called
    # with the Console, anything else is typed.
    expect: tuple = (r"smoke: done passed=\d+ failed=0", r"reboot: Power down")
    status: object = 0
    on_text: tuple = ()
    trouble_ok: bool = False
    limit: float = 1.0  # times LIMIT
    peer: object = None  # a Peer, while it runs
    env: object = None  # of hypar
    skip: str = ""  # after prepare: why it cannot run here

    def prepare(self):
        """Before the boot: what it needs of the host."""

    def execute(self, program, log):
        """Runs it: the reasons why it did not pass, the text of the console."""
        console = Console(self, program)
        limit = LIMIT * self.limit
        in_time = console.run(limit, log)
        return judge(self, console, in_time, limit), console.text

    def finish(self, why):
        """After the boot: adds to @why what the host did not find."""

    def command(self, program):
        size = self.memory.split(",")[0]
        mib = int(size[:-1]) * {"G": 1024, "M": 1}[size[-1]]
        cpus = self.smp.split(",")[0]
        append = f"console=hvc0 hypar.test={self.script} hypar.cpus={cpus} hypar.mem={mib} " \
                 f"hypar.cpu={self.cpu.upper()} {self.append}".rstrip()
        if self.irq != "auto":
            append += f" hypar.irq={self.irq.upper()}"
        cmd = [program, "run", "--kernel", os.path.join(TOP, f"o/ppc64el/vmlinux-{self.kernel}"),
               "--append", append, "--memory", self.memory, "--smp", self.smp,
               "--cpu", self.cpu, "--interrupt-controller", self.irq]
        if self.initrd:
            cmd += ["--initrd", INITRD if self.initrd is True else self.initrd]
        return cmd + self.options


class Console:
    """A running hypar: its output, and what is to be done about it."""

    def __init__(self, boot, program):
        self.boot = boot
        self.text = ""
        self.todo = list(boot.on_text)
        self.at = 0
        self.proc = subprocess.Popen(boot.command(program), stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TOP,
                                     env=boot.env)

    def act(self):
        while self.todo:
            m = re.compile(self.todo[0][0]).search(self.text, self.at)
            if not m:
                return
            self.at = m.end()
            what = self.todo.pop(0)[1]
            if callable(what):
                what(self)
                continue
            kill = re.fullmatch(r"kill(?: (\S+))?", what)
            if kill:
                time.sleep(float(kill[1] or 0))
                self.proc.kill()
            elif what == "term":
                self.proc.send_signal(signal.SIGTERM)
            else:
                self.proc.stdin.write(what.encode())
                self.proc.stdin.flush()

    def run(self, limit, log):
        """True when it ended by itself (or as on_text wants) in time."""
        deadline = time.monotonic() + limit
        sel = selectors.DefaultSelector()
        sel.register(self.proc.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if not sel.select(timeout=1):
                continue
            data = os.read(self.proc.stdout.fileno(), 65536)
            if not data:
                break
            log.write(data)
            self.text += data.decode("utf-8", "replace").replace("\r", "")
            self.act()
        try:
            self.proc.wait(max(1, min(20, deadline - time.monotonic())))
            return True
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
            return False


def judge(boot, console, in_time, limit):
    """The reasons why the boot did not pass."""
    why = []
    status = console.proc.returncode
    if not in_time:
        why.append(f"not ended after {limit:.0f} s")
    elif boot.status == "bad" and status <= 0 or boot.status == 0 and status != 0:
        why.append(f"exit status {status}")
    at = 0
    for pattern in boot.expect:
        m = re.compile(pattern).search(console.text, at)
        if not m:
            why.append(f"no \"{pattern}\"")
            break
        at = m.end()
    why += re.findall(r"^(?:smoke|disk|fio|tree|share|memory|pci|vio): FAIL .*", console.text, re.M)[:5]
    if not boot.trouble_ok:
        why += [line for line in console.text.splitlines() if TROUBLE.search(line)][:3]
    return why
