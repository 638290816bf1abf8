#include "collector/engine/timeline_export.h"

#include <array>
#include <optional>
#include <utility>

#include "collector/base/text.h"
#include "collector/engine/json_read.h"
#include "collector/engine/timeline.h"

namespace hozen {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::array kColumns{"datetime", "timestamp_desc", "message", "record", "kind", "user"};
constexpr std::string_view kFormulaStarts = "=+-@";

void append_cell(std::string& out, std::string_view text) {
  out += '"';
  if (!text.empty() && kFormulaStarts.find(text.front()) != text.npos) out += '\'';
  for (const char c : printable(text)) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

class Export {
 public:
  Export(TimelineForm form, FunctionRef<Result<void>(std::string_view)> write)
      : form_{form}, write_{write} {
    if (form == TimelineForm::csv) buffer_ = timeline_csv_titles();
  }

  void add(std::string_view entry) {
    if (failure_) return;
    if (form_ == TimelineForm::jsonl) {
      buffer_ += entry;
      buffer_ += '\n';
    } else if (!append_timeline_csv(buffer_, entry)) {
      ++counts.unreadable;
    }
    if (buffer_.size() >= kBufferBytes) flush();
  }
  void flush() {
    if (failure_) return;
    if (auto written = write_(buffer_); !written) failure_ = std::move(written).error();
    buffer_.clear();
  }
  const std::optional<Error>& failure() const { return failure_; }
  TimelineCounts counts{};

 private:
  TimelineForm form_;
  FunctionRef<Result<void>(std::string_view)> write_;
  std::string buffer_;
  std::optional<Error> failure_;
};

/// Calls `line` for each line of the segment, as far as it can be read.
Result<void> each_line(const BundleReader& bundle, const BundleReader::Entry& segment, Export& out,
                       FunctionRef<Result<void>(std::string_view)> line) {
  std::optional<Error> failure;
  const auto read = bundle.each_line(segment, [&](std::string_view text) -> Result<void> {
    auto taken = line(text);
    if (!taken) failure = taken.error();
    return taken;
  });
  if (failure) return *failure;
  if (read) return {};
  Error damage = read.error();
  damage.what = segment.facts.name + ": " + damage.what;
  out.counts.damaged.push_back(std::move(damage));
  return {};
}

Result<void> copy_stream(const BundleReader& bundle, Export& out) {
  for (const BundleReader::Entry* segment : bundle.segments(kTimelineStream))
    HOZEN_CHECK(each_line(bundle, *segment, out, [&](std::string_view line) -> Result<void> {
      out.add(line);
      return out.failure() ? Result<void>{*out.failure()} : Result<void>{};
    }));
  return {};
}

Result<void> make_of_records(const BundleReader& bundle, Timeline& timeline, Export& out) {
  constexpr std::string_view kRecords = "records/";
  for (const BundleReader::Entry& entry : bundle.entries()) {
    const auto segment = parse_segment_name(entry.facts.name);
    if (!segment || !segment->stream.starts_with(kRecords)) continue;
    HOZEN_CHECK(each_line(bundle, entry, out, [&](std::string_view line) -> Result<void> {
      // The timeline takes what this program writes: anything else may stand in a bundle.
      if (parse_json(line).is_object()) return timeline.add(line);
      ++out.counts.unreadable;
      return {};
    }));
  }
  return timeline.finish([&](std::string_view line) { out.add(line); });
}

}  // namespace

std::string timeline_csv_titles() {
  std::string line;
  for (const char* name : kColumns) (line += line.empty() ? "" : ",") += name;
  return line + "\n";
}

bool append_timeline_csv(std::string& out, std::string_view entry_json) {
  const Json entry = parse_json(entry_json);
  if (!entry.is_object()) return false;
  for (const char* name : kColumns) {
    if (name != kColumns.front()) out += ',';
    append_cell(out, json_text(entry, name));
  }
  out += '\n';
  return true;
}

Result<TimelineCounts> write_timeline(const BundleReader& bundle,
                                      std::span<const ModuleSpec* const> modules, TimelineForm form,
                                      ScratchFactory scratch,
                                      FunctionRef<Result<void>(std::string_view lines)> write) {
  Export out{form, write};
  if (!bundle.segments(kTimelineStream).empty()) {
    HOZEN_CHECK(copy_stream(bundle, out));
  } else {
    Timeline timeline{modules, std::move(scratch)};
    HOZEN_CHECK(make_of_records(bundle, timeline, out));
  }
  out.flush();
  if (out.failure()) return *out.failure();
  return std::move(out.counts);
}

}  // namespace hozen
