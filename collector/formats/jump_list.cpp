#include "collector/formats/jump_list.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "collector/base/text.h"
#include "collector/formats/compound_file.h"

namespace hozen {
namespace {

constexpr std::string_view kDestListName = "DestList";
constexpr std::size_t kDestListHeaderBytes = 32;
constexpr std::size_t kEntryBytes1 = 114, kEntryBytes3 = 130;  ///< before the path
constexpr std::size_t kEntryTail3 = 4;                         ///< behind it
constexpr std::uint32_t kLastVersion = 6;
constexpr std::int32_t kNotPinned = -1;
constexpr std::size_t kMaxProblems = 100;

Guid guid_at(Bytes bytes, std::uint64_t at) {
  Guid guid;
  const Bytes part = bytes.tail(at).head(guid.bytes.size());
  std::copy(part.span().begin(), part.span().end(), guid.bytes.begin());
  return guid;
}

Result<DestListEntry> read_entry(Bytes stream, std::uint64_t& at, std::uint32_t version) {
  const std::size_t fixed_bytes = version == 1 ? kEntryBytes1 : kEntryBytes3;
  HOZEN_TRY(const Bytes fixed, stream.slice(at, fixed_bytes, "DestList entry"));
  DestListEntry entry;
  entry.offset = at;
  entry.volume = guid_at(fixed, 8);
  entry.file = guid_at(fixed, 24);
  entry.birth_volume = guid_at(fixed, 40);
  entry.birth_file = guid_at(fixed, 56);
  entry.host_name = decode_ansi(fixed.tail(72).head(16), true).text;
  entry.number = fixed.get<std::uint32_t>(88).value_or(0);
  entry.last_used = FileTime{fixed.get<std::uint64_t>(100).value_or(0)};
  entry.is_pinned = fixed.get<std::int32_t>(108).value_or(kNotPinned) != kNotPinned;
  if (version != 1) entry.use_count = fixed.get<std::uint32_t>(116);
  const std::uint64_t units = fixed.get<std::uint16_t>(fixed_bytes - 2).value_or(0);
  HOZEN_TRY(const Bytes path, stream.slice(at + fixed_bytes, units * 2, "DestList path"));
  entry.path = wtf8_from_utf16le(path);
  at += fixed_bytes + units * 2 + (version == 1 ? 0 : kEntryTail3);
  return entry;
}

/// Number of a stream whose name is one in hex.
std::optional<std::uint32_t> number_of(std::string_view name) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number, 16);
  if (name.empty() || failed != std::errc{} || end != name.data() + name.size())
    return std::nullopt;
  return number;
}

void add_problem(std::vector<Error>& problems, Error error) {
  if (problems.size() < kMaxProblems) problems.push_back(std::move(error));
}

class AutomaticReader {
 public:
  explicit AutomaticReader(CompoundFile& file) : file_{file} {
    out_.is_automatic = true;
    for (const CompoundStream& stream : file_.streams())
      if (const auto number = number_of(stream.name)) by_number_.emplace(*number, &stream);
  }

  JumpList read() {
    read_destinations();
    for (const auto& [number, stream] : by_number_) {
      if (taken_.contains(number) || full()) continue;
      JumpListEntry entry;
      entry.link = read_link(*stream);
      add(std::move(entry));
    }
    for (const Error& problem : file_.problems()) add_problem(out_.problems, problem);
    return std::move(out_);
  }

 private:
  void read_destinations() {
    const CompoundStream* stream = file_.find(kDestListName);
    if (stream == nullptr) return add_problem(out_.problems, {Errc::not_found, "DestList stream"});
    const auto bytes = file_.read(*stream);
    if (!bytes) return add_problem(out_.problems, bytes.error());
    if (bytes->empty()) return;  // a list in which nothing was yet
    auto list = parse_dest_list(Bytes{*bytes});
    if (!list) return add_problem(out_.problems, list.error());
    out_.version = list->version;
    out_.stated_entries = list->stated_entries;
    for (Error& problem : list->problems) add_problem(out_.problems, std::move(problem));
    for (DestListEntry& destination : list->entries) {
      JumpListEntry entry;
      if (taken_.insert(destination.number).second) entry.link = link_of(destination.number);
      entry.destination = std::move(destination);
      add(std::move(entry));
    }
  }

  std::optional<Link> link_of(std::uint32_t number) {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? std::nullopt : read_link(*found->second);
  }

  std::optional<Link> read_link(const CompoundStream& stream) {
    const auto bytes = file_.read(stream);
    if (!bytes) {
      add_problem(out_.problems, bytes.error());
      return std::nullopt;
    }
    auto link = parse_lnk(Bytes{*bytes});
    if (!link) {
      add_problem(out_.problems,
                  {link.error().code, "stream " + stream.name + ": " + link.error().what,
                   link.error().offset});
      return std::nullopt;
    }
    return *std::move(link);
  }

  bool full() const { return out_.entries.size() >= kMaxJumpListEntries; }
  void add(JumpListEntry entry) {
    if (full()) return;
    entry.position = static_cast<std::uint32_t>(out_.entries.size());
    out_.entries.push_back(std::move(entry));
  }

  CompoundFile& file_;
  JumpList out_;
  std::map<std::uint32_t, const CompoundStream*> by_number_;  ///< streams with shortcuts
  std::set<std::uint32_t> taken_;                             ///< those that DestList names
};

// Custom lists: categories, each with shortcuts and a mark at its end.
constexpr std::uint32_t kCustomVersion = 2, kFooter = 0xBABFFBAB;
constexpr std::size_t kCustomHeaderBytes = 12;
constexpr std::uint32_t kOwnCategory = 0, kKnownCategory = 1, kTasks = 2;
/// The identifier of a shortcut, behind which one follows.
constexpr std::array<std::uint8_t, 16> kLinkClass = {0x01, 0x14, 0x02, 0, 0, 0, 0, 0,
                                                     0xC0, 0,    0,    0, 0, 0, 0, 0x46};
constexpr std::uint32_t kLinkHeaderBytes = 0x4C;

bool is_link_at(Bytes file, std::uint64_t at) {
  const Bytes mark = file.tail(at).head(kLinkClass.size());
  return mark.size() == kLinkClass.size() &&
         std::equal(kLinkClass.begin(), kLinkClass.end(), mark.span().begin(),
                    [](std::uint8_t a, std::byte b) { return std::byte{a} == b; }) &&
         file.get<std::uint32_t>(at + kLinkClass.size()) == kLinkHeaderBytes;
}

class CustomReader {
 public:
  explicit CustomReader(Bytes file) : file_{file} {}

  Result<JumpList> read() {
    if (!looks_like_custom_destinations(file_))
      return Error{Errc::malformed, "custom destinations header", file_.base()};
    const std::uint32_t count = file_.get<std::uint32_t>(4).value_or(0);
    at_ = kCustomHeaderBytes;
    for (std::uint32_t i = 0; i < count && at_ < file_.size(); ++i)
      if (!read_category()) break;
    take_rest();
    return std::move(out_);
  }

 private:
  bool read_category() {
    const auto kind = file_.get<std::uint32_t>(at_);
    std::string name = "tasks";
    std::uint32_t count = 0;
    if (kind == kOwnCategory) {
      const std::uint64_t units = file_.get<std::uint16_t>(at_ + 4).value_or(0);
      name = wtf8_from_utf16le(file_.tail(at_ + 6).head(units * 2));
      count = file_.get<std::uint32_t>(at_ + 6 + units * 2).value_or(0);
      at_ += 10 + units * 2;
    } else if (kind == kKnownCategory) {
      at_ += 8;
    } else if (kind == kTasks) {
      count = file_.get<std::uint32_t>(at_ + 4).value_or(0);
      at_ += 8;
    } else {
      return false;
    }
    for (std::uint32_t i = 0; i < count; ++i)
      if (!read_link(name)) return false;
    if (file_.get<std::uint32_t>(at_) != kFooter) return false;
    at_ += sizeof kFooter;
    return true;
  }

  bool read_link(const std::string& category) {
    if (!is_link_at(file_, at_) || out_.entries.size() >= kMaxJumpListEntries) return false;
    const std::uint64_t begin = at_ + kLinkClass.size();
    const std::uint64_t next = next_mark(begin + kLinkHeaderBytes);
    const Bytes bytes{file_.tail(begin).head(next - begin).span()};
    JumpListEntry entry;
    entry.category = category;
    entry.offset = begin;
    entry.position = static_cast<std::uint32_t>(out_.entries.size());
    auto link = parse_lnk(bytes);
    if (link)
      entry.link = *std::move(link);
    else
      add_problem(out_.problems, {link.error().code, link.error().what, file_.base() + begin});
    out_.entries.push_back(std::move(entry));
    at_ = next;
    return true;
  }

  /// Where the next shortcut begins, or the end of the category.
  std::uint64_t next_mark(std::uint64_t at) const {
    for (; at < file_.size(); ++at)
      if (file_.get<std::uint32_t>(at) == kFooter || is_link_at(file_, at)) return at;
    return file_.size();
  }

  /// Shortcuts that no category leads to: the list was damaged.
  void take_rest() {
    bool told = false;
    while (at_ < file_.size()) {
      while (at_ < file_.size() && !is_link_at(file_, at_)) ++at_;
      if (at_ >= file_.size()) return;
      if (!told)
        add_problem(out_.problems,
                    {Errc::malformed, "custom destinations category", file_.base() + at_});
      told = true;
      if (!read_link("")) return;
    }
  }

  Bytes file_;
  JumpList out_;
  std::uint64_t at_ = 0;
};

}  // namespace

Result<DestList> parse_dest_list(Bytes stream) {
  HOZEN_TRY(const auto header, stream.fixed<kDestListHeaderBytes>(0, "DestList header"));
  DestList out;
  out.version = header.u32<0>();
  out.stated_entries = header.u32<4>();
  out.stated_pinned = header.u32<8>();
  if (out.version == 0 || out.version > kLastVersion)
    return Error{Errc::unsupported, "DestList version", stream.base()};
  std::uint64_t at = kDestListHeaderBytes;
  while (out.entries.size() < out.stated_entries && out.entries.size() < kMaxJumpListEntries) {
    auto entry = read_entry(stream, at, out.version);
    if (!entry) {
      out.problems.push_back(entry.error());
      return out;
    }
    out.entries.push_back(*std::move(entry));
  }
  if (out.entries.size() < out.stated_entries)
    out.problems.push_back({Errc::limit, "DestList entries", stream.base() + at});
  return out;
}

Result<JumpList> parse_automatic_destinations(Bytes file) {
  HOZEN_TRY(CompoundFile compound, CompoundFile::open(file));
  return AutomaticReader{compound}.read();
}

Result<JumpList> parse_custom_destinations(Bytes file) { return CustomReader{file}.read(); }

bool looks_like_custom_destinations(Bytes head) {
  const auto version = head.get<std::uint32_t>(0), zero = head.get<std::uint32_t>(8);
  const auto categories = head.get<std::uint32_t>(4), first = head.get<std::uint32_t>(12);
  constexpr std::uint32_t kMaxCategories = 1000;
  return version == kCustomVersion && zero == 0u && categories && *categories <= kMaxCategories &&
         (!first || *first <= kTasks || *first == kFooter);
}

}  // namespace hozen
