#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the C files against .clang-format. "make format" puts them right. The
formatter's versions disagree, so only the one that the file is written for is
asked; without it this check says so and passes. Tables (*.def, *.inc) and
bare-metal guests are exempt."""
import glob
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VERSION = "14"


def formatter():
    for name in ("clang-format-" + VERSION, "clang-format"):
        if shutil.which(name):
            text = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
            if re.search(rf"version {VERSION}\.", text):
                return name
    return None


def main():
    tool = formatter()
    if not tool:
        print(f"checkformat: no clang-format {VERSION} here, not checked")
        return 0
    files = []
    for top in ("src", "vmm", "include", "tests"):
        for ext in ("c", "h"):
            files += glob.glob(os.path.join(TOP, top, "**", "*." + ext), recursive=True)
    files = sorted(os.path.relpath(f, TOP) for f in files if "/tests/guest/" not in f)
    if not files:
        return 0
    if len(sys.argv) > 1 and sys.argv[1] == "--fix":
        return subprocess.run([tool, "-i"] + files, cwd=TOP).returncode
    run = subprocess.run([tool, "--dry-run", "-Werror"] + files, cwd=TOP,
                         capture_output=True, text=True)
    bad = {}
    for m in re.finditer(r"^([^\s:]+):(\d+):\d+: error", run.stderr, re.M):
        bad.setdefault(m[1], []).append(m[2])
    for name, lines in bad.items():
        print(f"{name}:{lines[0]}: {len(lines)} places not formatted (make format)")
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
