#!/bin/bash
# Installs the Debian packages for a purpose: setup_debian.sh [build] [windows] [test] [lint]
#   build    compilers and libraries of the Linux program, its tests and benchmarks
#   windows  cross compiler, assembler, and Wine, for hozen.exe
#   test     what the tests need beyond that (independent tools, clang with its sanitizers)
#   lint     clang-format and clang-tidy
# Does nothing, and needs no root, when all of them are there.
set -euo pipefail

build=(cmake ninja-build g++ ccache git ca-certificates pkg-config
  libboost-filesystem-dev libpugixml-dev libspdlog-dev libfmt-dev zlib1g-dev libssl-dev
  libisal-dev libcli11-dev nlohmann-json3-dev libgtest-dev libgmock-dev libbenchmark-dev)
windows=(g++-mingw-w64-x86-64-posix binutils-mingw-w64-x86-64 make nasm perl dpkg-dev xz-utils bzip2
  patch libcli11-dev nlohmann-json3-dev libboost1.74-dev wine wine64 python3)
test=(clang libclang-rt-14-dev llvm python3 python3-pefile unzip p7zip-full libarchive-tools xz-utils ntfs-3g
  libhivex-bin libwin-hivex-perl reglookup libevt-utils libevtx-utils
  fdisk parted sleuthkit dosfstools exfatprogs e2fsprogs wimtools libfwnt1 osslsigncode)
lint=(clang-format clang-tidy)

packages=()
for group in "${@:-build}"; do
  case $group in
    build | windows | test | lint)
      declare -n list=$group
      packages+=("${list[@]}")
      ;;
    *)
      echo "setup_debian.sh: unknown group '$group'; one of: build windows test lint" >&2
      exit 2
      ;;
  esac
done

missing=()
for package in $(printf '%s\n' "${packages[@]}" | sort -u); do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} = 0 ]; then
  echo "packages: all ${#packages[@]} for '${*:-build}' are installed"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  echo "setup_debian.sh: these packages are missing and installing them needs root:" >&2
  echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 3
fi
echo "packages: installing ${#missing[@]}: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Another package manager may be running (unattended upgrades): wait for its lock.
apt=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -q)
run() {
  if ! "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "setup_debian.sh: failed: $*" >&2
    exit 1
  fi
}
run "${apt[@]}" update
run "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
echo "packages: done"
