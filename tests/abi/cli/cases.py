# SPDX-License-Identifier: Apache-2.0
"""Runs the test cases of a script and counts them."""
import sys
import tempfile
import traceback


def words():
    """What the command line has besides options."""
    return [a for a in sys.argv[1:] if not a.startswith("--")]


def attempt(suite, test, brief):
    """Why the test failed; "" if it did not."""
    try:
        with tempfile.TemporaryDirectory(prefix=f"hypar-{suite}-") as folder:
            test(folder)
        return ""
    except Exception as e:  # a failed check, a process that is late, ...
        trace = "" if isinstance(e, brief) else "\n" + traceback.format_exc()
        return f"{type(e).__name__}: {e}{trace}"


def run(suite, tests, chosen=(), brief=()):
    """Runs those of @tests, (name, function of an empty folder), whose name contains
    one of the words @chosen, or all; True if one failed. Exceptions of the classes
    @brief are shown without where they come from."""
    passed = failed = 0
    for name, test in tests:
        if chosen and not any(w in name for w in chosen):
            continue
        why = attempt(suite, test, brief)
        print(f"{'FAIL' if why else 'ok':4} {suite}/{name}", flush=True)
        for line in why.split("\n") if why else ():
            print("     | " + line)
        passed += not why
        failed += bool(why)
    print(f"{passed} passed, {failed} failed")
    return failed != 0
