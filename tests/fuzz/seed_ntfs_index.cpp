// Seeds of fuzz_ntfs_index: small and large directories, with deleted entries and free blocks.
#include <fstream>
#include <string>

#include "tests/builders/ntfs_side_builder.h"
#include "tests/fuzz/ntfs_fuzz_index.h"

namespace {

using namespace hozen::builders;
namespace fuzz = hozen::ntfs::fuzz;

struct Seed {
  const char* name;
  NtfsBytes root{}, bitmap{}, blocks{};
  std::uint8_t size_bits = 0;
};

bool write(const std::string& folder, const Seed& seed) {
  NtfsBytes bytes(fuzz::kHeaderBytes);
  put_u16(bytes, 0, static_cast<std::uint16_t>(seed.root.size()));
  put_u16(bytes, 2, static_cast<std::uint16_t>(seed.bitmap.size()));
  bytes[4] = static_cast<std::byte>(seed.size_bits);
  bytes[5] = static_cast<std::byte>((seed.root.empty() ? 0 : fuzz::kHasRoot) |
                                    (seed.bitmap.empty() ? 0 : fuzz::kHasBitmap));
  bytes = joined({bytes, seed.root, seed.bitmap, seed.blocks});
  std::ofstream file{folder + "/" + seed.name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

IndexListBuilder names(char16_t first) {
  const std::u16string text(3, first);
  return IndexListBuilder{}.name(40, text + u"1").name(41, text + u"2").end();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  IndexListBuilder deleted;
  deleted.name(40, u"a").name(41, u"b").name(42, u"gone.txt").delete_last();
  bool done = write(folder, {.name = "root", .root = ntfs_index_root(deleted)});
  done &= write(folder, {.name = "extracted",
                         .blocks = joined({ntfs_index_block({.bytes = 512}, names(u'a')),
                                           ntfs_index_block({.bytes = 512}, deleted)})});
  // Blocks of 512 bytes keep the seed small.
  const auto tree = IndexListBuilder{}.name(50, u"m", 0).name(51, u"t", 1).end(2);
  done &= write(folder,
                {.name = "tree",
                 .root = ntfs_index_root(tree, true, 512),
                 .bitmap = {std::byte{0b0111}},
                 .blocks = joined({ntfs_index_block({.vcn = 0, .bytes = 512}, names(u'a')),
                                   ntfs_index_block({.vcn = 1, .bytes = 512}, names(u'n')),
                                   ntfs_index_block({.vcn = 2, .bytes = 512, .has_subnodes = true},
                                                    IndexListBuilder{}.name(60, u"z", 0).end(1)),
                                   ntfs_index_block({.vcn = 3, .bytes = 512}, names(u'x'))})});
  done &= write(folder, {.name = "usual",
                         .root = ntfs_index_root(tree, true, 4096),
                         .blocks = ntfs_index_block({}, deleted),
                         .size_bits = 12});
  return done ? 0 : 1;
}
