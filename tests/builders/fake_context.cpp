#include "tests/builders/fake_context.h"

#include <algorithm>

#include "tests/builders/json.h"

#include "collector/base/text.h"

namespace hozen::fake {
namespace {

using test::Json;

/// Keeps what it is given.
class MemoryCopy final : public VolumeCopy {
 public:
  MemoryCopy(Context& context, std::size_t index) : context_{context}, index_{index} {}
  Result<PreservedPart> add(std::uint64_t offset, ByteSource& part,
                            std::uint64_t used_bytes) override {
    Context::CopiedVolume& copy = context_.copies[index_];
    if (context_.most_parts && copy.parts.size() >= *context_.most_parts)
      return Error{Errc::limit, "the limit"};
    copy.used_bytes += used_bytes;
    PreservedPart stored;
    stored.entry = copy.volume + "@" + std::to_string(offset);
    std::vector<std::byte> page(Context::CopiedVolume::kPageBytes);
    const std::vector<std::byte> zeros(page.size());
    for (; stored.size < part.size(); stored.size += page.size()) {
      page.resize(std::min<std::size_t>(page.size(), part.size() - stored.size));
      HOZEN_CHECK(part.read(stored.size, page));
      if (!std::equal(page.begin(), page.end(), zeros.begin()))
        copy.pages[(offset + stored.size) / zeros.size()] = page;
    }
    stored.size = part.size();
    copy.parts.emplace_back(offset, stored.size);
    return stored;
  }
  Result<Sha256Digest> finish(std::uint64_t size) override {
    context_.copies[index_].finished = size;
    return Sha256Digest{};
  }

 private:
  Context& context_;
  std::size_t index_;
};

}  // namespace

Result<std::unique_ptr<VolumeCopy>> Context::copy_volume(const std::string& volume) {
  copies.push_back({volume});
  return std::unique_ptr<VolumeCopy>{std::make_unique<MemoryCopy>(*this, copies.size() - 1)};
}

std::string_view Context::option(std::string_view name) const {
  const auto chosen = options.find(name);
  return chosen == options.end() ? std::string_view{} : std::string_view{chosen->second};
}

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

const FileSignature& Signatures::of(const EvidencePath& file) {
  auto& [path, signature] = asked_[file.folded()];
  path = file;
  const auto told = known.find(file.folded());
  if (told != known.end()) {
    signature = told->second;
  } else {
    signature = FileSignature{};
    signature.status = SignatureStatus::not_signed;
  }
  return signature;
}

std::vector<SignatureBook::Entry> Signatures::all() const {
  std::vector<Entry> entries;
  for (const auto& [key, one] : asked_) entries.push_back({one.first, &one.second});
  return entries;
}

ArtifactId Context::collect(const EvidencePath& path, std::string_view reason, Priority priority) {
  for (std::size_t i = 0; i < artifacts.size(); ++i)
    if (!artifacts[i].deleted && artifacts[i].path.folded() == path.folded())
      return {static_cast<std::uint32_t>(i)};
  artifacts.push_back({path, std::string{reason}, priority, std::nullopt});
  return {static_cast<std::uint32_t>(artifacts.size() - 1)};
}

ArtifactId Context::collect_deleted(const DeletedFile& file, const TargetMatch& match) {
  artifacts.push_back({file.path, std::string{match.reason}, match.priority, file});
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
