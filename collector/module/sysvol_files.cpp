#include "collector/module/sysvol_files.h"

#include <algorithm>
#include <deque>
#include <tuple>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/rules.h"
#include "collector/module/text_lines.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxFiles = 100'000, kMaxFolders = 100'000;
/// Of one file, and of all: policies and scripts are small.
constexpr std::uint64_t kMaxFileBytes = 32u << 20, kMaxBytes = 1u << 30;
constexpr std::uint64_t kMaxXmlBytes = 8u << 20;

constexpr std::string_view kScripts[] = {".bat", ".cmd", ".ps1", ".psm1", ".vbs", ".vbe", ".js",
                                         ".jse", ".wsf", ".wsh", ".hta",  ".kix", ".py"};
constexpr std::string_view kPolicies[] = {".pol", ".inf", ".ini", ".aas", ".adm", ".cmtx"};
constexpr std::string_view kPrograms[] = {".exe", ".dll", ".msi", ".scr", ".sys",
                                          ".com", ".lnk", ".cpl", ".msp"};

bool ends_with_one(std::string_view name, std::span<const std::string_view> extensions) {
  return std::any_of(extensions.begin(), extensions.end(),
                     [&](std::string_view one) { return ends_with_fold(name, one); });
}

/// The value that begins behind `text`'s first quote; "" when there is none.
std::string_view quoted_value(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto skip = [&] {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  };
  skip();
  if (!text.starts_with('=')) return {};
  text.remove_prefix(1);
  skip();
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return {};
  const std::size_t end = text.find(text.front(), 1);
  return end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
}

class Walk {
 public:
  explicit Walk(ModuleContext& context) : context_{context} {}

  std::vector<FileInfo> files(const EvidencePath& folder) {
    add(folder);
    while (!waiting_.empty() && !context_.stop().stop_requested()) {
      const EvidencePath next = waiting_.front();
      waiting_.pop_front();
      walk(next);
    }
    if (is_cut_) context_.note({Errc::limit, folder.text() + ": further files are not listed"});
    std::sort(files_.begin(), files_.end(), [](const FileInfo& a, const FileInfo& b) {
      return std::tuple{b.si.modified, a.path.folded()} <
             std::tuple{a.si.modified, b.path.folded()};
    });
    return std::move(files_);
  }

 private:
  void add(const EvidencePath& folder) {
    auto real = context_.source().real_folder(folder);
    if (!real) return;
    if (folders_.size() >= kMaxFolders) return void(is_cut_ = true);
    if (folders_.insert(context_.source().key(*real)).second) waiting_.push_back(*std::move(real));
  }

  void walk(const EvidencePath& folder) {
    const auto problem = [&](const EvidencePath& where, Error error) {
      if (error.what != where.text()) error.what = where.text() + ": " + error.what;
      context_.note(std::move(error));
    };
    const auto done = context_.source().walk(
        folder,
        [&](const FileInfo& info) {
          if (context_.stop().stop_requested()) return Visit::stop;
          if (info.is_link) return add(info.path), Visit::skip;
          if (info.is_directory && folders_.size() >= kMaxFolders)
            return is_cut_ = true, Visit::skip;
          if (info.is_directory) {
            const bool is_new = folders_.insert(context_.source().key(info.path)).second;
            return is_new ? Visit::enter : Visit::skip;
          }
          if (files_.size() >= kMaxFiles) return is_cut_ = true, Visit::stop;
          files_.push_back(info);
          return Visit::skip;
        },
        problem);
    if (!done) problem(folder, done.error());
  }

  ModuleContext& context_;
  std::deque<EvidencePath> waiting_;
  std::set<std::string> folders_;
  std::vector<FileInfo> files_;
  bool is_cut_ = false;
};

SysvolFile row_of(ModuleContext& context, const FileInfo& info) {
  SysvolFile row;
  row.path = info.path.text();
  row.size = info.size;
  row.kind = sysvol_kind(info.path.name());
  row.is_recent = is_recent(info.si.modified, context.reference_time());
  row.envelope.timestamps.emplace_back("file_created", info.si.created);
  row.envelope.timestamps.emplace_back("file_modified", info.si.modified);
  return row;
}

}  // namespace

std::string_view to_text(SysvolKind kind) {
  constexpr std::array<std::string_view, 5> kTexts{"script", "policy", "preferences", "program",
                                                   "other"};
  return kTexts.at(static_cast<std::size_t>(kind));
}

SysvolKind sysvol_kind(std::string_view name) {
  if (ends_with_fold(name, ".xml")) return SysvolKind::preferences;
  if (ends_with_one(name, kScripts)) return SysvolKind::script;
  if (ends_with_one(name, kPolicies)) return SysvolKind::policy;
  return ends_with_one(name, kPrograms) ? SysvolKind::program : SysvolKind::other;
}

std::uint32_t count_cpasswords(std::string_view xml) {
  constexpr std::string_view kName = "cpassword";
  std::uint32_t count = 0;
  const std::string folded = to_lower_ascii(xml);
  for (std::size_t at = folded.find(kName); at != std::string::npos;
       at = folded.find(kName, at + kName.size()))
    if (!trim(quoted_value(std::string_view{folded}.substr(at + kName.size()))).empty()) ++count;
  return count;
}

void each_sysvol_file(ModuleContext& context, const EvidencePath& folder,
                      const std::function<void(SysvolFile&)>& visit) {
  std::uint64_t bytes = 0, left_out = 0;
  for (const FileInfo& info : Walk{context}.files(folder)) {
    if (context.stop().stop_requested()) return;
    SysvolFile row = row_of(context, info);
    if (row.kind == SysvolKind::other) {
      if (row.is_recent) visit(row);
      continue;
    }
    if (info.size > kMaxFileBytes || info.size > kMaxBytes - bytes) {
      ++left_out;
      visit(row);
      continue;
    }
    bytes += info.size;
    const auto artifact = context.collect(
        info.path, "SYSVOL: what the domain controller gives to all computers", Priority::high);
    row.envelope.origin.artifact = artifact.row;
    if (row.kind == SysvolKind::preferences && info.size <= kMaxXmlBytes) {
      const auto content = context.read(artifact, kMaxXmlBytes);
      if (content)
        row.passwords = count_cpasswords(decode_text_file(*content));
      else
        context.note({content.error().code, row.path + ": " + content.error().what});
    }
    visit(row);
  }
  if (left_out != 0)
    context.note({Errc::limit, folder.text() + ": " + std::to_string(left_out) +
                                   " large files are not preserved"});
}

}  // namespace hozen
