// A domain controller, a file server and a proxy with files where their registry says, not only
// where Windows puts them: collected with the profiles for them, from a folder and from an image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "tests/builders/disk_builder.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using builders::DiskBuilder;
using builders::NtfsBuilder;
using test::Ended;
namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

constexpr std::uint32_t kSignature = 0x1234ABCD, kSector = 512;
/// Where the volumes of the image begin, in sectors.
constexpr std::uint32_t kFirst = 2048, kSecond = 65'536;

/// What MountedDevices tells of a volume on a disk with a master boot record.
std::vector<std::byte> device_at(std::uint64_t offset) {
  std::vector<std::byte> value(12);
  std::memcpy(value.data(), &kSignature, 4);
  std::memcpy(value.data() + 4, &offset, 8);
  return value;
}

/// The same files on NTFS.
builders::NtfsBytes volume_of(fake::FakeSource& source, const std::string& name) {
  NtfsBuilder builder{2048};
  std::map<std::string, ntfs::FileReference> folders;
  const auto parent = [&](const EvidencePath& path) {
    const EvidencePath above = path.parent();
    return above.is_root() ? builder.root() : folders.at(above.folded());
  };
  const auto walked = source.walk(
      EvidencePath{name},
      [&](const FileInfo& info) {
        const std::string own{info.path.name()};
        if (info.is_directory)
          folders[info.path.folded()] = builder.folder(parent(info.path), own);
        else
          builder.file(parent(info.path), own, Bytes{source.find(info.path)->bytes}.chars());
        return Visit::enter;
      },
      [](const EvidencePath& path, const Error& error) { FAIL() << path.text() << error.text(); });
  EXPECT_TRUE(walked);
  return builder.volume();
}

std::vector<std::byte> image_of(const fake::FakeWindows& windows) {
  const auto source = windows.source();
  const auto first = volume_of(*source, "C:"), second = volume_of(*source, "D:");
  EXPECT_LT(first.size(), (kSecond - kFirst) * kSector);
  return DiskBuilder{48u << 20}
      .mbr(kSignature)
      .primary(1, 0x07, kFirst, static_cast<std::uint32_t>(first.size() / kSector))
      .primary(2, 0x07, kSecond, static_cast<std::uint32_t>(second.size() / kSector))
      .put(kFirst * kSector, first)
      .put(kSecond * kSector, second)
      .bytes();
}

class ServerProfiles : public testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    windows.volume("D:");
    for (const auto& [letter, sector] : {std::pair{"C:", kFirst}, std::pair{"D:", kSecond}})
      windows.value("HKLM\\SYSTEM\\MountedDevices", std::string{"\\DosDevices\\"} + letter,
                    fake::binary(device_at(std::uint64_t{sector} * kSector)));
  }
  void files(const Paths& paths) {
    for (const std::string& path : paths) windows.file(path, "content of " + path);
  }
  /// The files that a collection with this profile preserves, below "C/" and "D/", in lower case.
  std::set<std::string> collected(const std::string& what, const std::string& profile) {
    const std::string name = what + "-" + fs::path{profile}.stem().string();
    if (what == "image")
      folder.write("image.dd", Bytes{image_of(windows)}.chars());
    else
      EXPECT_TRUE(windows.write_to((folder.path() / "root").string()));
    const Paths from = what == "image" ? Paths{"--image", "image.dd"} : Paths{"--root", "root"};
    Paths arguments{"collect", "--profile", profile, "--output", name + ".zip", "--quiet"};
    arguments.insert(arguments.end(), from.begin(), from.end());
    const Ended ended = test::run_program(arguments, folder.text());
    EXPECT_LE(ended.exit_code, 1) << ended.error;
    const Ended extracted = test::run_program({"extract", name + ".zip", name}, folder.text());
    EXPECT_LE(extracted.exit_code, 1) << extracted.error;
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{folder.path() / name})
      if (entry.is_regular_file())
        found.insert(
            fold_case(entry.path().lexically_relative(folder.path() / name).generic_string()));
    return found;
  }
  /// "D:\dns\x.log" as it lies in an unpacked bundle.
  static std::string place(std::string path) {
    path.erase(1, 1);
    for (char& c : path) c = c == '\\' ? '/' : c;
    return fold_case(path);
  }
  static void expect_all(const std::set<std::string>& found, const Paths& paths) {
    for (const std::string& path : paths) EXPECT_TRUE(found.contains(place(path))) << path;
  }
  static void expect_none(const std::set<std::string>& found, const Paths& paths) {
    for (const std::string& path : paths) EXPECT_FALSE(found.contains(place(path))) << path;
  }

  TempFolder folder;
  fake::FakeWindows windows;
};

const std::string kLogs = "C:\\Windows\\System32\\winevt\\Logs\\";
const std::string kServices = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\";

/// What chapter 13 lists for a domain controller, DNS and DHCP, in places of the server's own.
const Paths kDomainController{
    kLogs + "Security.evtx",
    kLogs + "System.evtx",
    kLogs + "Directory Service.evtx",
    kLogs + "DNS Server.evtx",
    kLogs + "DFS Replication.evtx",
    kLogs + "File Replication Service.evtx",
    kLogs + "Microsoft-Windows-DNSServer%4Audit.evtx",
    kLogs + "Microsoft-Windows-Kerberos-Key-Distribution-Center%4Operational.evtx",
    kLogs + "Microsoft-Windows-Dhcp-Server%4Operational.evtx",
    "C:\\Windows\\debug\\netlogon.log",
    "C:\\Windows\\debug\\netlogon.bak",
    "C:\\Windows\\debug\\NetSetup.log",
    "C:\\Windows\\debug\\dcpromo.log",
    "C:\\Windows\\debug\\dcpromoui.001.log",
    "C:\\Windows\\debug\\PASSWD.LOG",
    "C:\\Windows\\System32\\config\\netlogon.dns",
    "D:\\SYSVOL\\sysvol\\corp\\Policies\\{1}\\Machine\\Preferences\\Groups\\Groups.xml",
    "D:\\SYSVOL\\sysvol\\corp\\Policies\\{1}\\Machine\\Preferences\\Services\\Services.xml",
    "D:\\SYSVOL\\sysvol\\corp\\Policies\\{1}\\Machine\\Scripts\\Startup\\start.ps1",
    "D:\\SYSVOL\\sysvol\\corp\\scripts\\logon.bat",
    "D:\\Logs\\dnsdebug.log",
    "D:\\Zones\\corp.dns",
    "C:\\Windows\\System32\\dns\\backup\\corp.dns",
    "D:\\DHCP\\DhcpSrvLog-Mon.log",
    "D:\\DHCP\\DhcpV6SrvLog-Mon.log",
    "D:\\DHCPDB\\dhcp.mdb",
    "C:\\Windows\\System32\\LogFiles\\IN2403.log",
    "C:\\Windows\\tracing\\RASMAN.LOG",
    "C:\\Program Files\\Microsoft SQL Server\\MSSQL15.X\\MSSQL\\Log\\ERRORLOG",
    "C:\\Program Files\\Update Services\\LogFiles\\SoftwareDistribution.log",
    "C:\\Windows\\CCM\\Logs\\execmgr.log"};
const Paths kDatabase{"D:\\AD\\ntds.dit", "D:\\ADLogs\\edb.log", "D:\\ADLogs\\edb00001.log"};

class DomainControllerProfile : public ServerProfiles {
 protected:
  void SetUp() override {
    ServerProfiles::SetUp();
    windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions", "ProductType",
                  fake::sz("LanmanNT"));
    set("NTDS", "DSA Database file", "D:\\AD\\ntds.dit");
    set("NTDS", "Database log files path", "D:\\ADLogs");
    set("Netlogon", "SysVol", "D:\\SYSVOL\\sysvol");
    set("DNS", "LogFilePath", "D:\\Logs\\dnsdebug.log");
    set("DNS", "DatabaseDirectory", "D:\\Zones");
    set("DHCPServer", "DhcpLogFilePath", "D:\\DHCP");
    set("DHCPServer", "DatabasePath", "D:\\DHCPDB");
    files(kDomainController);
    files(kDatabase);
    files({"D:\\DHCP\\else.txt", "D:\\AD\\else.dat", "D:\\Logs\\else.log"});
    folder.write("with_database.xml", R"(<?xml version="1.0" encoding="UTF-8"?>
<profile version="1" summary="With the database">
  <include profile="domain_controller"/>
  <module name="domain_controller"><option name="database" value="on"/></module>
</profile>)");
  }
  void set(const std::string& service, const std::string& value, const std::string& path) {
    windows.value(kServices + service + "\\Parameters", value, fake::sz(path));
  }
};

TEST_F(DomainControllerProfile, TakesAllFromAFolderAndNoDatabase) {
  const auto found = collected("folder", "domain_controller");
  expect_all(found, kDomainController);
  expect_none(found, kDatabase);
  expect_none(found, {"D:\\DHCP\\else.txt", "D:\\AD\\else.dat", "D:\\Logs\\else.log"});
}

TEST_F(DomainControllerProfile, TakesTheSameFromAnImage) {
  const auto found = collected("image", "domain_controller");
  expect_all(found, kDomainController);
  expect_none(found, kDatabase);
}

TEST_F(DomainControllerProfile, TakesTheDatabaseWhenTheProfileSaysSo) {
  expect_all(collected("folder", "with_database.xml"), kDatabase);
  expect_all(collected("image", "with_database.xml"), kDatabase);
}

TEST_F(DomainControllerProfile, LeavesOutWhatIsAboveTheLimits) {
  const std::string script = "D:\\SYSVOL\\sysvol\\corp\\scripts\\huge.bat";
  windows.file(script, "").bytes.resize((32u << 20) + 1);
  for (int i = 0; i < 205; ++i) files({"C:\\Windows\\debug\\adprep" + std::to_string(i) + ".log"});
  const auto found = collected("folder", "domain_controller");
  expect_none(found, {script});
  const std::string prefix = place("C:\\Windows\\debug\\adprep");
  std::size_t logs = 0;
  for (const std::string& path : found) logs += path.starts_with(prefix) ? 1u : 0u;
  EXPECT_LE(logs, 200u);
  EXPECT_GT(logs, 100u);
}

const Paths kFileServer{
    kLogs + "Security.evtx",
    kLogs + "Archive-Security-2024-03-01-00-00-00-000.evtx",
    kLogs + "Microsoft-Windows-SMBServer%4Security.evtx",
    kLogs + "Microsoft-Windows-SMBServer%4Operational.evtx",
    kLogs + "Microsoft-Windows-SMBServer%4Audit.evtx",
    kLogs + "Microsoft-Windows-SMBServer%4Connectivity.evtx",
    "C:\\Windows\\System32\\LogFiles\\Sum\\Current.mdb",
    "C:\\Windows\\System32\\LogFiles\\Sum\\SystemIdentity.mdb",
    "C:\\Windows\\System32\\srm\\Logs\\srm.log",
    "C:\\StorageReports\\Scheduled\\report.xml",
    "D:\\System Volume Information\\SRM\\quota.xml",
    "D:\\System Volume Information\\{3808876b-c176-4e48-b7ae-04046e6cc752}",
    "D:\\Data\\delete.me",
    "C:\\Program Files\\Microsoft SQL Server\\MSSQL15.X\\MSSQL\\Log\\ERRORLOG.1",
    "C:\\Windows\\CCM\\Logs\\execmgr.log"};

class FileServerProfile : public ServerProfiles {
 protected:
  void SetUp() override {
    ServerProfiles::SetUp();
    windows.value(kServices + "LanmanServer\\Shares", "Data",
                  fake::multi_sz({"Path=D:\\Data", "ShareName=Data", "Type=0"}));
    files(kFileServer);
    files({"D:\\Data\\Sales\\customers.xlsx"});
  }
};

TEST_F(FileServerProfile, TakesAllButTheSharedFilesFromAFolder) {
  const auto found = collected("folder", "file_server");
  expect_all(found, kFileServer);
  expect_none(found, {"D:\\Data\\Sales\\customers.xlsx"});
}

TEST_F(FileServerProfile, TakesTheSameFromAnImage) {
  const auto found = collected("image", "file_server");
  expect_all(found, kFileServer);
  expect_none(found, {"D:\\Data\\Sales\\customers.xlsx"});
}

TEST_F(ServerProfiles, AProxysLogsAreTaken) {
  const Paths logs{"C:\\Squid\\var\\log\\squid\\access.log.0",
                   "D:\\bluecoat\\SG_main__1.log.gz",
                   "C:\\Program Files\\Digital Arts\\i-FILTER\\logs\\block\\block.log0000",
                   "D:\\i-FILTER10\\logs\\access\\20240301_access.log0001",
                   "C:\\Program Files\\ALSI\\InterSafe\\log\\InterSafe_http.log",
                   "D:\\wsa\\aclog.current",
                   "C:\\Program Files\\Microsoft Forefront Threat Management Gateway\\Logs\\"
                   "ISALOG_20240301_WEB_000.w3c"};
  files(logs);
  files({"D:\\bluecoat\\else.txt"});
  const auto found = collected("folder", "proxy_server");
  expect_all(found, logs);
  expect_none(found, {"D:\\bluecoat\\else.txt"});
}

}  // namespace
}  // namespace hozen
