#include "collector/formats/ntfs_kept_files.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "collector/base/text.h"

namespace hozen::ntfs {
namespace {

auto key_of(const Attribute& attribute) {
  return std::pair{attribute.type, attribute.name.chars()};
}

}  // namespace

void KeptFile::add(const FileRecord& record) {
  const Bytes bytes = record.bytes();
  const auto& copy = records_.emplace_back(bytes.span().begin(), bytes.span().end());
  const auto kept = FileRecord::read(Bytes{copy, bytes.base()});
  if (!kept) return tell(kept.error());
  file_.add(*kept);
  kept->each_attribute(
      [&](const Attribute& attribute) {
        if (attributes_.size() < kMaxKeptAttributes)
          attributes_.push_back(attribute);
        else if (!std::exchange(is_cut_, true))
          tell({Errc::limit, "ntfs attributes of a file", attribute.value.base()});
      },
      [&](Error problem) {
        if (attribute_problems_.size() < kMaxFileProblems)
          attribute_problems_.push_back(std::move(problem));
      });
}

void KeptFile::finish() {
  std::stable_sort(attributes_.begin(), attributes_.end(),
                   [](const Attribute& a, const Attribute& b) { return key_of(a) < key_of(b); });
  file_.problems.insert(file_.problems.end(), problems_.begin(), problems_.end());
}

void KeptFile::collect(std::uint32_t type, std::string_view name, LayoutCollector& layout) const {
  for (const Error& problem : attribute_problems_) layout.tell(problem);
  if (!is_wtf8(name)) return;
  const std::u16string units = utf16_from_wtf8(name);
  const Bytes stored{std::as_bytes(std::span{units.data(), units.size()})};
  const std::pair key{type, stored.chars()};
  auto piece =
      std::partition_point(attributes_.begin(), attributes_.end(),
                           [&](const Attribute& attribute) { return key_of(attribute) < key; });
  for (; piece != attributes_.end() && key_of(*piece) == key; ++piece) layout.add_piece(*piece);
}

std::size_t KeptFile::size_bytes() const {
  const std::size_t record = records_.empty() ? 0 : records_.front().size();
  return sizeof *this + records_.size() * (sizeof(std::vector<std::byte>) + record) +
         attributes_.size() * sizeof(Attribute) + file_.names.size() * sizeof(FileName) +
         file_.streams.size() * sizeof(FileStream);
}

std::shared_ptr<const KeptFile> KeptFiles::find(std::uint64_t number) {
  const auto found = std::find_if(files_.rbegin(), files_.rend(),
                                  [&](const auto& kept) { return kept->file().number == number; });
  if (found == files_.rend()) return nullptr;
  std::rotate(found.base() - 1, found.base(), files_.end());
  return files_.back();
}

void KeptFiles::add(std::shared_ptr<const KeptFile> file) {
  size_bytes_ += file->size_bytes();
  files_.push_back(std::move(file));
  auto first = files_.begin();
  for (; files_.end() - first > 1 &&
         (size_bytes_ > kMaxBytes || files_.end() - first > std::ptrdiff_t{kMaxFiles});
       ++first)
    size_bytes_ -= (*first)->size_bytes();
  files_.erase(files_.begin(), first);
}

}  // namespace hozen::ntfs
