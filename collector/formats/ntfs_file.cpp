#include "collector/formats/ntfs_file.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen::ntfs {
namespace {

/// How well a name of this space names the file; smaller is better.
int rank(NameSpace name_space) {
  switch (name_space) {
    case NameSpace::win32:
    case NameSpace::win32_and_dos:
      return 0;
    case NameSpace::posix:
      return 1;
    case NameSpace::dos:
      return 2;
  }
  return 3;
}

std::optional<std::uint64_t> first_cluster(const Attribute& attribute) {
  RunReader reader{attribute.runs, attribute.first_vcn, kSparseLcn};
  while (const auto run = reader.next())
    if (!run->is_sparse()) return run->lcn;
  return std::nullopt;
}

constexpr std::size_t kGuidBytes = 16;
constexpr std::uint32_t kAttributeReparsePoint = 0x400;  // FILE_ATTRIBUTE_REPARSE_POINT

bool has_name(const Attribute& attribute, std::string_view name) {
  if (attribute.name.empty() || name.empty()) return attribute.name.empty() && name.empty();
  return wtf8_from_utf16le(attribute.name) == name;
}

}  // namespace

const FileName* File::best_name() const {
  const auto better = [](const FileName& a, const FileName& b) {
    return rank(a.name_space) < rank(b.name_space);
  };
  const auto best = std::min_element(names.begin(), names.end(), better);
  return best == names.end() ? nullptr : &*best;
}

const FileStream* File::find_stream(std::uint32_t type, std::string_view name) const {
  const std::size_t at = stream_rank(type, name);
  if (at == stream_order_.size()) return nullptr;
  const FileStream& found = streams[stream_order_[at]];
  return found.type == type && found.name == name ? &found : nullptr;
}

/// Place in `stream_order_` of this stream, or the one where it would stand.
std::size_t File::stream_rank(std::uint32_t type, std::string_view name) const {
  const auto at =
      std::partition_point(stream_order_.begin(), stream_order_.end(), [&](std::uint16_t index) {
        const FileStream& stream = streams[index];
        return stream.type != type ? stream.type < type : std::string_view{stream.name} < name;
      });
  return static_cast<std::size_t>(at - stream_order_.begin());
}

void File::clear() {
  names.clear();
  streams.clear();
  stream_order_.clear();
  reparse_data.clear();
  ea_data.clear();
  extensions.clear();
  problems.clear();
  standard.reset();
  reparse_tag.reset();
  ea_bytes.reset();
  ea_stored.reset();
  object_id.reset();
  has_attribute_list = has_reparse_outside = has_index = false;
  state = SlotState::record;
}

void File::tell(Error problem) {
  if (problems.size() < kMaxFileProblems) problems.push_back(std::move(problem));
}

void File::add(const FileRecord& record) {
  if (!record.is_extension()) {
    sequence = record.sequence();
    links = record.links();
    flags = record.flags();
    lsn = record.lsn();
    if (record.names_base())
      tell({Errc::malformed, "ntfs file record that names another as its base and is none of it",
            record.base_offset()});
  }
  record.each_attribute([&](const Attribute& attribute) { add_attribute(attribute); },
                        [&](Error problem) { tell(std::move(problem)); });
}

void File::add_attribute(const Attribute& attribute) {
  switch (attribute.type) {
    case attribute_type::kStandardInformation: {
      auto parsed = parse_standard_information(attribute.value);
      if (!parsed) return tell(std::move(parsed).error());
      if (!standard) standard = *parsed;
      return;
    }
    case attribute_type::kAttributeList:
      has_attribute_list = true;
      return;
    case attribute_type::kFileName:
      return add_name(attribute);
    case attribute_type::kObjectId: {
      // Behind it may stand three more, of where it was made.
      const auto id = attribute.value.slice(0, kGuidBytes, "ntfs object id");
      if (!id) return tell(id.error());
      if (!object_id) object_id = Guid::from(id->span().first<kGuidBytes>());
      return;
    }
    case attribute_type::kData:
    case attribute_type::kIndexAllocation:
      return add_stream(attribute);
    case attribute_type::kIndexRoot:
      has_index = true;
      return;
    case attribute_type::kReparsePoint:
      return add_reparse_point(attribute);
    case attribute_type::kEaInformation:
      // Size of the packed attributes, how many are needed, size unpacked.
      ea_bytes = attribute.value.get<std::uint32_t>(4);
      return;
    case attribute_type::kEa:
      return add_extended_attributes(attribute);
    default:
      return;
  }
}

void File::add_name(const Attribute& attribute) {
  if (!attribute.resident)
    return tell({Errc::malformed, "ntfs file name that is not resident", attribute.value.base()});
  if (names.size() >= kMaxNames)
    return tell({Errc::limit, "ntfs names of a file", attribute.value.base()});
  auto name = parse_file_name(attribute.value);
  if (!name) return tell(std::move(name).error());
  names.push_back(*std::move(name));
}

void File::add_stream(const Attribute& attribute) {
  // Two names of different units are different as WTF-8 too.
  std::string name = wtf8_from_utf16le(attribute.name);
  const std::size_t rank = stream_rank(attribute.type, name);
  FileStream* stream = rank < stream_order_.size() ? &streams[stream_order_[rank]] : nullptr;
  if (stream == nullptr || stream->type != attribute.type || stream->name != name) {
    if (streams.size() >= kMaxStreams)
      return tell({Errc::limit, "ntfs streams of a file", attribute.name.base()});
    stream_order_.insert(stream_order_.begin() + static_cast<std::ptrdiff_t>(rank),
                         static_cast<std::uint16_t>(streams.size()));
    stream = &streams.emplace_back();
    stream->type = attribute.type;
    stream->name_utf16 = attribute.name.chars();
    stream->name = std::move(name);
    stream->resident = attribute.resident;
  }
  const bool is_start = attribute.resident || attribute.first_vcn == 0;
  if (is_start && stream->has_start) {
    // Windows takes the first, and so does LayoutCollector. What once extended a deleted file may
    // hold an older one.
    const Bytes& content = attribute.resident ? attribute.value : attribute.runs;
    if (in_use()) tell({Errc::malformed, "ntfs attribute that is there twice", content.base()});
    return;
  }
  if (attribute.resident) {
    stream->has_start = true;
    stream->resident = true;
    stream->flags = attribute.flags;
    stream->size_bytes = stream->allocated_bytes = stream->initialized_bytes =
        attribute.value.size();
    return;
  }
  if (!is_start) return;
  stream->has_start = true;
  stream->flags = attribute.flags;
  stream->size_bytes = attribute.size_bytes;
  stream->allocated_bytes = attribute.allocated_bytes;
  stream->initialized_bytes = attribute.initialized_bytes;
  stream->unit_log2 = attribute.unit_log2;
  stream->first_lcn = first_cluster(attribute);
}

void File::add_reparse_point(const Attribute& attribute) {
  // One that is not resident is rare: targets of more than some hundred characters.
  if (!attribute.resident) {
    has_reparse_outside = true;
    return;
  }
  reparse_tag = attribute.value.get<std::uint32_t>(0);
  reparse_data.assign(attribute.value.span().begin(), attribute.value.span().end());
}

std::optional<std::uint32_t> File::known_reparse_tag() const {
  if (reparse_tag || !has_reparse_outside) return reparse_tag;
  for (const FileName& name : names)
    if ((name.flags & kAttributeReparsePoint) != 0 && name.ea_or_reparse_tag != 0)
      return name.ea_or_reparse_tag;
  return std::nullopt;
}

void File::add_extended_attributes(const Attribute& attribute) {
  if (ea_stored || (!attribute.resident && attribute.first_vcn != 0)) return;
  ea_stored = attribute.resident ? attribute.value.size() : attribute.size_bytes;
  ea_data.assign(attribute.value.span().begin(), attribute.value.span().end());
}

void LayoutCollector::add(const FileRecord& record) {
  record.each_attribute(
      [&](const Attribute& attribute) {
        if (attribute.type == type_ && has_name(attribute, name_)) add_piece(attribute);
      },
      [&](Error problem) { tell(std::move(problem)); });
}

void LayoutCollector::tell(Error problem) {
  if (problems_.size() < kMaxFileProblems) problems_.push_back(std::move(problem));
}

void LayoutCollector::add_piece(const Attribute& attribute) {
  if (attribute.resident) {
    if (has_start_ || value_) return;
    value_.emplace(attribute.value.span().begin(), attribute.value.span().end());
    flags_ = attribute.flags;
    return;
  }
  if (value_ || (attribute.first_vcn == 0 && has_start_)) return;  // the first of two is meant
  if (attribute.first_vcn == 0) {
    has_start_ = true;
    flags_ = attribute.flags;
    layout_.size_bytes = attribute.size_bytes;
    layout_.initialized_bytes = std::min(attribute.initialized_bytes, attribute.size_bytes);
    // Sparse files have a unit too, and nothing in them is compressed.
    if (attribute.is_compressed() && attribute.unit_log2 != 0)
      layout_.unit_clusters = 1u << attribute.unit_log2;
  }
  RunReader reader{attribute.runs, attribute.first_vcn, volume_clusters_};
  while (const auto run = reader.next()) {
    if (layout_.runs.size() >= kMaxRuns) {
      tell({Errc::limit, "ntfs runs of an attribute", attribute.runs.base()});
      return;
    }
    // Once for all that may come: a list that doubles is there twice meanwhile.
    if (layout_.runs.size() == kMaxRuns / 8) layout_.runs.reserve(kMaxRuns);
    layout_.runs.push_back(*run);
  }
  if (reader.error()) {
    tell(*reader.error());
  } else if (reader.vcn() != attribute.last_vcn + 1 &&
             !(attribute.runs.empty() || reader.vcn() == attribute.first_vcn)) {
    tell({Errc::malformed, "ntfs runlist of another length than its attribute",
          attribute.runs.base()});
  }
}

StreamLayout LayoutCollector::take_layout() {
  auto& runs = layout_.runs;
  const auto is_before = [](const Run& a, const Run& b) { return a.vcn < b.vcn; };
  // Sorting takes a second list, and they mostly are in order.
  if (!std::is_sorted(runs.begin(), runs.end(), is_before))
    std::stable_sort(runs.begin(), runs.end(), is_before);
  std::uint64_t vcn = 0;
  std::size_t kept = 0;
  for (const Run& run : runs) {
    if (run.vcn < vcn) {
      tell({Errc::malformed, "ntfs runs that overlap", std::nullopt});
      continue;
    }
    if (run.vcn > vcn) tell({Errc::malformed, "ntfs runs with a gap", std::nullopt});
    vcn = run.end_vcn();
    runs[kept++] = run;
  }
  runs.resize(kept);
  return std::move(layout_);
}

}  // namespace hozen::ntfs
