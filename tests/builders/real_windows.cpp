#include "tests/builders/real_windows.h"

#include "tests/builders/testdata.h"

namespace hozen {
namespace {

using fake::FakeWindows;

void add_user(FakeWindows& windows, const std::string& name, std::string_view hive,
              fake::UserOptions options = {}) {
  options.classes_hive = options.classes_hive && name == "nfury";
  windows.user(name, options);
  const std::string mount =
      "HKU\\" + (options.in_profile_list || options.sid.empty() ? name : options.sid);
  windows.hive_bytes(mount, testdata(hive));
}

}  // namespace

fake::FakeWindows real_windows() {
  FakeWindows windows{{.product = "Windows 7 Professional", .build = 7601, .is_64_bit = false}};
  windows.hive_bytes("HKLM\\SYSTEM", testdata("hives/regipy/SYSTEM"))
      .hive_bytes("HKLM\\SAM", testdata("hives/ericz/SAM"))
      .hive_bytes("HKLM\\SECURITY", testdata("hives/ericz/SECURITYNoRoot"))
      .hive_bytes("HKU\\.DEFAULT", testdata("hives/artemis/NTUSER.DAT"))
      .hive_bytes("HKU\\NetworkService", testdata("hives/ericz/NTUSER1.DAT"));
  add_user(windows, "vibranium", "hives/regipy/NTUSER.DAT");
  add_user(windows, "tony", "hives/regipy/NTUSER_with_winscp.DAT");
  add_user(windows, "trent", "hives/regipy/transactions_NTUSER.DAT");
  windows.file("C:\\Users\\trent\\ntuser.dat.LOG1", "").bytes =
      testdata("hives/regipy/transactions_ntuser.dat.log1");
  windows.file("C:\\Users\\trent\\ntuser.dat.LOG2", "").bytes =
      testdata("hives/regipy/transactions_ntuser.dat.log2");
  add_user(windows, "nfury", "hives/plaso/NTUSER-WIN7.DAT");
  windows.hive_bytes("HKU\\nfury_Classes", testdata("hives/ericz/UsrClassDeletedBags.dat"));
  add_user(windows, "runner", "hives/plaso/NTUSER-RunTests.DAT");
  add_user(windows, "former", "hives/regipy/NTUSER_modified.DAT", {.in_profile_list = false});
  return windows;
}

fake::FakeWindows real_second_windows() {
  FakeWindows windows{{.volume = "D:"}};
  // The Windows of this SYSTEM hive called its volume C:; its SOFTWARE hive, which is made, agrees.
  const std::string nt = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
  const std::string current = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion";
  windows.hive_bytes("HKLM\\SYSTEM", testdata("hives/regipy/SYSTEM_B"))
      .value(nt, "SystemRoot", fake::sz("C:\\Windows"))
      .value(nt + "\\Winlogon", "Userinit", fake::sz("C:\\Windows\\system32\\userinit.exe,"));
  for (const char* name : {"ProgramFilesDir", "ProgramW6432Dir"})
    windows.value(current, name, fake::sz("C:\\Program Files"));
  windows.value(current, "ProgramFilesDir (x86)", fake::sz("C:\\Program Files (x86)"));
  const std::string config = "D:\\Windows\\System32\\config\\";
  windows.file(config + "SYSTEM.LOG1", "").bytes = testdata("hives/regipy/SYSTEM_B.LOG1");
  windows.file(config + "SYSTEM.LOG2", "").bytes = testdata("hives/regipy/SYSTEM_B.LOG2");
  windows.user("carol");
  return windows;
}

}  // namespace hozen
