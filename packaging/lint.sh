#!/bin/bash
# Checks format and lints: lint.sh [--all | FILES...]
# Without arguments: clang-format over every source, clang-tidy over the sources that differ from
# the main branch (from the last commit when already there); --all lints every source.
# Needs a configured build/asan (clang's compile commands).
set -euo pipefail
cd "$(dirname "$0")/.."
