// Files and attributes of an NTFS volume, put together from their records.
#include <algorithm>
#include <utility>

#include "collector/formats/ntfs_volume.h"

namespace hozen::ntfs {

bool Volume::has_known_extensions(std::uint64_t number) const {
  const auto known = std::lower_bound(known_extensions_.begin(), known_extensions_.end(),
                                      std::pair{number, std::uint64_t{0}});
  return known != known_extensions_.end() && known->first == number;
}

/// Without extensions known the volume may change.
bool Volume::is_kept(std::uint64_t number) const {
  return has_more(number) ? !known_extensions_.empty() : has_known_extensions(number);
}

/// The streams of a deleted file are asked for one by one, each with the same records.
void Volume::also_look_at(std::uint64_t number, std::vector<std::uint64_t> extensions) {
  more_of_ = number;
  more_extensions_ = std::move(extensions);
  if (more_extensions_.empty()) return;
  if (more_kept_for_.first == number && more_kept_for_.second == more_extensions_) return;
  more_kept_for_ = {number, more_extensions_};
  more_kept_ = nullptr;
}

Result<std::shared_ptr<const KeptFile>> Volume::keep(std::uint64_t number) {
  if (auto known = has_more(number) ? more_kept_ : kept_.find(number)) return known;
  auto file = std::make_shared<KeptFile>(number);
  HOZEN_CHECK(each_record_of(
      number, [&](const FileRecord& record) { file->add(record); },
      [&](Error problem) { file->tell(std::move(problem)); }));
  file->finish();
  if (has_more(number))
    more_kept_ = file;
  else
    kept_.add(file);
  return std::shared_ptr<const KeptFile>{std::move(file)};
}

Result<File> Volume::read_file_anew(std::uint64_t number) {
  File file;
  file.number = number;
  std::vector<Error> problems;
  HOZEN_CHECK(each_record_of(
      number, [&](const FileRecord& record) { file.add(record); },
      [&](Error problem) { problems.push_back(std::move(problem)); }));
  for (Error& problem : problems) file.problems.push_back(std::move(problem));
  return file;
}

Result<File> Volume::read_file(std::uint64_t number) {
  if (!is_kept(number)) return read_file_anew(number);
  HOZEN_TRY(const auto kept, keep(number));
  return File{kept->file()};
}

Result<std::shared_ptr<const File>> Volume::share_file(std::uint64_t number) {
  if (is_kept(number)) {
    HOZEN_TRY(const auto kept, keep(number));
    return std::shared_ptr<const File>{kept, &kept->file()};
  }
  HOZEN_TRY(File file, read_file_anew(number));
  return std::shared_ptr<const File>{std::make_shared<File>(std::move(file))};
}

Result<void> Volume::collect_pieces(std::uint64_t number, std::uint32_t type, std::string_view name,
                                    LayoutCollector& layout, std::vector<Error>& problems) {
  if (is_kept(number)) {
    HOZEN_TRY(const auto kept, keep(number));
    kept->collect(type, name, layout);
    problems = kept->problems();
    return {};
  }
  return each_record_of(
      number, [&](const FileRecord& record) { layout.add(record); },
      [&](Error problem) { problems.push_back(std::move(problem)); });
}

Result<std::unique_ptr<ByteSource>> Volume::open_attribute(std::uint64_t number, std::uint32_t type,
                                                           std::string_view name,
                                                           std::vector<Error>* problems) {
  LayoutCollector layout{type, std::string{name}, boot_.total_clusters()};
  std::vector<Error> met;
  HOZEN_CHECK(collect_pieces(number, type, name, layout, met));
  // One that cannot be read may be the one asked for.
  met.insert(met.end(), layout.problems().begin(), layout.problems().end());
  if (!layout.found() && met.empty()) return Error{Errc::not_found, "ntfs attribute"};
  if (!layout.has_start())
    return Error{Errc::malformed, "ntfs attribute whose beginning cannot be read",
                 number * boot_.record_bytes, met.empty() ? "" : met.front().text()};
  const std::size_t before_order = layout.problems().size();
  std::unique_ptr<ByteSource> source;
  if (layout.value()) {
    source = std::make_unique<MemorySource>(*std::move(layout.value()));
  } else {
    source = std::make_unique<RunSource>(bytes_, boot_.cluster_bytes, layout.take_layout());
  }
  if (problems != nullptr) {
    problems->insert(problems->end(), met.begin(), met.end());
    problems->insert(problems->end(),
                     layout.problems().begin() + static_cast<std::ptrdiff_t>(before_order),
                     layout.problems().end());
  }
  return source;
}

}  // namespace hozen::ntfs
