// Seeds of fuzz_archive.
#include <fstream>
#include <string>

#include "tests/builders/archive_builder.h"
#include "tests/builders/pe_builder.h"
#include "tests/builders/rar_builder.h"

namespace {

using namespace hozen::builders;

class Folder {
 public:
  explicit Folder(std::string path) : path_{std::move(path)} {}
  void write(const std::string& name, const ArchiveBytes& bytes) {
    std::ofstream file{path_ + "/" + name, std::ios::binary};
    file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
               static_cast<std::streamsize>(bytes.size()));
    is_good = is_good && static_cast<bool>(file);
  }
  bool is_good = true;

 private:
  std::string path_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Folder folder{argv[1]};
  constexpr hozen::FileTime kTime{133'500'000'020'000'000};
  const ArchivedFile file{"docs/報告.xls", 20, kTime, false, false, ""};
  const ArchivedFile directory{"docs", 0, kTime, true, false, ""};
  ArchivedFile secret = file;
  secret.encrypted = true;
  ArchivedFile link = file;
  link.link = "../x";
  ArchivedFile long_name = file;
  long_name.name = std::string(90, 'a') + "/" + std::string(60, 'b');
  const ZipArchive zip = ZipArchive{}.file(directory).file(file).ntfs_times(kTime).file(secret);
  folder.write("zip", ZipArchive{zip}.comment("note").bytes());
  folder.write("zip64", ZipArchive{zip}.zip64().aes().bytes());
  folder.write("zip_directory", ZipArchive{zip}.encrypted_directory().bytes());
  folder.write("zip_first", ZipArchive{zip}.first_of_volumes().bytes());
  folder.write("zip_last", ZipArchive{zip}.last_of_volumes(2).bytes());
  folder.write("zip_names",
               ZipArchive{}.file(file).raw_name("\x95\xF1").unicode_path("報").bytes());
  folder.write("zip_program", ZipArchive{zip}.behind(PeBuilder{}.bytes()).bytes());
  const SevenZipArchive seven = SevenZipArchive{}.file(directory).file(file).file(file);
  folder.write("7z", seven.bytes());
  folder.write("7z_data", SevenZipArchive{seven}.encrypt().bytes());
  folder.write("7z_packed", SevenZipArchive{seven}.packed_header().bytes());
  folder.write("7z_headers", SevenZipArchive{seven}.encrypted_header().bytes());
  folder.write("cab", CabArchive{}.file(file).file(file).bytes());
  folder.write("cab_volume", CabArchive{}.reserve().volume(2, "a", "b").file(file).bytes());
  folder.write("arj", ArjArchive{}.comment("note").file(directory).file(secret).bytes());
  folder.write("arj_volume", ArjArchive{}.more_volumes().continued().file(file).bytes());
  for (const auto& [name, kind] :
       {std::pair{"ustar", TarArchive::Kind::ustar}, std::pair{"gnu", TarArchive::Kind::gnu},
        std::pair{"pax", TarArchive::Kind::pax}})
    folder.write(name, TarArchive{kind}.file(directory).file(long_name).file(link).bytes());
  for (const unsigned level : {0u, 1u, 2u, 3u})
    folder.write("lzh" + std::to_string(level),
                 LzhArchive{level}.file(directory).file(file).bytes());
  folder.write("gzip", gzip_archive("a.txt", kTime));
  RarFile rar;
  rar.name = "a";
  folder.write("rar", RarBuilder{RarBuilder::Generation::rar5}.file(rar).bytes());
  return folder.is_good ? 0 : 1;
}
