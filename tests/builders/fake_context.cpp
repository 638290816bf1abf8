#include "tests/builders/fake_context.h"

#include <algorithm>

#include "tests/builders/json.h"

#include "collector/base/text.h"

namespace hozen::fake {
namespace {

using test::Json;

}  // namespace

std::string Record::json_of(std::string_view column) const {
  for (const auto& [name, text] : columns)
    if (name == column) return text;
  return {};
}

std::string Record::operator[](std::string_view column) const {
  const std::string text = json_of(column);
  if (!text.starts_with('"')) return text;
  return test::parse_json(text).get<std::string>();
}

Context::Context(EvidenceSource& source, Registry* registry)
    : source_{source}, registry_{registry} {}

ArtifactId Context::collect(const EvidencePath& path, std::string_view reason, Priority priority) {
  for (std::size_t i = 0; i < artifacts.size(); ++i)
    if (artifacts[i].path.folded() == path.folded()) return {static_cast<std::uint32_t>(i)};
  artifacts.push_back({path, std::string{reason}, priority});
  return {static_cast<std::uint32_t>(artifacts.size() - 1)};
}

Result<std::vector<std::byte>> Context::read(ArtifactId artifact, std::uint64_t cap_bytes) {
  HOZEN_TRY(auto content, source_.open(artifacts.at(artifact.row).path));
  return read_all(*content, cap_bytes);
}

Result<FileBeginning> Context::read_beginning(ArtifactId artifact, std::uint64_t max_bytes) {
  HOZEN_TRY(auto content, source_.open(artifacts.at(artifact.row).path));
  HOZEN_TRY(std::vector<std::byte> bytes, read_all(*content, content->size()));
  FileBeginning part{std::move(bytes), content->size()};
  part.bytes.resize(std::min<std::size_t>(part.bytes.size(), max_bytes));
  return part;
}

std::string& Context::begin_record(const Kind& kind, const Envelope& envelope) {
  next_ = {};
  next_.id = "r-" + std::to_string(records.size());
  next_.kind = kind.name;
  next_.key = envelope.origin.key;
  next_.artifact = envelope.origin.artifact;
  next_.offset = envelope.origin.offset;
  next_.user_sid = envelope.user_sid;
  next_.user_name = envelope.user_name;
  for (const auto& [name, time] : envelope.timestamps) next_.timestamps.emplace_back(name, time);
  line_ = "{\"kind\":\"" + next_.kind + "\"";
  return line_;
}

std::string Context::end_record() {
  next_.json = line_ + "}";
  // A line that is no JSON throws, and so fails the test.
  const Json parsed = test::parse_json(next_.json);
  for (const auto& [name, value] : parsed.items())
    next_.columns.emplace_back(name, test::dumped(value));
  records.push_back(next_);
  return next_.id;
}

const Finding* Context::finding(std::string_view rule) const {
  for (const auto& finding : findings)
    if (finding.rule == rule) return &finding;
  return nullptr;
}

const Record* Context::record(
    const std::vector<std::pair<std::string_view, std::string_view>>& columns) const {
  for (const auto& record : records) {
    bool all = true;
    for (const auto& [name, text] : columns) all = all && record[name] == text;
    if (all) return &record;
  }
  return nullptr;
}

bool Context::has_collected(std::string_view path) const {
  for (const auto& artifact : artifacts)
    if (equals_fold(artifact.path.text(), path)) return true;
  return false;
}

std::string summary_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings)
    text += finding.rule + " " + std::string{to_text(severity_of(finding))} + " " +
            std::to_string(score_of(finding)) + " " + finding.subject + "\n";
  return text;
}

}  // namespace hozen::fake
