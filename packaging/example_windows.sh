#!/bin/bash
# Makes a harmless example Windows under Wine: example_windows.sh PREFIX_DIR
#
# A new Wine prefix (never ~/.wine) with a few autostarts as an intruder would leave them, and the
# programs they point to. The programs are tiny and only end themselves; nothing is started.
# Prints what it planted. Does nothing when the prefix is complete already.
#
#   kind                       where                                        points to
#   Run key of the machine     HKLM\...\Run "ExampleUpdater"                a program in C:\Users\Public
#   Run key, 32-bit view       HKLM\SOFTWARE\WOW6432Node\...\Run            a program in C:\ProgramData
#   Run key of the user        HKCU\...\Run "ExampleSync"                   PowerShell with an encoded command
#   Startup folder, all users  example-report.pdf.bat                            itself
#   Startup folder, user       example-tool.lnk                             a program in C:\Windows\Temp
#   IFEO debugger              sethc.exe                                    cmd.exe (the sticky-keys trick)
#   service                    ExampleUpdateSvc                             a program in C:\ProgramData
#   library of a service       BITS, Parameters "ServiceDll"                a DLL of another name in System32
#   task                       \ExampleUpdateTask                           a program in C:\Program Files
#   task that Windows hides    \ExampleHiddenTask, without its SD value     a program in C:\Windows\Temp
set -euo pipefail
[ $# = 1 ] || { echo "usage: example_windows.sh PREFIX_DIR" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=$(realpath -m "$1")
[ "$prefix" != "$(realpath -m "$HOME/.wine")" ] || { echo "example_windows.sh: not into ~/.wine" >&2; exit 2; }
export WINEPREFIX=$prefix
wine() { "$here/run_wine.sh" "$@"; }

list() {
  cat <<'LIST'
planted: HKLM\Software\Microsoft\Windows\CurrentVersion\Run ExampleUpdater -> C:\Users\Public\updater.exe
planted: HKLM\Software\WOW6432Node\Microsoft\Windows\CurrentVersion\Run ExampleHelper -> C:\ProgramData\Example\helper.exe
planted: HKCU\Software\Microsoft\Windows\CurrentVersion\Run ExampleSync -> powershell.exe -EncodedCommand ...
planted: Startup folder of all users: example-report.pdf.bat
planted: Startup folder of the user: example-tool.lnk -> C:\Windows\Temp\tool.exe
planted: service ExampleUpdateSvc -> C:\ProgramData\Example\service.exe
planted: service BITS, ServiceDll -> C:\Windows\System32\qmgrx.dll instead of qmgr.dll
planted: task \ExampleUpdateTask -> C:\Program Files\Example\update.exe
planted: task \ExampleHiddenTask, without a security descriptor -> C:\Windows\Temp\hidden.exe
planted: Image File Execution Options\sethc.exe Debugger -> C:\Windows\System32\cmd.exe
LIST
}
# Made by another version of this script, it lacks what this one plants: made anew.
made_by=$(cat "$here/example_windows.sh" "$here/example_tasks.c" | sha256sum)
if [ -e "$prefix/.example-complete" ]; then
  if [ "$(cat "$prefix/.example-complete")" = "$made_by" ]; then
    list
    exit 0
  fi
  WINEPREFIX=$prefix wineserver -k || true
  rm -rf "$prefix"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wine --prepare
drive=$prefix/drive_c

# Different programs (the string makes their hashes differ), 4 KB each.
for name in updater helper tool service qmgrx update hidden; do
  cat >"$work/$name.c" <<C
#include <windows.h>
__declspec(dllexport) const char example[] = "harmless example program: $name";
void start(void) { ExitProcess(0); }
C
  x86_64-w64-mingw32-gcc-posix -Os -s -nostdlib -Wl,--entry=start -Wl,--no-insert-timestamp \
    -o "$work/$name.exe" "$work/$name.c" -lkernel32
done
mkdir -p "$drive/users/Public" "$drive/ProgramData/Example" "$drive/windows/temp" "$drive/Program Files/Example"
cp "$work/updater.exe" "$drive/users/Public/updater.exe"
cp "$work/helper.exe" "$drive/ProgramData/Example/helper.exe"
cp "$work/tool.exe" "$drive/windows/temp/tool.exe"
cp "$work/service.exe" "$drive/ProgramData/Example/service.exe"
cp "$work/qmgrx.exe" "$drive/windows/system32/qmgrx.dll"
cp "$work/update.exe" "$drive/Program Files/Example/update.exe"
cp "$work/hidden.exe" "$drive/windows/temp/hidden.exe"

# UTF-16 of: Write-Output 'harmless example'
encoded=$(printf "Write-Output 'harmless example'" | iconv -t UTF-16LE | base64 -w0)
cat >"$work/plant.reg" <<REG
REGEDIT4

[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Run]
"ExampleUpdater"="\"C:\\\\Users\\\\Public\\\\updater.exe\" /quiet"

[HKEY_LOCAL_MACHINE\\Software\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Run]
"ExampleHelper"="C:\\\\ProgramData\\\\Example\\\\helper.exe"

[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run]
"ExampleSync"="powershell.exe -NoProfile -WindowStyle Hidden -EncodedCommand $encoded"

[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\sethc.exe]
"Debugger"="C:\\\\Windows\\\\System32\\\\cmd.exe"

[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\ExampleUpdateSvc]
"DisplayName"="Example Update Service"
"ImagePath"="C:\\\\ProgramData\\\\Example\\\\service.exe -run"
"ObjectName"="LocalSystem"
"Type"=dword:00000010
"Start"=dword:00000003
"ErrorControl"=dword:00000001

[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\BITS\\Parameters]
"ServiceDll"="C:\\\\Windows\\\\System32\\\\qmgrx.dll"
REG
wine regedit /S "$(wine winepath -w "$work/plant.reg" | tr -d '\r')"

# The Startup folders, wherever this Windows has them; the shortcut is written by its own shell.
cat >"$work/startup.c" <<'C'
#include <shlobj.h>
#include <stdio.h>
int main(void) {
  char folder[MAX_PATH], path[MAX_PATH + 20];
  WCHAR wide[MAX_PATH + 20];
  IShellLinkA *link;
  IPersistFile *file;
  SHGetFolderPathA(NULL, CSIDL_COMMON_STARTUP | CSIDL_FLAG_CREATE, NULL, 0, folder);
  snprintf(path, sizeof path, "%s\\example-report.pdf.bat", folder);
  FILE *script = fopen(path, "wb");
  if (!script) return 1;
  fputs("@echo off\r\nrem harmless example\r\n", script);
  fclose(script);
  SHGetFolderPathA(NULL, CSIDL_STARTUP | CSIDL_FLAG_CREATE, NULL, 0, folder);
  swprintf(wide, MAX_PATH + 20, L"%hs\\example-tool.lnk", folder);
  CoInitialize(NULL);
  if (CoCreateInstance(&CLSID_ShellLink, NULL, CLSCTX_INPROC_SERVER, &IID_IShellLinkA, (void **)&link)) return 1;
  link->lpVtbl->SetPath(link, "C:\\Windows\\Temp\\tool.exe");
  link->lpVtbl->SetArguments(link, "/logon");
  if (link->lpVtbl->QueryInterface(link, &IID_IPersistFile, (void **)&file)) return 1;
  return file->lpVtbl->Save(file, wide, TRUE) != S_OK;
}
C
x86_64-w64-mingw32-gcc-posix -Os -s -o "$work/startup.exe" "$work/startup.c" -lole32 -luuid -lshell32
wine "$work/startup.exe"
x86_64-w64-mingw32-gcc-posix -Os -s -o "$work/tasks.exe" "$here/example_tasks.c" -lbcrypt
wine "$work/tasks.exe"

# The registry is on disk only when the server of this prefix has ended.
WINEPREFIX=$prefix wineserver -k || true
WINEPREFIX=$prefix wineserver -w || true
echo "$made_by" >"$prefix/.example-complete"
list
