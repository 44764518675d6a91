#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The comparison with objdump, for tests/run.py insn.
cd "$(dirname "$0")/../.." || exit 2
exec "${PYTHON:-python3}" tests/insn/objdump_check.py "$@"
