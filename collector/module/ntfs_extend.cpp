#include "collector/module/ntfs_extend.h"

#include <deque>
#include <unordered_set>
#include <utility>

#include "collector/formats/ntfs_index.h"

namespace hozen {
namespace {

constexpr std::uint64_t kMaxRootBytes = 64u << 10;
/// Of a folder's blocks: each has some thirty names in 4 KiB.
constexpr std::uint64_t kMaxBlocksBytes = 1u << 20;

class Lister {
 public:
  Lister(EvidenceSource& source, FunctionRef<void(Error)> problem)
      : source_{source}, problem_{problem} {}

  std::vector<EvidencePath> list(const EvidencePath& extend) {
    const auto read = list_folder(extend);
    if (!read && read.error().code != Errc::not_found) tell(extend, read.error());
    while (!folders_.empty()) {
      const EvidencePath folder = std::move(folders_.front());
      folders_.pop_front();
      if (const auto below = list_folder(folder); !below) tell(folder, below.error());
    }
    if (left_out_ != 0)
      tell(extend, {Errc::limit, std::to_string(left_out_) + " further files are left out"});
    return std::move(files_);
  }

 private:
  void tell(const EvidencePath& where, const Error& error) {
    problem_({error.code, where.text() + ": " + error.what, error.offset, error.detail});
  }

  Result<void> list_folder(const EvidencePath& folder) {
    HOZEN_TRY(const auto root, source_.open(folder.with_stream("$I30:$INDEX_ROOT")));
    HOZEN_TRY(const auto root_bytes, read_all(*root, kMaxRootBytes));
    HOZEN_TRY(const ntfs::IndexRoot parsed, ntfs::parse_index_root(Bytes{root_bytes}));
    ntfs::IndexParts parts;
    parts.root = parsed;
    std::unique_ptr<ByteSource> blocks;
    if (parsed.has_blocks) {
      HOZEN_TRY(blocks, source_.open(folder.with_stream("$I30:$INDEX_ALLOCATION")));
      if (blocks->size() > kMaxBlocksBytes) return Error{Errc::limit, "ntfs index", std::nullopt};
      parts.blocks = blocks.get();
    }
    HOZEN_TRY(auto index, ntfs::DirectoryIndex::open(parts));
    index.each_entry([&](const ntfs::IndexEntry& entry) {
      add(folder, entry);
      return true;
    });
    if (!index.problems().kept().empty()) return index.problems().kept().front();
    return {};
  }

  void add(const EvidencePath& folder, const ntfs::IndexEntry& entry) {
    const bool is_second = entry.name.name_space == ntfs::NameSpace::dos || !entry.file ||
                           !seen_.insert(entry.file->record).second;
    if (is_second || entry.name.name.empty()) return;
    if (seen_.size() > kMaxExtendFiles) {
      ++left_out_;
      return;
    }
    const EvidencePath path = folder.child(entry.name.name);
    if (entry.name.is_directory())
      folders_.push_back(path);
    else
      files_.push_back(path);
  }

  EvidenceSource& source_;
  FunctionRef<void(Error)> problem_;
  std::vector<EvidencePath> files_;
  std::deque<EvidencePath> folders_;
  std::unordered_set<std::uint64_t> seen_;  // records: a folder that lies is not entered twice
  std::size_t left_out_ = 0;
};

}  // namespace

std::vector<EvidencePath> list_extend_files(EvidenceSource& source, const EvidencePath& root,
                                            FunctionRef<void(Error)> problem) {
  return Lister{source, problem}.list(root / "$Extend");
}

}  // namespace hozen
