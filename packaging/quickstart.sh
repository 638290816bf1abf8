#!/bin/bash
# From a fresh Debian 12 to a verified bundle: installs what is missing, builds hozen for Linux and
# hozen.exe for Windows, makes a harmless example Windows under Wine, collects from it as a responder
# would, verifies the bundle with the Linux program and prints the findings. Run it as root, or after
# packaging/setup_debian.sh. A second run only does what is new. Everything lies below build/, except
# the libraries for Windows (packaging/deps_windows.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/build/quickstart
mkdir -p "$work"

say() { printf '\n== %s\n' "$*"; }
# quiet NAME COMMAND...: output into a log, shown when it fails.
quiet() {
  local log=$work/$1.log start=$SECONDS
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 60 "$log"
    echo "quickstart.sh: failed: $* (the whole output is in $log)"
    exit 1
  }
  echo "done in $((SECONDS - start)) s"
}

say "Debian packages"
packaging/setup_debian.sh build windows

say "Libraries for Windows (about 4 minutes the first time)"
packaging/deps_windows.sh

say "Building hozen for Linux"
quiet configure-linux cmake --preset linux
quiet build-linux cmake --build --preset linux --target hozen

say "Building hozen.exe for Windows"
quiet configure-windows cmake --preset windows-x64
quiet build-windows cmake --build --preset windows-x64 --target hozen

say "A harmless example Windows in its own Wine prefix"
packaging/example_windows.sh "$work/wine"

say "Collecting from it: hozen.exe collect"
# As a responder would: the program and the bundle on a stick (here a folder), nothing installed.
stick=$work/stick
rm -rf "$stick"
mkdir -p "$stick"
cp build/windows-x64/hozen.exe "$stick/"
status=0
(cd "$stick" && WINEPREFIX=$work/wine ../../../packaging/run_wine.sh hozen.exe collect --progress plain) ||
  status=$?
# 1: finished, and what could not be collected is listed in the bundle.
case $status in
  0 | 1) ;;
  *)
    echo "quickstart.sh: hozen.exe collect ended with $status"
    exit 1
    ;;
esac
bundle=$(find "$stick" -name '*.zip' -print -quit)
[ -n "$bundle" ] || { echo "quickstart.sh: hozen.exe collect left no bundle in $stick"; exit 1; }

say "Verifying the bundle: hozen verify"
build/linux/hozen verify "$bundle"

say "What it found: hozen report"
build/linux/hozen report "$bundle"

say "Done in $SECONDS s"
echo "bundle: $bundle"
