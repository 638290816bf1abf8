#!/bin/bash
# Builds the third-party libraries of hozen.exe (x86_64-w64-mingw32, static) once, into a folder
# outside the checkout, and prints that folder as the last line of standard output.
#
#   packaging/deps_windows.sh              build unless it is there
#   packaging/deps_windows.sh --print-dir  only say where it is or would be
#
#   HOZEN_DEPS_DIR         the folder itself
#                          (default ${XDG_CACHE_HOME:-~/.cache}/hozen/deps-KEY, KEY of versions and flags)
#   HOZEN_DEPS_SOURCE_DIR  folder that holds the source files listed in deps.sha256; without it they
#                          are fetched as Debian source packages, from where this system's own apt
#                          configuration gets its packages, without touching apt's package lists
#
# Everything is built in a temporary folder that is renamed when complete: an interrupted run leaves
# nothing that looks finished, and two runs at a time wait for each other.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

host=x86_64-w64-mingw32
cc=$host-gcc-posix cxx=$host-g++-posix ar=$host-ar
sources=(zlib=1:1.2.13.dfsg-1 pugixml=1.13-0.2 boost1.74=1.74.0+ds1-21 fmtlib=9.1.0+ds1-2
  spdlog=1:1.10.0+ds-0.4 openssl=3.0.20-1~deb12u2 libisal=2.30.0-5 googletest=1.12.1-0.2)
header_packages=(libboost1.74-dev libcli11-dev nlohmann-json3-dev)
# Windows 7 and later. SOURCE_DATE_EPOCH keeps build times out of the libraries.
flags=(-O2 -ffunction-sections -fdata-sections -D_WIN32_WINNT=0x0601 -DWINVER=0x0601)
export SOURCE_DATE_EPOCH=1 LC_ALL=C

die() {
  echo "deps_windows.sh: $*" >&2
  exit 1
}

key() {
  {
    cat "$here/deps_windows.sh" "$here/deps.sha256"
    "$cxx" --version 2>/dev/null || true
    dpkg-query -W "${header_packages[@]}" 2>/dev/null || true
  } | sha256sum | cut -c1-16
}
target=${HOZEN_DEPS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/hozen/deps-$(key)}
case ${1:-} in
  --print-dir) echo "$target"; exit 0 ;;
  '') ;;
  *) die "unknown argument '$1'; see the head of the file" ;;
esac
if [ -e "$target/complete" ]; then
  echo "deps: present" >&2
  echo "$target"
  exit 0
fi

for tool in "$cc" "$cxx" "$ar" nasm make perl dpkg-source; do
  command -v "$tool" >/dev/null || die "$tool is missing; run packaging/setup_debian.sh windows"
done
mkdir -p "$(dirname "$target")"
exec 9>"$target.lock"
flock 9
if [ -e "$target/complete" ]; then
  echo "$target"
  exit 0
fi
[ ! -e "$target" ] || die "$target exists but was not made by this script; remove it or set HOZEN_DEPS_DIR"
rm -rf "$target".tmp-*  # of runs that were interrupted: we hold the lock
work=$target.tmp-$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{source,prefix/include,prefix/lib}
prefix=$work/prefix

step() { echo "deps: $* (${SECONDS} s)" >&2; }
# quiet COMMAND...: its output is shown only when it fails.
quiet() {
  "$@" >"$work/log" 2>&1 || {
    tail -n 40 "$work/log" >&2
    die "failed: $*"
  }
}

fetch() {
  cd "$work/source"
  if [ -n "${HOZEN_DEPS_SOURCE_DIR:-}" ]; then
    step "copying sources from HOZEN_DEPS_SOURCE_DIR"
    while read -r _ file; do
      cp "$HOZEN_DEPS_SOURCE_DIR/$file" . || die "HOZEN_DEPS_SOURCE_DIR lacks $file"
    done <"$here/deps.sha256"
  else
    step "fetching Debian source packages"
    mkdir -p "$work/lists/partial"
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN) $(LABEL) $(COMPONENT)' \
      'Created-By: Packages' | awk '$3 == "Debian" && $4 == "Debian" && $5 == "main" && $2 !~ /-/ {
        printf "Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\n\n", $1, $2 }' |
      awk -v RS= -v ORS='\n\n' '!seen[$0]++' >"$work/src.sources"
    [ -s "$work/src.sources" ] ||
      die "apt knows no Debian main archive (run apt-get update first, or set HOZEN_DEPS_SOURCE_DIR)"
    local apt=(apt-get -q -o "Dir::Etc::SourceList=$work/src.sources" -o Dir::Etc::SourceParts=/dev/null
      -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root -o Acquire::Retries=3)
    quiet "${apt[@]}" update
    quiet "${apt[@]}" source --download-only -y "${sources[@]}"
  fi
  sha256sum --check --quiet --strict "$here/deps.sha256" >&2 ||
    die "a source file differs from deps.sha256"
}

unpack() {
  step "unpacking"
  local description
  for description in *.dsc; do
    case $description in boost*) continue ;; esac
    quiet dpkg-source --no-check -x "$description" "$work/${description%%_*}"
  done
  mkdir "$work/boost"
  tar -xf boost1.74_*.orig.tar.xz -C "$work/boost" --strip-components=1 --wildcards \
    '*/libs/filesystem/src/*'
}

# archive NAME COMPILER FLAGS... -- FILES...: compiles the files and makes libNAME.a of them.
archive() {
  local name=$1 compiler=$2 options=() file
  shift 2
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  step "$name"
  mkdir -p "$work/objects/$name"
  for file; do printf '%s\0' "$file"; done |
    quiet xargs -0 -P "$(nproc)" -I{} sh -c '
      file=$1 directory=$2; shift 2
      exec "$@" -c "$file" -o "$directory/$(basename "$file").o"' _ {} "$work/objects/$name" \
      "$compiler" "${flags[@]}" "-ffile-prefix-map=$work/=" "${options[@]}"
  "$ar" crsD "$prefix/lib/lib$name.a" "$work/objects/$name"/*.o
}

build() {
  cd "$work"
  step "headers"
  cp -r --dereference /usr/include/CLI /usr/include/nlohmann "$prefix/include/"
  mkdir "$prefix/include/boost-only"
  ln -s /usr/include/boost "$prefix/include/boost-only/boost"
  cp zlib/zlib.h zlib/zconf.h pugixml/src/*.hpp "$prefix/include/"
  cp -r fmtlib/include/fmt spdlog/include/spdlog googletest/googletest/include/gtest \
    googletest/googlemock/include/gmock "$prefix/include/"
  mkdir "$prefix/include/isa-l"
  cp libisal/include/*.h "$prefix/include/isa-l/"

  archive z "$cc" -- zlib/*.c
  archive pugixml "$cxx" -std=c++17 -- pugixml/src/pugixml.cpp
  archive fmt "$cxx" -std=c++17 -Iprefix/include -- fmtlib/src/format.cc fmtlib/src/os.cc
  archive spdlog "$cxx" -std=c++17 -Iprefix/include -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL -- \
    spdlog/src/{async,cfg,color_sinks,file_sinks,spdlog,stdout_sinks}.cpp
  local filesystem=boost/libs/filesystem/src
  archive boost_filesystem "$cxx" -std=c++17 -isystem prefix/include/boost-only \
    -DBOOST_FILESYSTEM_STATIC_LINK=1 -DBOOST_FILESYSTEM_SOURCE -DUNICODE -D_UNICODE -- \
    $filesystem/{codecvt_error_category,directory,exception,operations,path,path_traits}.cpp \
    $filesystem/{portability,unique_path,utf8_codecvt_facet,windows_file_codecvt}.cpp
  archive gtest "$cxx" -std=c++17 -Igoogletest/googletest -Igoogletest/googletest/include \
    -Igoogletest/googlemock -Igoogletest/googlemock/include -- \
    googletest/googletest/src/{gtest-all,gtest_main}.cc googletest/googlemock/src/gmock-all.cc

  step "isal"
  quiet make -C libisal -f Makefile.unx -j"$(nproc)" units=igzip host_cpu=x86_64 arch=mingw \
    CC="$cc" AR=$ar AS=nasm lib
  cp libisal/bin/isa-l.a "$prefix/lib/libisal.a"

  # No engines, no providers from files, and no configuration file read at start: libcrypto would
  # look for it in a folder that every user of the examined machine may create.
  step "crypto (takes about 2 minutes)"
  cd openssl
  quiet perl Configure mingw64 --cross-compile-prefix=$host- CC=gcc-posix --prefix=/hozen \
    --openssldir=/hozen no-shared no-tests no-module no-engine no-dso no-legacy no-autoload-config \
    no-afalgeng no-capieng no-ui-console -ffunction-sections -fdata-sections
  quiet make build_generated
  quiet make -j"$(nproc)" libcrypto.a
  cp libcrypto.a "$prefix/lib/"
  cp -r include/openssl "$prefix/include/"
  cd ..
}

licences() {
  mkdir "$prefix/licences"
  local package
  for package in zlib pugixml fmtlib spdlog openssl libisal googletest; do
    cp "$work/$package/debian/copyright" "$prefix/licences/$package"
  done
}

fetch
unpack
build
licences
touch "$prefix/complete"
mv "$prefix" "$target"
step "complete"
echo "$target"
