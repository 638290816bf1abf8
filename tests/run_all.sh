#!/bin/bash
# Installs everything needed to test, builds for Linux and Windows, and runs all tests on both.
# Works on a fresh Debian 12 as root; a second run only does what is new. Its last line is
# "N passed, N failed, N skipped"; it ends with 1 when anything failed or was skipped although what
# it needs is there. Logs are in build/logs. HOZEN_TESTDATA names the folder of real evidence
# (default ../shared/testdata); tests of it are skipped where it is absent.
set -uo pipefail
cd "$(dirname "$0")/.."
logs=$PWD/build/logs
mkdir -p "$logs"
HOZEN_TESTDATA=$(realpath -m "${HOZEN_TESTDATA:-../shared/testdata}")
export HOZEN_TESTDATA
passed=0 failed=0 skipped=0

# stage NAME COMMAND...: output into a log, shown when it fails; one result.
stage() {
  local name=$1 start=$SECONDS
  shift
  echo "== $name"
  if "$@" >"$logs/$name.log" 2>&1; then
    passed=$((passed + 1))
    echo "   done in $((SECONDS - start)) s"
    return 0
  fi
  failed=$((failed + 1))
  echo "   FAILED after $((SECONDS - start)) s; the end of build/logs/$name.log:"
  tail -n 60 "$logs/$name.log"
  return 1
}

build() { cmake --preset "$1" && cmake --build --preset "$1"; }
build_threads() { cmake --preset tsan && cmake --build --preset tsan --target hozen_threads_test; }

# run_tests PRESET: every test of one build; results are counted one by one.
run_tests() {
  local preset=$1 start=$SECONDS report=$logs/$1.xml counts
  echo "== tests-$preset"
  rm -rf "$report" "build/$preset/reports"
  ctest --preset "$preset" -j"$(nproc)" --output-junit "$report" >"$logs/tests-$preset.log" 2>&1
  counts=$(python3 tests/count_results.py "$report" "$HOZEN_TESTDATA" "build/$preset/reports")
  local status=$?
  echo "${counts%$'\n'*}" | sed 's/^/   /'
  read -r ran_well went_wrong left_out <<<"${counts##*$'\n'}"
  passed=$((passed + ran_well)) failed=$((failed + went_wrong)) skipped=$((skipped + left_out))
  echo "   $ran_well passed, $went_wrong failed, $left_out skipped in $((SECONDS - start)) s"
  if [ $status != 0 ]; then
    sed -n '/The following tests FAILED/,$p' "$logs/tests-$preset.log" | sed 's/^/   /'
    echo "   details: build/logs/tests-$preset.log"
  fi
}

# Debian's Wine ends its server with the last program, and one that starts in that moment fails
# ("recvmsg: Connection reset by peer"): a program that waits for us keeps it. What Wine starts beside
# its first program (the desktop, services) lives as long and would hold a test's output open: a
# program that ends at once is waited for before the tests begin.
run_tests_under_wine() {
  local keeper
  exec {keeper}> >(exec packaging/run_wine.sh cmd.exe /c "set /p line=" >/dev/null 2>&1)
  packaging/run_wine.sh cmd.exe /c exit >/dev/null 2>&1 </dev/null
  run_tests windows-x64
  exec {keeper}>&-
}

fuzz_smoke() {
  echo "== fuzz-smoke"
  tests/fuzz/run.sh 10 | tee "$logs/fuzz-smoke.log" | sed 's/^/   /'
  read -r good bad < <(sed -n 's/^fuzz: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$logs/fuzz-smoke.log")
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-1}))
}

finish() {
  echo "took $SECONDS s"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ $failed = 0 ]
  exit
}

stage packages packaging/setup_debian.sh build windows test lint || finish
stage windows-libraries packaging/deps_windows.sh
stage build-linux build linux && linux=1
stage build-windows-x64 build windows-x64 && windows=1
stage build-tsan build_threads && threads=1
# AddressSanitizer and UndefinedBehaviorSanitizer: fuzz targets, and all tests once more.
stage build-fuzz build fuzz && fuzz=1
# The whole tree takes longer than all the rest: packaging/lint.py without arguments, before a release.
stage lint packaging/lint.py --changed HEAD~1
[ -z "${linux:-}" ] || run_tests linux
[ -z "${fuzz:-}" ] || run_tests fuzz
[ -z "${threads:-}" ] || stage tests-tsan build/tsan/hozen_threads_test
[ -z "${windows:-}" ] || { stage wine-prefix packaging/run_wine.sh --prepare && run_tests_under_wine; }
[ -z "${fuzz:-}" ] || fuzz_smoke
finish
