#include "collector/module/named_signers.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "collector/base/text.h"
#include "collector/source/live_state.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxProblems = 20;
constexpr std::string_view kProgramEndings[] = {".exe", ".dll", ".sys", ".ocx", ".cpl", ".drv",
                                                ".scr", ".com", ".ax",  ".efi", ".node"};
/// Copies of what System32 has, by the ten thousand; nothing is loaded from there by its name.
constexpr std::string_view kStores[] = {"WinSxS", "servicing"};

class Walk {
 public:
  Walk(ModuleContext& context, const VisitSigned& visit) : context_{context}, visit_{visit} {}

  void all() {
    // The other drives of an emulator are folders of the host around it.
    const auto host = context_.source().live_host();
    const bool is_emulated = host && !host->emulator.empty();
    for (const VolumeInfo& volume : context_.source().volumes())
      if (!volume.unreadable && !(is_emulated && !is_of_windows(volume)))
        walk(EvidencePath{volume.name});
    if (left_out_ != 0)
      context_.note(
          Error{Errc::limit, "executables whose certificates were not looked at", left_out_});
  }

 private:
  bool is_of_windows(const VolumeInfo& volume) const {
    Registry* const registry = context_.registry();
    if (registry == nullptr) return true;
    const auto& installations = registry->installations();
    return std::any_of(installations.begin(), installations.end(), [&](const Installation& one) {
      return equals_fold(one.windows.volume(), volume.name);
    });
  }
  static bool is_store(const FileInfo& folder) {
    const auto& names = folder.path.components();
    return names.size() == 2 &&
           std::any_of(std::begin(kStores), std::end(kStores),
                       [&](std::string_view name) { return equals_fold(names[1], name); });
  }
  void walk(const EvidencePath& root) {
    const auto walked = context_.source().walk(
        root, [&](const FileInfo& file) { return take(file); },
        [&](const EvidencePath&, Error error) {
          if (++problems_ <= kMaxProblems) context_.note(std::move(error));
        });
    if (!walked) context_.note(walked.error());
  }
  Visit take(const FileInfo& file) {
    if (context_.stop().stop_requested()) return Visit::stop;
    if (file.is_link || is_placeholder(file.attributes.value_or(0))) return Visit::skip;
    if (file.is_directory) return is_store(file) ? Visit::skip : Visit::enter;
    const std::string_view name = file.path.name();
    if (std::none_of(std::begin(kProgramEndings), std::end(kProgramEndings),
                     [&](std::string_view ending) { return ends_with_fold(name, ending); }))
      return Visit::skip;
    if (opened_ >= kMaxNamedFiles) {
      ++left_out_;
      return Visit::skip;
    }
    ++opened_;
    count(file.path);
    return Visit::skip;
  }
  void count(const EvidencePath& file) {
    std::vector<NamedSigner> named = context_.signatures().named_signers(file);
    if (!named.empty()) visit_(file, named);
  }

  ModuleContext& context_;
  const VisitSigned& visit_;
  std::size_t opened_ = 0, problems_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace

void each_signed_file(ModuleContext& context, const VisitSigned& visit) {
  Walk{context, visit}.all();
}

}  // namespace hozen
