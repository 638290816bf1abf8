// Prefetch files, written from a description.
//
//   PrefetchBuilder{30}.program("\\VOLUME{01}\\A.EXE",
//   "A.EXE").run(t).volume(...).packed().bytes();
//
// Damage verbs are applied to the unpacked file, in their order, before it is packed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen::builders {

using PrefetchBytes = std::vector<std::byte>;

class PrefetchBuilder {
 public:
  /// `first_form`: as Windows 10 wrote version 30 up to 1809.
  explicit PrefetchBuilder(std::uint32_t version, bool first_form = false);
  /// `path` is listed as a file; the hash is that of `hashed`, or of `path` without.
  PrefetchBuilder& program(std::string_view path, std::string_view executable,
                           std::string_view hashed = "");
  PrefetchBuilder& hash(std::uint32_t hash);
  PrefetchBuilder& boot();
  PrefetchBuilder& run(FileTime time);  ///< newest first; counts as a run
  PrefetchBuilder& run_count(std::uint32_t count);
  PrefetchBuilder& file(std::string_view path, std::uint64_t reference = 0);
  PrefetchBuilder& volume(std::string_view device, FileTime created, std::uint32_t serial,
                          const std::vector<std::string>& directories = {});
  PrefetchBuilder& hash_text(std::string_view text);
  PrefetchBuilder& packed(bool checksum = false);

  PrefetchBuilder& truncate_at(std::size_t size);
  PrefetchBuilder& set_u32(std::size_t offset, std::uint32_t value);

  PrefetchBytes bytes() const;

  static constexpr std::size_t kInfoOffset = 84;

 private:
  struct Volume {
    std::string device;
    FileTime created;
    std::uint32_t serial;
    std::vector<std::string> directories;
  };
  PrefetchBytes unpacked() const;
  PrefetchBytes volume_area() const;

  std::uint32_t version_;
  bool first_form_, boot_ = false, packed_ = false, checksum_ = false;
  std::string executable_, hash_text_;
  std::uint32_t hash_ = 0, run_count_ = 0;
  std::vector<FileTime> runs_;
  std::vector<std::pair<std::string, std::uint64_t>> files_;
  std::vector<Volume> volumes_;
  std::size_t truncate_at_ = SIZE_MAX;
  std::vector<std::pair<std::size_t, std::uint32_t>> patches_;
};

}  // namespace hozen::builders
