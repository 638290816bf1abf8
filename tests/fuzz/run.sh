#!/bin/bash
# Runs the fuzz targets that are built, one on each processor at a time: run.sh [SECONDS] [TARGET...]
# Prints one line a target and a sum; ends with 1 when a target found something.
set -u
cd "$(dirname "$0")/../.."
build=build/fuzz
seconds=${1:-10}
[ $# -gt 0 ] && shift
if [ $# -gt 0 ]; then targets=("${@/#/$build/}"); else targets=("$build"/fuzz_*); fi

# fuzz PROGRAM: one target; what it prints is in $build/FORMAT.log.
fuzz() {
  local program=$1 format=${1##*/fuzz_}
  local corpus=$build/corpus/$format crashes=$build/crashes/$format
  local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024
    -artifact_prefix="$crashes/" -print_final_stats=1)
  mkdir -p "$corpus" "$crashes"
  [ ! -f "tests/fuzz/$format.dict" ] || options+=(-dict="tests/fuzz/$format.dict")
  { [ ! -x "$build/seed_$format" ] || "$build/seed_$format" "$corpus"; } &&
    "$program" "${options[@]}" "$corpus"
}

passed=0 failed=0
declare -A running=()  # process: format
# take PROCESS STATUS: tells how one target ended.
take() {
  local format=${running[$1]} log=$build/${running[$1]}.log
  unset "running[$1]"
  if [ "$2" = 0 ]; then
    passed=$((passed + 1))
    echo "fuzz $format: clean, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs in $seconds s"
  else
    failed=$((failed + 1))
    echo "fuzz $format: FAILED"
    tail -n 40 "$log"
  fi
}
take_next() {
  local ended
  wait -n -p ended "${!running[@]}"
  take "$ended" $?
}

for program in "${targets[@]}"; do
  [ -x "$program" ] || { echo "fuzz: $program is not built: cmake --build --preset fuzz"; exit 1; }
  [ ${#running[@]} -lt "$(nproc)" ] || take_next
  format=${program##*/fuzz_}
  fuzz "$program" >"$build/$format.log" 2>&1 &
  running[$!]=$format
done
while [ ${#running[@]} -gt 0 ]; do take_next; done
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ]
