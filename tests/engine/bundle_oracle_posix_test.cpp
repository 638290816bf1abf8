// What other programs make of our bundles: unzip, Python's zipfile, 7-Zip.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "collector/base/bytes.h"
#include "tests/builders/bundle_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::BundleBuilder;

struct Answer {
  int exit_code = -1;
  std::string text;
};

Answer ask(const std::string& command) {
  Answer answer;
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return answer;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
    answer.text.append(buffer, count);
  const int status = ::pclose(pipe);
  answer.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return answer;
}

bool has(const std::string& program) { return ask("command -v " + program).exit_code == 0; }

class BundleOracle : public testing::Test {
 protected:
  BundleOracle() {
    BundleBuilder builder;
    add_sample(builder);
    for (unsigned i = 0; i < 30; ++i)
      builder.file("C:\\Users\\J\u00fcrgen\\\u30c6\u30b9\u30c8 " + std::to_string(i) + ".txt",
                   test::compressible_bytes(i * 100'000, i));
    builder.file("C:\\random", test::random_bytes(2'500'000, 1))
        .file("C:\\$Extend\\$UsnJrnl:$J", test::to_bytes("journal"));
    const auto bytes = builder.bytes();
    std::ofstream file{zip(), std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  std::string zip() const { return folder.text() + "/bundle.zip"; }
  TempFolder folder;
};

TEST_F(BundleOracle, UnzipAcceptsEveryEntry) {
  if (!has("unzip")) GTEST_SKIP() << "unzip is not installed";
  // Names are not of ASCII: a plain locale, as of a service or a new machine, must do as well.
  for (const char* locale : {"C", "C.UTF-8"}) {
    const Answer answer = ask(std::string{"LC_ALL="} + locale + " unzip -t '" + zip() + "'");
    EXPECT_EQ(answer.exit_code, 0) << locale << answer.text;
    EXPECT_NE(answer.text.find("No errors detected"), std::string::npos) << answer.text;
    EXPECT_EQ(answer.text.find("warning"), std::string::npos) << answer.text;
  }
}

TEST_F(BundleOracle, PythonReadsWhatTheManifestSays) {
  if (!has("python3")) GTEST_SKIP() << "python3 is not installed";
  folder.write("check.py", R"(
import hashlib, json, sys, zipfile
bundle = zipfile.ZipFile(sys.argv[1])
assert bundle.testzip() is None
names = bundle.namelist()
manifest = json.loads(bundle.read('manifest.json'))
assert names == [entry['name'] for entry in manifest['entries']] + ['manifest.json'], names
raw = open(sys.argv[1], 'rb').read()
for entry, info in zip(manifest['entries'], bundle.infolist()):
    data = bundle.read(info)
    assert len(data) == entry['size'] and hashlib.sha256(data).hexdigest() == entry['sha256'], entry
    assert info.compress_type == entry['method'] and info.compress_size == entry['stored_size']
    start = info.header_offset + 30 + int.from_bytes(raw[info.header_offset + 26:][:2], 'little') \
        + int.from_bytes(raw[info.header_offset + 28:][:2], 'little')
    stored = raw[start:start + entry['stored_size']]
    assert hashlib.sha256(stored).hexdigest() == entry['stored_sha256'], entry
    assert '%04d-%02d-%02dT%02d:%02d:' % info.date_time[:5] == entry['modified'][:17], info.date_time
    assert info.flag_bits & 0x800
print('good', len(names))
)");
  const Answer answer = ask("python3 '" + folder.text() + "/check.py' '" + zip() + "'");
  EXPECT_EQ(answer.exit_code, 0) << answer.text;
  EXPECT_NE(answer.text.find("good"), std::string::npos) << answer.text;
}

TEST_F(BundleOracle, SevenZipFindsNoErrorAndNoWarning) {
  const std::string program = has("7z") ? "7z" : has("7zz") ? "7zz" : "";
  if (program.empty()) GTEST_SKIP() << "7-Zip is not installed";
  const Answer answer = ask(program + " t '" + zip() + "'");
  EXPECT_EQ(answer.exit_code, 0) << answer.text;
  EXPECT_NE(answer.text.find("Everything is Ok"), std::string::npos) << answer.text;
  EXPECT_EQ(answer.text.find("WARNING"), std::string::npos) << answer.text;
}

TEST_F(BundleOracle, AStreamIsReadFrontToBack) {
  if (!has("bsdtar")) GTEST_SKIP() << "bsdtar is not installed";
  const Answer answer = ask("cat '" + zip() + "' | bsdtar -tf - | tail -n 1");
  EXPECT_EQ(answer.text, "manifest.json\n");
}

}  // namespace
}  // namespace hozen
