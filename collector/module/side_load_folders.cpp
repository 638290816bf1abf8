#include "collector/module/side_load_folders.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"

namespace hozen::side_load {
namespace {

using Name = std::string_view;

constexpr Name kProgramEndings[] = {".exe", ".dll", ".scr", ".com", ".ocx", ".cpl", ".ax",
                                    ".drv", ".pyd", ".bpl", ".acm", ".tsp", ".asi", ".node"};
constexpr Name kRedirections[] = {".exe.config", ".exe.manifest", ".exe.local", ".dll.manifest"};
/// Least size of an executable that does something.
constexpr std::uint64_t kLeastBytes = 512;

template <class List>
bool matches(const List& list, Name lower_name) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](Name one) { return fits(one, lower_name); });
}
template <class List>
bool ends_with_any(const List& list, Name lower_name) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](Name one) { return lower_name.ends_with(one); });
}

/// Whether it is no program of Windows: it says so, and is not signed by Microsoft.
bool is_stranger(ModuleContext& context, const Member& program) {
  auto file = context.source().open(program.path);
  if (!file) return false;
  const auto body = read_pe_body(**file, false);
  const bool says_microsoft = body && contains_fold(body->company, "Microsoft");
  if (!program.pe->has_certificates) return !says_microsoft;
  const FileSignature& signature = context.signatures().of(program.path);
  return !signature.is_microsoft && !contains_fold(signature.organization, "Microsoft");
}

/// Takes the programs of Windows away; false where nothing is left.
bool keep_strangers(ModuleContext& context, Folder& folder) {
  constexpr std::size_t kMostAsked = 256;
  std::size_t asked = 0;
  std::erase_if(folder.executables, [&](const Member& member) {
    return !member.pe->is_dll && (++asked > kMostAsked || !is_stranger(context, member));
  });
  folder.programs = static_cast<std::size_t>(
      std::count_if(folder.executables.begin(), folder.executables.end(),
                    [](const Member& member) { return !member.pe->is_dll; }));
  return folder.programs != 0;
}

/// The folder of a program that a fact names; traces name the volume as the device it was then.
std::optional<EvidencePath> folder_of(const Machine& machine, std::string_view program) {
  if (const auto parsed = EvidencePath::parse(program)) return parsed->parent();
  const std::string_view below = below_volume(program);
  if (below.size() == program.size() || machine.windows().empty()) return {};
  return (EvidencePath{machine.windows().front().volume()} / below).parent();
}

class Walk {
 public:
  explicit Walk(ModuleContext& context) : context_{context} {}
  Walk(ModuleContext& context, const Machine& machine, const std::function<void(Folder&)>& visit)
      : context_{context}, machine_{&machine}, visit_{&visit} {}

  void volume(const EvidencePath& root) {
    frames_.push_back(frame_of(root));
    const auto problem = [&](const EvidencePath&, Error error) {
      if (++problems_ <= kMaxProblems) context_.note(std::move(error));
    };
    const auto walked = context_.source().walk(
        root, [&](const FileInfo& file) { return take(file); }, problem);
    if (!walked) context_.note(walked.error());
    while (!frames_.empty()) close();
  }

  /// Of one folder that is named.
  std::optional<Folder> only(const EvidencePath& path) {
    Folder folder = frame_of(path);
    const auto one = [&](const FileInfo& file) {
      add(folder, file);
      return Visit::skip;
    };
    if (!context_.source().walk(path, one, [](const EvidencePath&, const Error&) {})) return {};
    finish(folder);
    verify_signs(context_.source(), folder.signs);
    return folder;
  }

 private:
  static constexpr std::size_t kMaxProblems = 50;

  static Folder frame_of(const EvidencePath& path) {
    Folder folder;
    folder.path = path;
    return folder;
  }

  Visit take(const FileInfo& file) {
    if (context_.stop().stop_requested()) return Visit::stop;
    // Some sources list a folder whole before they enter those in it, others enter each at once.
    while (frames_.size() > 1 && !is_above(frames_.back().path, file.path)) close();
    if (depth_of(file.path) > depth_of(frames_.back().path) + 1)
      frames_.push_back(frame_of(file.path.parent()));
    add(frames_.back(), file);
    if (!file.is_directory || file.is_link) return Visit::skip;
    if (machine_->is_sealed_folder(file.path) && !machine_->is_closed_folder(frames_.front().path))
      return Visit::skip;
    return Visit::enter;
  }
  static std::size_t depth_of(const EvidencePath& path) { return path.components().size(); }
  /// At any depth; the last names differ first.
  static bool is_above(const EvidencePath& folder, const EvidencePath& file) {
    const auto& names = file.components();
    const auto& above = folder.components();
    return names.size() > above.size() &&
           std::equal(above.rbegin(), above.rend(),
                      std::prev(names.rend(), static_cast<std::ptrdiff_t>(above.size())));
  }

  static void add(Folder& folder, const FileInfo& file) {
    const std::string name = to_lower_ascii(file.path.name());
    note_signs(folder.signs, file, name);
    if (ends_with_any(kRedirections, name) && folder.redirections.size() < kMaxOthers)
      folder.redirections.push_back(member_of(file));
    if (file.is_directory) {
      ++folder.folders;
      return;
    }
    ++folder.files;
    const bool is_here = !file.is_link && !is_placeholder(file.attributes.value_or(0));
    if (file.size < kLeastBytes || !is_here) return;
    if (ends_with_any(kProgramEndings, name)) {
      if (folder.executables.size() < kMaxInFolder)
        folder.executables.push_back(member_of(file));
      else
        ++folder.left_out;
    } else if (folder.others.size() < kMaxOthers) {
      folder.others.push_back(member_of(file));
    }
  }

  /// The folder on top is done: its DLLs may be loaded from the one above.
  void close() {
    Folder folder = std::move(frames_.back());
    frames_.pop_back();
    finish(folder);
    if (!frames_.empty()) hand_up(folder, frames_.back());
    // What a program is redirected to may lie deeper.
    const bool has_dll = folder.dlls != 0 || !folder.below.empty() || !folder.redirections.empty();
    if (folder.programs != 0 && has_dll) visit(folder);
    // Decoys by the thousand are no way to hide one.
    if (folder.programs != 0 && folder.left_out != 0 && ++problems_ <= kMaxProblems)
      context_.note(Error{Errc::limit, folder.path.text() +
                                           ": programs and DLLs that are not looked at for "
                                           "side-loading: " +
                                           std::to_string(folder.left_out)});
  }

  void visit(Folder& folder) {
    // What users can write to in them is walked from there.
    const bool is_closed = machine_->is_closed_folder(folder.path) &&
                           !(frames_.empty() ? machine_->is_closed_folder(folder.path)
                                             : machine_->is_closed_folder(frames_.front().path));
    if (is_closed && !keep_strangers(context_, folder)) return;
    verify_signs(context_.source(), folder.signs);
    (*visit_)(folder);
  }

  static void hand_up(Folder& folder, Folder& above) {
    for (Member& member : folder.executables) {
      if (!member.pe || !member.pe->is_dll) continue;
      if (above.below.size() >= kMaxBelow) {
        ++above.left_out;
        continue;
      }
      Member copy = member;
      copy.is_below = true;
      copy.pe->imported.clear();
      above.below.push_back(std::move(copy));
    }
  }

  void finish(Folder& folder) {
    // Most folders of a volume hold nothing that is called a program: their files are not opened.
    // Nor are those of System32 itself, which are thousands.
    if (machine_ != nullptr && machine_->is_system_folder(folder.path)) folder.executables.clear();
    if (folder.executables.empty()) {
      folder.below.clear();
      return;
    }
    for (Member& member : folder.executables) open(member);
    // What is called a program and is none may be what one decrypts.
    for (const Member& member : folder.executables)
      if (!member.pe && folder.others.size() < kMaxOthers) folder.others.push_back(member);
    std::erase_if(folder.executables, [](const Member& member) { return !member.pe; });
    sniff(folder);
    for (const Member& member : folder.executables) {
      ++(member.pe->is_dll ? folder.dlls : folder.programs);
      if (member.pe->is_dll && member.pe->has_certificates) ++folder.signed_dlls;
    }
    if (folder.programs == 0) folder.below.clear();
  }

  void sniff(Folder& folder) {
    if (folder.is_whole_program()) return;
    std::size_t left = kMaxSniffed;
    for (Member& other : folder.others) {
      if (left-- == 0) break;
      open(other);
      if (other.pe) folder.executables.push_back(other);
    }
    std::erase_if(folder.others, [](const Member& member) { return member.pe.has_value(); });
  }

  void open(Member& member) {
    if (opened_ >= kMaxOpened) {
      if (!std::exchange(told_, true))
        context_.note(Error{Errc::limit, "executables looked at for side-loaded DLLs", opened_,
                            "what lies behind " + member.path.text() + " is left out"});
      return;
    }
    ++opened_;
    read_head(context_.source(), member);
  }

  ModuleContext& context_;
  const Machine* machine_ = nullptr;
  const std::function<void(Folder&)>* visit_ = nullptr;
  std::vector<Folder> frames_;
  std::size_t opened_ = 0, problems_ = 0;
  bool told_ = false;
};

}  // namespace

bool is_installer_folder(Name lower_name) {
  // NSIS, Inno Setup, WiX, InstallShield, 7-Zip, PyInstaller.
  constexpr Name kFolders[] = {
      "7zs*", "ns?????.tmp", "ns????.tmp", "nsm*.tmp",   "is-?????.tmp", "_isetup",  ".ba",
      ".ba?", "_mei*",       "7zs*.tmp",   "7z????????", "{*-*-*-*-*}",  "mia*.tmp", "wzse*.tmp"};
  return matches(kFolders, lower_name);
}

Member member_of(const FileInfo& file) {
  Member member;
  member.path = file.path;
  member.size = file.size;
  member.si = file.si;
  member.fn = file.fn;
  return member;
}

void read_head(EvidenceSource& source, Member& member) {
  auto file = source.open(member.path);
  if (!file) return;
  // An executable begins so; of other files no more is read than this.
  std::array<std::byte, 2> mark{};
  const auto got = (*file)->read_some(0, mark);
  if (!got || *got < mark.size() || mark[0] != std::byte{'M'} || mark[1] != std::byte{'Z'}) return;
  if (auto head = read_pe_head(**file)) member.pe = *std::move(head);
}

void each_folder(ModuleContext& context, const Machine& machine,
                 const std::function<void(Folder&)>& visit) {
  Walk walk{context, machine, visit};
  // Closed folders are left out of the walk; what users can write to in them is not.
  for (const EvidencePath& windows : machine.windows())
    for (const Name open :
         {"System32\\spool\\drivers\\color", "System32\\Tasks", "SysWOW64\\Tasks",
          "System32\\Microsoft\\Crypto\\RSA\\MachineKeys", "Registration\\CRMLog"})
      if (const auto info = context.source().stat(windows / open); info && info->is_directory)
        walk.volume(info->path);
  // The other drives of an emulator are folders of the host around it: no evidence of this Windows.
  const auto host = context.source().live_host();
  const bool is_emulated = host && !host->emulator.empty();
  const auto is_of_windows = [&](const VolumeInfo& volume) {
    return std::any_of(
        machine.windows().begin(), machine.windows().end(),
        [&](const EvidencePath& windows) { return equals_fold(windows.volume(), volume.name); });
  };
  for (const VolumeInfo& volume : context.source().volumes())
    if (!context.stop().stop_requested() && !volume.unreadable &&
        (!is_emulated || is_of_windows(volume)))
      walk.volume(EvidencePath{volume.name});
}

void each_named_folder(ModuleContext& context, const Machine& machine,
                       const std::function<void(Folder&)>& visit) {
  constexpr std::size_t kMostNamed = 512;
  std::unordered_set<std::string> seen;
  for (const FactKind kind : {FactKind::autostart, FactKind::execution, FactKind::process})
    for (const Fact& fact : context.facts().facts(kind)) {
      if (context.stop().stop_requested() || seen.size() >= kMostNamed) return;
      const auto path = folder_of(machine, fact.subject);
      if (!path || !machine.is_closed_folder(*path) || machine.is_system_folder(*path) ||
          !seen.insert(path->folded()).second || !context.source().stat(*path))
        continue;
      auto folder = look_at_folder(context, *path);
      if (folder && folder->dlls != 0 && keep_strangers(context, *folder)) visit(*folder);
    }
}

std::optional<Folder> look_at_folder(ModuleContext& context, const EvidencePath& path) {
  return Walk{context}.only(path);
}

}  // namespace hozen::side_load
