#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run every check of the sources; print one line for each, then its findings."""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHECKS = {
    "layers": "checkdeps.py",
    "headers": "checkheaders.py",
    "tables": "checktables.py",
    "api": "checkapi.py",
    "sizes": "checksize.py",
    "words": "checkwords.py",
    "documents": "checkdocs.py",
    "format": "checkformat.py",
}


def main():
    failed = 0
    for name, tool in CHECKS.items():
        run = subprocess.run([sys.executable, os.path.join(TOP, "tools", tool)], cwd=TOP,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"{'FAIL' if run.returncode else 'ok':4} lint {name}", flush=True)
        if run.stdout:
            lines = run.stdout.rstrip().split("\n")
            print("\n".join("     " + line for line in lines[:60]))
            if len(lines) > 60:
                print(f"     and {len(lines) - 60} more lines")
        failed += run.returncode != 0
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
