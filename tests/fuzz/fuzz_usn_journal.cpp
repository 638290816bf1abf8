// The change journal: records one behind the other, and each by itself.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/usn_journal.h"

namespace {

using namespace hozen;
using namespace hozen::ntfs;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const UsnRecord& record) {
  require(is_wtf8(record.name));
  require(record.major_version >= 2 && record.major_version <= 4);
  require(record.length_bytes % 8 == 0 && record.length_bytes <= kMaxUsnRecordBytes);
  require(record.extents.size() * 16 < record.length_bytes);
  require(utf16_length(record.name) * 2 < record.length_bytes);
  usn_reasons(record.reason);
  usn_sources(record.source_info);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  MemorySource journal{{bytes.span().begin(), bytes.span().end()}};
  Problems problems;
  std::uint64_t end = 0;
  each_usn_record(journal, 0, problems, [&](const UsnRecord& record) {
    check(record);
    require(record.offset >= end && record.offset % 8 == 0);
    end = record.offset + record.length_bytes;
    require(end <= size);
    const auto again = parse_usn_record(bytes.tail(record.offset));
    require(again && again->name == record.name && again->extents == record.extents);
    return true;
  });
  each_usn_record(journal, size / 2 / 8 * 8, problems, [](const UsnRecord&) { return false; });
  for (const Error& problem : problems.kept())
    require(problem.offset && *problem.offset < size && !problem.text().empty());
  if (const auto limits = parse_usn_max(bytes)) limits->journal_id.iso8601();
  return 0;
}
