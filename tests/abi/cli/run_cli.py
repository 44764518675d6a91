#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the command line: what is refused and how, the kinds of console, the
terminal, signals, limits and exit statuses.

    tests/abi/cli/run_cli.py [--update] [NAME...]

NAME selects tests whose name contains it; --update rewrites tests/golden/cli.
HYPAR names the program. The last line is "N passed, N failed".
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bad_input  # noqa: E402
import cases  # noqa: E402
import consoles  # noqa: E402
import devices  # noqa: E402
import ends  # noqa: E402
import guest  # noqa: E402
import pages  # noqa: E402


def tests():
    for module in (pages, bad_input, devices, ends, consoles):
        yield from module.tests()


def main():
    pages.UPDATE = "--update" in sys.argv
    if not os.path.exists(guest.PROGRAM):
        print("cli: the program is not built\n0 passed, 1 failed")
        return 1
    guest.build()
    return cases.run("cli", tests(), cases.words(), brief=(AssertionError, TimeoutError, EOFError))


if __name__ == "__main__":
    sys.exit(main())
