#include "tests/builders/fake_source.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen::fake {
namespace {

Error absent(const EvidencePath& path) {
  return Error{Errc::not_found, path.text(), std::nullopt, "no such entry"};
}

}  // namespace

struct Node {
  Entry entry;
  std::map<std::string, std::unique_ptr<Node>> children;  // by folded name
};

struct FakeSource::State {
  std::vector<VolumeInfo> volumes;
  std::map<std::string, std::unique_ptr<Node>> roots;  // by folded volume name
  std::uint64_t opened = 0;
  std::uint64_t walked = 0;

  Node* find(const EvidencePath& path) {
    const auto root = roots.find(fold_case(path.volume()));
    Node* node = root == roots.end() ? nullptr : root->second.get();
    for (const std::string& component : path.components()) {
      if (node == nullptr) return nullptr;
      const auto child = node->children.find(fold_case(component));
      node = child == node->children.end() ? nullptr : child->second.get();
    }
    return node;
  }

  /// Fails when a folder on the way to `path` cannot be entered.
  Result<void> reach(const EvidencePath& path) {
    for (EvidencePath at = path; !at.is_root();) {
      at = at.parent();
      if (const Node* node = find(at); node != nullptr && node->entry.closed)
        return *node->entry.closed;
    }
    return {};
  }

  Node& make(const EvidencePath& path, bool directory) {
    if (path.is_root()) return root(path.volume());
    Node& parent = make(path.parent(), true);
    auto& slot = parent.children[fold_case(path.name())];
    if (!slot) {
      slot = std::make_unique<Node>();
      slot->entry.facts.path = parent.entry.facts.path.child(path.name());
      slot->entry.facts.is_directory = directory;
      slot->entry.facts.attributes = directory ? kAttributeDirectory : 0x20;
    }
    return *slot;
  }

  Node& root(const std::string& volume) {
    auto& slot = roots[fold_case(volume)];
    if (!slot) {
      slot = std::make_unique<Node>();
      slot->entry.facts.path = EvidencePath{volume};
      slot->entry.facts.is_directory = true;
      slot->entry.facts.attributes = kAttributeDirectory;
    }
    const bool known = std::any_of(volumes.begin(), volumes.end(), [&](const VolumeInfo& info) {
      return equals_fold(info.name, volume);
    });
    if (!known) volumes.push_back({slot->entry.facts.path.volume(), std::nullopt, "NTFS", {}});
    return *slot;
  }

  static FileInfo facts_of(const Node& node) {
    FileInfo facts = node.entry.facts;
    facts.size = facts.is_directory ? 0 : node.entry.bytes.size();
    facts.streams.clear();
    for (const auto& [name, bytes] : node.entry.streams) facts.streams.push_back(name);
    return facts;
  }

  /// False when `visit` stopped the walk. A folder's entries come before those of the folders in it
  /// where `whole_first`, as live sources list them; else each folder is entered at once.
  static bool walk(const Node& node, const std::function<Visit(const FileInfo&)>& visit,
                   const std::function<void(const EvidencePath&, Error)>& problem,
                   bool whole_first) {
    if (node.entry.unreadable) {
      problem(node.entry.facts.path, *node.entry.unreadable);
      return true;
    }
    std::vector<const Node*> below;
    for (const auto& [name, child] : node.children) {
      const FileInfo facts = facts_of(*child);
      const Visit answer = visit(facts);
      if (answer == Visit::stop) return false;
      if (answer != Visit::enter || !facts.is_directory || facts.is_link) continue;
      if (whole_first)
        below.push_back(child.get());
      else if (!walk(*child, visit, problem, whole_first))
        return false;
    }
    return std::all_of(below.begin(), below.end(), [&](const Node* folder) {
      return walk(*folder, visit, problem, whole_first);
    });
  }
};

FakeSource::FakeSource() : self_{std::make_unique<State>()} {}
FakeSource::~FakeSource() = default;

void FakeSource::add_volume(VolumeInfo volume) {
  const std::string name = EvidencePath{volume.name}.volume();
  volume.name = name;
  for (VolumeInfo& known : self_->volumes)
    if (equals_fold(known.name, name)) {
      known = std::move(volume);
      return;
    }
  self_->volumes.push_back(std::move(volume));
  self_->root(name);
}

Entry& FakeSource::add_folder(const EvidencePath& path) { return self_->make(path, true).entry; }

Entry& FakeSource::add_file(const EvidencePath& path, std::vector<std::byte> bytes) {
  Entry& entry = self_->make(path, false).entry;
  entry.bytes = std::move(bytes);
  return entry;
}

void FakeSource::remove(const EvidencePath& path) {
  if (Node* parent = path.is_root() ? nullptr : self_->find(path.parent()))
    parent->children.erase(fold_case(path.name()));
}

Entry* FakeSource::find(const EvidencePath& path) {
  Node* node = self_->find(path);
  return node == nullptr ? nullptr : &node->entry;
}

void FakeSource::merge(const FakeSource& other) {
  for (const VolumeInfo& volume : other.self_->volumes) add_volume(volume);
  std::vector<const Node*> waiting;
  for (const auto& [name, root] : other.self_->roots) waiting.push_back(root.get());
  while (!waiting.empty()) {
    const Node& node = *waiting.back();
    waiting.pop_back();
    self_->make(node.entry.facts.path, node.entry.facts.is_directory).entry = node.entry;
    for (const auto& [name, child] : node.children) waiting.push_back(child.get());
  }
}

std::uint64_t FakeSource::opened() const { return self_->opened; }
std::uint64_t FakeSource::walked() const { return self_->walked; }

const std::vector<VolumeInfo>& FakeSource::volumes() const { return self_->volumes; }

Result<FileInfo> FakeSource::stat(const EvidencePath& path) {
  HOZEN_CHECK(self_->reach(path));
  const Node* node = self_->find(path);
  if (node == nullptr) return absent(path);
  FileInfo facts = State::facts_of(*node);
  if (path.stream().empty()) return facts;
  for (const auto& [name, bytes] : node->entry.streams)
    if (equals_fold(name, path.stream())) {
      facts.path = facts.path.with_stream(name);
      facts.size = bytes.size();
      facts.is_directory = false;
      return facts;
    }
  return absent(path);
}

Result<void> FakeSource::walk(const EvidencePath& directory,
                              const std::function<Visit(const FileInfo&)>& visit,
                              const std::function<void(const EvidencePath&, Error)>& problem) {
  ++self_->walked;
  HOZEN_CHECK(self_->reach(directory / "x"));
  const Node* node = self_->find(directory);
  if (node == nullptr) return absent(directory);
  if (!node->entry.facts.is_directory || node->entry.facts.is_link)
    return Error{Errc::unsupported, directory.text(), std::nullopt, "not a folder"};
  State::walk(*node, visit, problem, api_ != nullptr);
  return {};
}

namespace {

/// Bytes of which some cannot be read.
class BadContent final : public ByteSource {
 public:
  using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  BadContent(std::vector<std::byte> bytes, Ranges bad, std::string_view method)
      : bytes_{std::move(bytes)}, bad_{std::move(bad)}, method_{method} {}
  std::string_view method() const override { return method_; }
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    for (const auto& [first, end] : bad_) {
      if (offset >= first && offset < end)
        return Error{Errc::io, "file data", offset, "bad sector"};
      if (offset < first)
        out = out.first(
            static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), first - offset)));
    }
    return bytes_.read_some(offset, out);
  }
  std::uint64_t resumes_at(std::uint64_t offset) override {
    for (const auto& [first, end] : bad_)
      if (offset >= first && offset < end) return std::min<std::uint64_t>(end, size());
    return size();
  }

 private:
  MemorySource bytes_;
  Ranges bad_;
  std::string_view method_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> FakeSource::open(const EvidencePath& path) {
  Node* node = self_->find(path);
  if (node == nullptr) return absent(path);
  Entry& entry = node->entry;
  if (entry.unreadable) return *entry.unreadable;
  if (entry.on_open) entry.on_open();
  std::vector<std::byte> bytes = entry.bytes;
  if (!path.stream().empty()) {
    const auto stream = std::find_if(
        entry.streams.begin(), entry.streams.end(),
        [&](const auto& candidate) { return equals_fold(candidate.first, path.stream()); });
    if (stream == entry.streams.end()) return absent(path);
    bytes = stream->second;
  } else if (entry.facts.is_directory || entry.facts.is_link) {
    return Error{Errc::unsupported, path.text(), std::nullopt, "not a file"};
  }
  ++self_->opened;
  if (path.stream().empty() && (!entry.bad.empty() || !entry.method.empty()))
    return std::unique_ptr<ByteSource>{
        std::make_unique<BadContent>(std::move(bytes), entry.bad, entry.method)};
  return std::unique_ptr<ByteSource>{std::make_unique<MemorySource>(std::move(bytes))};
}

std::vector<std::byte> bytes_from(std::string_view text) {
  const auto bytes = std::as_bytes(std::span{text.data(), text.size()});
  return {bytes.begin(), bytes.end()};
}

namespace {

class RawContent final : public ByteSource {
 public:
  explicit RawContent(std::vector<std::byte> bytes) : content_{std::move(bytes)} {}
  std::uint64_t size() const override { return content_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    return content_.read_some(offset, out);
  }
  std::string_view method() const override { return "raw_ntfs"; }

 private:
  MemorySource content_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> FakeSource::open_other_way(const EvidencePath& path) {
  if (const auto why = no_other_ways.find(path.folded()); why != no_other_ways.end())
    return why->second;
  const auto found = other_ways.find(path.folded());
  if (found == other_ways.end()) return EvidenceSource::open_other_way(path);
  return std::unique_ptr<ByteSource>{std::make_unique<RawContent>(found->second)};
}

}  // namespace hozen::fake
