// osslsigncode as an independent reader and maker of signatures: what the tests sign, what it signs
// with the same made keys, and Authentihashes of libraries of Wine.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/formats/authenticode_pages.h"
#include "tests/builders/temp_folder.h"
#include "tests/formats/signature_cases.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;
using namespace signature_cases;

constexpr std::size_t kWineLibraries = 300;

class AuthenticodeOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("osslsigncode --version >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "osslsigncode is not installed";
    folder.write("root.pem", made().root.certificate_pem());
    folder.write("middle.pem", made().middle.certificate_pem());
    write_identity("signer", made().rsa);
    write_identity("clock", rsa_clock);
  }
  void write_identity(const std::string& name, const Identity& identity) const {
    folder.write(name + ".pem", identity.certificate_pem());
    folder.write(name + ".key", identity.key_pem());
  }
  PeBytes bytes_of_file(const std::string& name) const {
    std::ifstream file{folder.path() / name, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const Bytes view = bytes_of(text);
    return {view.span().begin(), view.span().end()};
  }
  void write(const std::string& name, const PeBytes& bytes) const {
    folder.write(name, Bytes{bytes}.chars());
  }
  /// What it prints; its exit code goes to `code`.
  std::string run(const std::string& arguments) {
    const std::string command =
        "cd '" + folder.text() + "' && osslsigncode " + arguments + " > said.txt 2>&1";
    code = std::system(command.c_str());
    std::ifstream said{folder.path() / "said.txt"};
    return {std::istreambuf_iterator<char>{said}, {}};
  }
  std::string verify_with(const std::string& file, const std::string& more = "") {
    return run("verify -CAfile root.pem -TSA-CAfile root.pem " + more + " -in " + file);
  }

  TempFolder folder;
  Identity rsa_clock = made().root.issue({"RSA Clock",
                                          "20100101000000Z",
                                          "20400101000000Z",
                                          {std::string{kTimestamping}},
                                          false,
                                          true});
  int code = 0;
};

TEST_F(AuthenticodeOracle, WhatTheTestsSignHoldsForSomeoneElse) {
  write("good.dll", signed_by(signature_of(made().rsa).program("Made", "http://made.example/")));
  const std::string good = verify_with("good.dll");
  EXPECT_EQ(code, 0) << good;
  EXPECT_NE(good.find("Signature verification: ok"), good.npos) << good;

  PeBytes changed = signed_by(signature_of(made().rsa));
  changed.at(0x300) ^= std::byte{1};
  write("changed.dll", changed);
  EXPECT_NE(verify_with("changed.dll").find("MISMATCH"), std::string::npos);
  EXPECT_NE(code, 0);
  EXPECT_EQ(read(changed).status(), Status::digest_mismatch);

  SignatureBuilder stranger{made().stranger};
  stranger.of_file(image_digest(plain())).with(made().stranger_root);
  write("stranger.dll", signed_by(stranger));
  EXPECT_NE(verify_with("stranger.dll"), "");
  EXPECT_NE(code, 0);

  write("stamped.dll",
        signed_by(signature_of(made().expired).rfc3161_timestamp(rsa_clock, "20150701101112Z")));
  const std::string stamped = verify_with("stamped.dll");
  EXPECT_EQ(code, 0) << stamped;
  EXPECT_NE(stamped.find("Jul  1 10:11:12 2015"), stamped.npos) << stamped;

  write("expired.dll", signed_by(signature_of(made().expired)));
  EXPECT_NE(verify_with("expired.dll"), "");
  EXPECT_NE(code, 0);
}

TEST_F(AuthenticodeOracle, CatalogOfTheTestsIsOneForSomeoneElse) {
  SignatureBuilder builder{made().rsa};
  write("made.cat",
        builder.of_content(kCatalogType, catalog_list({{image_digest(plain()), "plain.dll"}}))
            .with(made().middle)
            .bytes());
  write("plain.dll", plain());
  const std::string said = verify_with("plain.dll", "-catalog made.cat");
  EXPECT_EQ(code, 0) << said;
  write("other.dll", plain("other"));
  EXPECT_NE(verify_with("other.dll", "-catalog made.cat"), "");
  EXPECT_NE(code, 0);
}

TEST_F(AuthenticodeOracle, WhatSomeoneElseSignsHolds) {
  write("in.dll", plain("an odd overlay"));
  const std::string sign =
      "sign -certs signer.pem -key signer.key -ac middle.pem -n Theirs "
      "-i http://theirs.example/ ";
  struct Case {
    std::string_view options;
    Algorithm algorithm;
  };
  constexpr Case kCases[] = {{"-h sha256", Algorithm::sha256},
                             {"-h sha1", Algorithm::sha1},
                             {"-h sha512", Algorithm::sha512},
                             {"-h sha256 -ph", Algorithm::sha256}};
  int number = 0;
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.options);
    const std::string out = "out" + std::to_string(++number) + ".dll";
    const std::string said = run(sign + std::string{one.options} + " -in in.dll -out " + out);
    ASSERT_EQ(code, 0) << said;
    const Read file = read(bytes_of_file(out));
    EXPECT_EQ(to_text(file.status()), to_text(Status::valid));
    const Signature& signature = file.table->signatures.at(0);
    EXPECT_EQ(signature.digest.algorithm, one.algorithm);
    EXPECT_EQ(signature.program_name, "Theirs");
    EXPECT_EQ(signature.more_info, "http://theirs.example/");
    const bool has_pages = one.options.find("-ph") != std::string_view::npos;
    EXPECT_EQ(signature.page_hashes, has_pages ? Algorithm::sha256 : Algorithm::unknown);
    if (!has_pages) continue;
    PeBytes bytes = bytes_of_file(out);
    const auto pages_of = [&] {
      MemorySource source{bytes};
      auto image = pe::Image::open(source);
      EXPECT_TRUE(image);
      const auto pages = check_page_hashes(
          *image, Bytes{bytes}.tail(signature.file_offset).head(signature.size_bytes));
      return pages.value_or(PageHashes{});
    };
    const PageHashes whole = pages_of();
    EXPECT_GT(whole.count, 2u);
    EXPECT_EQ(whole.wrong, 0u);
    EXPECT_TRUE(whole.is_whole);
    EXPECT_FALSE(whole.error);
    bytes.at(0x48) ^= std::byte{1};  // in the headers, and then in a section
    EXPECT_EQ(pages_of().wrong, 1u);
    bytes.at(0x400) ^= std::byte{1};
    EXPECT_EQ(pages_of().wrong, 2u);
  }
  // A second signature within the first, both stamped.
  std::string said = run(sign +
                         "-h sha1 -TSA-certs clock.pem -TSA-key clock.key -TSA-time "
                         "1600000000 -in in.dll -out first.dll");
  ASSERT_EQ(code, 0) << said;
  said = run(sign +
             "-h sha256 -nest -TSA-certs clock.pem -TSA-key clock.key -TSA-time 1600000000 "
             "-in first.dll -out both.dll");
  ASSERT_EQ(code, 0) << said;
  const Read both = read(bytes_of_file("both.dll"));
  EXPECT_EQ(to_text(both.status()), to_text(Status::valid));
  ASSERT_EQ(both.table->signatures.at(0).nested.size(), 1u);
  EXPECT_EQ(both.verdict->verdict.signed_at, at("2020-09-13T12:26:40Z"));
  // A blob among the unsigned attributes.
  said = run(sign + "-h sha256 -addUnauthenticatedBlob -in in.dll -out blob.dll");
  ASSERT_EQ(code, 0) << said;
  EXPECT_GT(read(bytes_of_file("blob.dll")).table->signatures.at(0).unsigned_bytes, 0u);
}

TEST_F(AuthenticodeOracle, LibrariesOfWineHaveTheSameHashes) {
  std::vector<std::string> files;
  std::error_code failed;
  for (const fs::directory_entry& triple : fs::directory_iterator{"/usr/lib", failed})
    for (const fs::directory_entry& one :
         fs::directory_iterator{triple.path() / "wine/x86_64-windows", failed})
      if (one.path().extension() == ".dll") files.push_back(one.path().string());
  if (files.empty()) GTEST_SKIP() << "no libraries of Wine are installed";
  std::ranges::sort(files);
  files.resize(std::min(files.size(), kWineLibraries));
  for (const std::string& path : files) {
    const std::string said = run("extract-data -h sha256 -in '" + path + "' -out data.der");
    ASSERT_EQ(code, 0) << path << said;
    const PeBytes data = bytes_of_file("data.der");
    fs::remove(folder.path() / "data.der");
    const auto file = open_native_file(path);
    ASSERT_TRUE(file);
    auto image = pe::Image::open(**file);
    ASSERT_TRUE(image) << path;
    const auto digests = digest_file(**file, &*image, {Algorithm::sha256});
    ASSERT_TRUE(digests);
    // It fills up to eight bytes before it hashes.
    const Digest& ours = digests->padded.empty() ? digests->image.at(0) : digests->padded.at(0);
    EXPECT_NE(Bytes{data}.chars().find(Bytes{ours.bytes}.chars()), std::string_view::npos) << path;
  }
}

}  // namespace
}  // namespace hozen
