#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the monitor (--monitor) and of hypar ctl.

    tests/abi/qmp/run_qmp.py [NAME...]

NAME selects tests whose name contains it. HYPAR names the program. The last
line is "N passed, N failed".
"""
import os
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import client  # noqa: E402, F401  (finds guest)
import ctl  # noqa: E402
import dr  # noqa: E402
import guest  # noqa: E402
import linux  # noqa: E402
import machine  # noqa: E402
import others  # noqa: E402
import protocol  # noqa: E402


def main():
    words = [a for a in sys.argv[1:] if not a.startswith("--")]
    passed = failed = 0
    if not os.path.exists(guest.PROGRAM):
        print("qmp: the program is not built\n0 passed, 1 failed")
        return 1
    guest.build()
    for module in (protocol, machine, ctl, others, linux, dr):
        for name, test in module.tests():
            if words and not any(w in name for w in words):
                continue
            with tempfile.TemporaryDirectory(prefix="hypar-qmp-") as folder:
                try:
                    test(folder)
                    why = ""
                except Exception as e:  # a failed check, a process that is late, ...
                    why = f"{type(e).__name__}: {e}\n{traceback.format_exc()}"
            print(f"{'FAIL' if why else 'ok':4} qmp/{name}", flush=True)
            for line in why.split("\n") if why else ():
                print("     | " + line)
            passed += not why
            failed += bool(why)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
