# SPDX-License-Identifier: Apache-2.0
"""--help, --version and --man, against tests/golden/cli."""
import os
import re
import subprocess

from guest import PROGRAM, TOP, run

GOLDEN = os.path.join(TOP, "tests", "golden", "cli")
UPDATE = False


def golden(name, *args):
    status, out, err = run([PROGRAM, *args])
    assert (status, err) == (0, ""), (status, err)
    path = os.path.join(GOLDEN, name)
    if UPDATE:
        os.makedirs(GOLDEN, exist_ok=True)
        with open(path, "wb") as f:
            f.write(out)
    with open(path, "rb") as f:
        want = f.read()
    assert out == want, f"differs from tests/golden/cli/{name}; see --update"
    return out.decode()


def rows():
    with open(os.path.join(TOP, "vmm/opt.def"), encoding="utf-8") as f:
        return re.findall(r'^OPT\(\w+,\s*"([^"]+)"', f.read(), re.M)


def man(_):
    text = golden("hypar.1", "--man")
    for name in rows():
        assert "\\-\\-" + name.replace("-", "\\-") in text, name


def man_renders(_):
    """No complaint from the formatter, where there is one."""
    try:
        p = subprocess.run(["man", "--warnings", "-l", "-E", "UTF-8", "-"],
                           input=run([PROGRAM, "--man"])[1], capture_output=True, timeout=30)
    except FileNotFoundError:
        return
    assert b"warning" not in p.stderr, p.stderr


def help_run(_):
    text = golden("run-help.txt", "run", "--help")
    assert all(len(line) < 80 for line in text.split("\n"))
    for name in rows():
        assert f"  --{name}" in text, name


def full_disk(_):
    with open("/dev/full", "wb") as f:
        p = subprocess.run([PROGRAM, "--help"], stdout=f, stderr=subprocess.PIPE)
    assert p.returncode == 1 and p.stderr.count(b"\n") == 1, p


def version(_):
    with open(os.path.join(TOP, "include/hypar/hypar.h"), encoding="utf-8") as f:
        number = re.search(r'HYPAR_VERSION "([^"]+)"', f.read())[1]
    assert run([PROGRAM, "--version"]) == (0, f"hypar {number}\n".encode(), "")


def tests():
    yield "help", lambda _: golden("help.txt", "--help")
    yield "help-run", help_run
    yield "help-first", lambda _: golden("run-help.txt", "run", "-m", "1G", "--help")
    yield "man", man
    yield "man-renders", man_renders
    yield "version", version
    yield "help-full-disk", full_disk
