#!/bin/bash
# Runs the fuzz targets that are built: run.sh [SECONDS] [TARGET...]
# Prints one line a target and a sum; ends with 1 when a target found something.
set -u
cd "$(dirname "$0")/../.."
build=build/fuzz
seconds=${1:-10}
[ $# -gt 0 ] && shift
passed=0 failed=0
if [ $# -gt 0 ]; then targets=("${@/#/$build/}"); else targets=("$build"/fuzz_*); fi
for program in "${targets[@]}"; do
  [ -x "$program" ] || continue
  format=${program##*/fuzz_}
  corpus=$build/corpus/$format crashes=$build/crashes/$format log=$build/$format.log
  mkdir -p "$corpus" "$crashes"
  seeded=0
  [ ! -x "$build/seed_$format" ] || "$build/seed_$format" "$corpus" >"$log" 2>&1 || seeded=1
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -artifact_prefix="$crashes/"
    -print_final_stats=1)
  [ ! -f "tests/fuzz/$format.dict" ] || options+=(-dict="tests/fuzz/$format.dict")
  if [ $seeded = 0 ] && "$program" "${options[@]}" "$corpus" >"$log" 2>&1; then
    passed=$((passed + 1))
    echo "fuzz $format: clean, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs in $seconds s"
  else
    failed=$((failed + 1))
    echo "fuzz $format: FAILED"
    tail -n 40 "$log"
  fi
done
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ]
