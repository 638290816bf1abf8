#!/usr/bin/env python3
"""Finds planted DLLs in a process that runs, with the real hozen.exe.

check_live_modules.py PROGRAM WORK_DIR
A host program loads version.dll from its own folder, and a second DLL that it then takes out of the
lists of its loader; it listens on a port and stays. The bundle must have the process, both modules
with its number, and a finding for the second alone.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
COMPILER = "x86_64-w64-mingw32-gcc-posix"
DLL = """
#include <windows.h>
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  return GetModuleHandleW(NULL) != NULL;
}
"""
# Source of the offsets: the public symbols of ntdll, as in collector/source/loaded_modules.cpp.
HOST = """
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
typedef struct Link { struct Link *next, *previous; } Link;
static void take_out(Link *link) {
  link->previous->next = link->next;
  link->next->previous = link->previous;
}
static void unlink_module(HMODULE module) {
  char *block, *loader;
  Link *head, *at;
  __asm__("movq %%gs:0x60, %0" : "=r"(block));
  loader = *(char **)(block + 0x18);
  head = (Link *)(loader + 0x10);
  for (at = head->next; at != head; at = at->next)
    if (*(HMODULE *)((char *)at + 0x30) == module) {
      int i;
      for (i = 0; i < 3; ++i) take_out(at + i);
      return;
    }
}
int main(void) {
  WSADATA data;
  struct sockaddr_in address = {0};
  int size = sizeof address;
  SOCKET listener;
  HMODULE hidden;
  if (LoadLibraryW(L"version.dll") == NULL) return 2;
  hidden = LoadLibraryW(L"hidden.dll");
  if (hidden == NULL) return 3;
  unlink_module(hidden);
  WSAStartup(MAKEWORD(2, 2), &data);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0)
    return 4;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%lu %u\\n", GetCurrentProcessId(), (unsigned)ntohs(address.sin_port));
  fflush(stdout);
  getchar();
  return 0;
}
"""
problems = []


def check(condition, problem):
    if not condition:
        problems.append(problem)
        print(f"FAILED: {problem}")


def compile_to(target, text, *options):
    source = target.with_suffix(".c")
    source.write_text(text)
    subprocess.run([COMPILER, "-Os", "-s", "-o", str(target), str(source), *options], check=True)


def rows(bundle, stream):
    pattern = re.compile(re.escape(stream) + r"(\.\d+)?\.jsonl$")
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            if pattern.match(name):
                yield from (json.loads(line) for line in archive.read(name).splitlines())


def ends_with(path, name):
    return (path or "").lower().endswith("\\plänted\\" + name)


def check_bundle(bundle, pid, port):
    records = list(rows(bundle, "records/processes"))
    processes = [row for row in records if row["kind"] == "process" and row["pid"] == pid]
    check(len(processes) == 1 and ends_with(processes[0]["path"], "host.exe"),
          f"process {pid} is not told once with its path: {processes}")
    for row in processes:
        check("host.exe" in (row["command_line"] or ""), f"command line {row['command_line']}")
        check(row["user"]["sid"].startswith("S-1-5-"), "no user")
        check(row["modules_whole"] is True, f"modules are not whole: {row['unreadable']}")
    for name, listed in (("version.dll", True), ("hidden.dll", False), ("host.exe", True)):
        modules = [row for row in records if row["kind"] == "loaded_module" and
                   ends_with(row["path"], name) and str(pid) in row["pids"]]
        check(len(modules) == 1, f"{name} is told {len(modules)} times")
        for row in modules:
            check(row["in_loader_list"] is listed and row["is_mapped"] is True,
                  f"{name}: {row}")
            check(not row["is_deleted"], f"{name} is not gone")
    findings = [row for row in rows(bundle, "findings") if row["rule"].startswith("processes.")]
    told = [(row["rule"], row["severity"]) for row in findings
            if ends_with(row["subject"], "hidden.dll")]
    check([rule for rule, severity in told] == ["processes.unlinked_module"],
          f"hidden.dll: {told}")
    others = [(row["rule"], row["subject"]) for row in findings
              if not ends_with(row["subject"], "hidden.dll")]
    check(not others, f"further findings: {others}")
    kept = [row for row in rows(bundle, "artifacts")
            if ends_with(row.get("path"), "hidden.dll") and row.get("entry")]
    check(kept, "hidden.dll is not preserved")
    ports = [row for row in records if row["kind"] == "connection" and
             row["local_port"] == port and row["state"] == "listen"]
    check(ports, f"port {port} is not told")


def main():
    program, work = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    shutil.rmtree(work, ignore_errors=True)
    folder = work / "plänted"
    folder.mkdir(parents=True)
    compile_to(folder / "host.exe", HOST, "-lws2_32")
    for name in ("version.dll", "hidden.dll"):
        compile_to(folder / name, DLL, "-shared")
    # Wine takes its own of this name unless it is told to take the one beside the program.
    command = ["env", "WINEDLLOVERRIDES=mscoree,mshtml=;version=n,b",
               str(PROJECT / "packaging" / "run_wine.sh"), str(folder / "host.exe")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as host:
        try:
            line = host.stdout.readline().split()
            if len(line) != 2:
                sys.exit(f"the host did not start: {line}")
            result = subprocess.run(
                [str(PROJECT / "packaging" / "run_wine.sh"), str(program), "collect", "--progress",
                 "none", "--module", "processes", "--output", "bundle.zip"],
                cwd=work, capture_output=True, text=True, errors="replace", check=False)
            check(result.returncode in (0, 1),
                  f"collect ended with {result.returncode}: {result.stdout}{result.stderr}")
            check_bundle(work / "bundle.zip", int(line[0]), int(line[1]))
        finally:
            host.stdin.close()
    print(f"process {line[0]}, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
