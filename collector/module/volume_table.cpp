#include "collector/module/volume_table.h"

#include <utility>
#include <vector>

namespace hozen {
namespace {

/// Problems of one table that are told one by one.
constexpr std::uint64_t kMaxNotes = 100;

}  // namespace

VolumeTable::VolumeTable(ModuleContext& context, EvidencePath path,
                         std::unique_ptr<ByteSource> source, std::uint32_t record_bytes)
    : context_{context},
      path_{std::move(path)},
      bytes_{std::move(source)},
      source_{std::make_unique<HashedSource>(*bytes_, HashedSource::kNotYet)},
      record_bytes_{record_bytes},
      table_{*source_, record_bytes} {}

std::unique_ptr<VolumeTable> VolumeTable::open(ModuleContext& context, const std::string& volume) {
  EvidencePath path = EvidencePath{volume} / "$MFT";
  auto source = context.source().open(path);
  if (!source) {
    if (source.error().code != Errc::not_found) context.note(source.error());
    return nullptr;
  }
  const std::uint32_t record_bytes = ntfs::table_record_bytes(**source);
  if (record_bytes == 0) {
    context.note({Errc::malformed, path.text() + ": no file table", 0});
    return nullptr;
  }
  const std::uint32_t row = context.collect(path, "The file table", Priority::high).row;
  std::unique_ptr<VolumeTable> table{
      new VolumeTable{context, std::move(path), *std::move(source), record_bytes}};
  if (context.source().kind() != "live") table->artifact_ = row;
  table->table_.index([&](const Error& error) { table->tell(error); });
  return table;
}

void VolumeTable::tell(const Error& error) {
  if (++told_ > kMaxNotes) return;
  Error note = error;
  note.what = path_.text() + ": " + note.what;
  context_.note(std::move(note));
}

void VolumeTable::tell_rest() {
  const ntfs::TableCounts& counts = table_.counts();
  if (const auto damaged = counts.bad + counts.malformed + counts.torn; damaged != 0)
    tell({Errc::malformed, std::to_string(damaged) + " damaged file records", std::nullopt});
  if (const auto misplaced = counts.misplaced_problem()) tell(*misplaced);
  if (const auto unclaimed = counts.unclaimed_problem()) tell(*unclaimed);
  if (const auto lost = counts.system_problem()) tell(*lost);
  if (told_ > kMaxNotes)
    context_.note({Errc::limit, path_.text() + ": " + std::to_string(told_ - kMaxNotes) +
                                    " further problems, not listed"});
}

}  // namespace hozen
