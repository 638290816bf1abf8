#!/bin/bash
# Runs a Windows program under Wine: run_wine.sh PROGRAM.exe [ARGUMENTS...]
# The Wine prefix is $WINEPREFIX or, without it, a prefix of our own below build/: never ~/.wine.
# It is made when it is missing (about 12 s); --prepare only does that.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export WINEPREFIX=${WINEPREFIX:-$here/../build/wine/tests}
# In any other character set Wine could not give files names in any script.
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
  *[Uu][Tt][Ff]*) ;;
  *) export LC_ALL=C.UTF-8 ;;
esac
export WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES="${WINEDLLOVERRIDES:-mscoree,mshtml=}"
unset DISPLAY WAYLAND_DISPLAY

if [ ! -e "$WINEPREFIX/.hozen-complete" ]; then
  mkdir -p "$WINEPREFIX"
  (
    flock 9
    if [ ! -e "$WINEPREFIX/.hozen-complete" ]; then
      if [ -e "$WINEPREFIX/.hozen-begun" ]; then  # interrupted half-way: begin anew
        wineserver -k || true
        wineserver -w || true
        find "$WINEPREFIX" -mindepth 1 -maxdepth 1 ! -name .hozen-lock -exec rm -rf {} +
      fi
      touch "$WINEPREFIX/.hozen-begun"
      wineboot -i >/dev/null 2>&1 || { echo "run_wine.sh: wineboot failed in $WINEPREFIX" >&2; exit 1; }
      wine winecfg -v win10 >/dev/null 2>&1
      # Documents, Desktop and the like are links into the home of whoever runs this: that is no
      # part of an example Windows.
      find "$WINEPREFIX/drive_c/users" -mindepth 2 -maxdepth 2 -type l |
        while IFS= read -r folder; do rm "$folder" && mkdir "$folder"; done
      touch "$WINEPREFIX/.hozen-complete"
    fi
  ) 9>"$WINEPREFIX/.hozen-lock"
fi
[ "${1:-}" != --prepare ] || exit 0
exec wine "$@"
