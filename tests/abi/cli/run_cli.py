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
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bad_input  # noqa: E402
import consoles  # noqa: E402
import devices  # noqa: E402
import ends  # noqa: E402
import guest  # noqa: E402
import pages  # noqa: E402


def tests():
    for module in (pages, bad_input, devices, ends, consoles):
        yield from module.tests()


def main():
    words = [a for a in sys.argv[1:] if not a.startswith("--")]
    pages.UPDATE = "--update" in sys.argv
    passed = failed = 0
    if not os.path.exists(guest.PROGRAM):
        print("cli: the program is not built\n0 passed, 1 failed")
        return 1
    guest.build()
    for name, test in tests():
        if words and not any(w in name for w in words):
            continue
        with tempfile.TemporaryDirectory(prefix="hypar-cli-") as folder:
            try:
                test(folder)
                why = ""
            except Exception as e:  # a failed check, a process that is late, ...
                why = f"{type(e).__name__}: {e}"
                if not isinstance(e, (AssertionError, TimeoutError, EOFError)):
                    why += "\n" + traceback.format_exc()
        print(f"{'FAIL' if why else 'ok':4} cli/{name}", flush=True)
        for line in why.split("\n") if why else ():
            print("     | " + line)
        passed += not why
        failed += bool(why)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
