#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the monitor (--monitor) and of hypar ctl.

    tests/abi/qmp/run_qmp.py [NAME...]

NAME selects tests whose name contains it. HYPAR names the program. The last
line is "N passed, N failed".
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import client  # noqa: E402, F401  (finds cases and guest)
import cases  # noqa: E402
import ctl  # noqa: E402
import dr  # noqa: E402
import guest  # noqa: E402
import linux  # noqa: E402
import machine  # noqa: E402
import others  # noqa: E402
import protocol  # noqa: E402


def tests():
    for module in (protocol, machine, ctl, others, linux, dr):
        yield from module.tests()


def main():
    if not os.path.exists(guest.PROGRAM):
        print("qmp: the program is not built\n0 passed, 1 failed")
        return 1
    guest.build()
    return cases.run("qmp", tests(), cases.words())


if __name__ == "__main__":
    sys.exit(main())
