// Web shells: scripts below the folders that web servers hand out (as their configuration says)
// which run what a client sends, lie where no script belongs, or came long after their neighbours;
// and who called them, by the access logs. What a script says proves what it can do, not that it
// was used: a call in a log shows that. Only files that are there are seen, and their first
// megabyte.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/module.h"
#include "collector/module/rules.h"
#include "collector/module/web_places.h"
#include "collector/module/web_script_signs.h"
#include "collector/module/web_script_use.h"

namespace hozen::modules {
namespace {

struct Row {
  const FileInfo& file;
  std::string url, root;
  std::vector<std::string> signs;
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"path", "The script."}, [](const Row& r, Cell& c) { c.text(r.file.path.text()); }},
    F{{"url", "Path of its URL by the folder that it lies in, in lower case."},
      [](const Row& r, Cell& c) { c.text(r.url); }},
    F{{"served_by", "What says that the folder is handed out."},
      [](const Row& r, Cell& c) { c.text(r.root); }},
    F{{"size_bytes", "Its size."}, [](const Row& r, Cell& c) { c.number(r.file.size); }},
    F{{"signs", "Signs of its content, by name."}, [](const Row& r, Cell& c) { c.texts(r.signs); }},
    F{{"owner_sid", "Its owner, where the source knows."},
      [](const Row& r, Cell& c) {
        r.file.owner_sid ? c.text(*r.file.owner_sid) : c.absent(Absent::not_present);
      }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kScript{"web_script", "One script of a web server that a rule suspects.", kColumns,
                       "Suspected web shell {path}"};
constexpr std::array kKinds{kScript};

constexpr std::string_view kReferences[] = {
    "https://attack.mitre.org/techniques/T1505/003/",
    "https://media.defense.gov/2020/Jun/09/2002313081/-1/-1/0/"
    "CSI-DETECT-AND-PREVENT-WEB-SHELL-MALWARE-20200422.PDF",
    "https://learn.microsoft.com/iis/configuration/system.applicationhost/sites/"};
constexpr std::string_view kAttack[] = {"T1027", "T1036", "T1070.006", "T1505.003"};

constexpr std::uint64_t kMaxScriptBytes = 1u << 20;
/// Files below all folders that are looked at, and bytes read of them.
constexpr std::uint64_t kMaxFiles = 500'000, kMaxBytes = std::uint64_t{4} << 30;
constexpr std::size_t kMaxSuspected = 1'000;
/// Siblings that tell when a folder was filled, and how much later a file stands out.
constexpr std::size_t kMinSiblings = 5;
constexpr std::uint64_t kLateTicks = 30 * (24 * (3600 * kTicksPerSecond));
/// Weight of all that is suspected.
constexpr int kSuspicious = 25;
constexpr int kLateWeight = 10, kOlderWeight = 10;

/// Scripts of one folder.
struct Folder {
  std::vector<FileInfo> scripts;
  std::vector<std::uint64_t> created;
};

class Scripts {
 public:
  explicit Scripts(ModuleContext& context) : context_{context} {}

  void run() {
    const WebPlaces places = find_web_places(context_, false);
    for (const WebRoot& root : places.roots) {
      if (is_below_another(root, places.roots)) continue;
      std::map<std::string, Folder> folders;
      list(root, folders);
      for (const auto& [name, folder] : folders)
        for (const FileInfo& script : folder.scripts) {
          if (context_.stop().stop_requested()) return;
          look(root, places.roots, folder, script);
        }
    }
    tell_left_out();
  }

 private:
  static bool is_below_another(const WebRoot& root, const std::vector<WebRoot>& all) {
    return std::any_of(all.begin(), all.end(), [&](const WebRoot& other) {
      return &other != &root &&
             root.folder.components().size() > other.folder.components().size() &&
             root.folder.is_below(other.folder);
    });
  }

  void list(const WebRoot& root, std::map<std::string, Folder>& folders) {
    const auto walked = context_.source().walk(
        root.folder,
        [&](const FileInfo& file) {
          if (++files_ > kMaxFiles || context_.stop().stop_requested()) return Visit::stop;
          if (file.is_directory || file.is_link) return file.is_link ? Visit::skip : Visit::enter;
          if (script_language(file.path.name()) == 0 && !odd_script_name(file.path.name()).weight)
            return Visit::skip;
          Folder& folder = folders[file.path.parent().folded()];
          if (file.si.created.is_set()) folder.created.push_back(file.si.created.ticks);
          folder.scripts.push_back(file);
          return Visit::skip;
        },
        [&](const EvidencePath& path, Error error) {
          context_.note({error.code, path.text() + ": " + error.what, error.offset, error.detail});
        });
    if (!walked) context_.note(walked.error());
    for (auto& [name, folder] : folders) std::sort(folder.created.begin(), folder.created.end());
  }

  /// By the root that lies deepest: its own site may call a folder of another otherwise.
  static std::string url_of(const EvidencePath& file, const std::vector<WebRoot>& roots) {
    const WebRoot* deepest = nullptr;
    for (const WebRoot& root : roots)
      if (file.is_below(root.folder) &&
          (deepest == nullptr ||
           root.folder.components().size() > deepest->folder.components().size()))
        deepest = &root;
    if (deepest == nullptr) return {};
    std::string url = deepest->url == "/" ? "" : deepest->url;
    const auto& names = file.components();
    for (std::size_t i = deepest->folder.components().size(); i < names.size(); ++i)
      url += "/" + names[i];
    return to_lower_ascii(url);
  }

  /// Read from the evidence: what is not suspected is not preserved.
  std::optional<std::string> content_of(const FileInfo& file) {
    if (read_ > kMaxBytes) return std::nullopt;
    const auto bytes = context_.source().open(file.path);
    if (!bytes) {
      context_.note(bytes.error());
      return std::nullopt;
    }
    std::string text(static_cast<std::size_t>(std::min(file.size, kMaxScriptBytes)), '\0');
    const auto count =
        (*bytes)->read_some(0, std::as_writable_bytes(std::span{text.data(), text.size()}));
    if (!count) {
      context_.note({count.error().code, file.path.text() + ": " + count.error().what});
      return std::nullopt;
    }
    text.resize(*count);
    read_ += *count;
    return text;
  }

  void look(const WebRoot& root, const std::vector<WebRoot>& roots, const Folder& folder,
            const FileInfo& file) {
    const auto text = content_of(file);
    if (!text) return;
    const char language = script_language(file.path.name());
    if (file.size > kMaxScriptBytes && language != 0 && language != 'g') ++long_;
    const auto signs = script_signs(*text, language);
    const std::string url = url_of(file.path, roots);
    // Pages alone stand out by their place; data that is called a script's name is no page.
    const bool is_page = !script_extension(url).empty();
    const OddPlace place = is_page ? odd_script_place(url) : OddPlace{};
    const bool bare_place = place.weight > kSuspicious;
    if (signs.empty() && !bare_place) return;
    if (++suspected_ > kMaxSuspected) return;
    state(root, folder, file, url, signs);
  }

  void state(const WebRoot& root, const Folder& folder, const FileInfo& file,
             const std::string& url, const std::vector<const ScriptSign*>& signs) {
    Row row{file, url, root.source, {}};
    for (const ScriptSign* sign : signs) row.signs.emplace_back(sign->id);
    Envelope envelope;
    envelope.origin.artifact =
        context_.collect(file.path, "suspected web shell", Priority::crown_jewels).row;
    envelope.timestamps = {{"file_created", file.si.created}, {"file_modified", file.si.modified}};
    Fact fact;
    fact.kind = FactKind::file;
    fact.time = file.si.created;
    fact.subject = file.path.text();
    fact.values.add("what", kWebScript);
    fact.values.add("url", url);
    std::string listed;
    for (const std::string& sign : row.signs) listed += sign + "\n";
    fact.values.add("signs", listed);
    if (const std::string late = late_because(folder, file); !late.empty())
      fact.values.add("late", late);
    if (file.fn && file.fn->created.is_set() && file.si.created.is_set() &&
        file.fn->created.ticks > file.si.created.ticks + (24 * (3600 * kTicksPerSecond)))
      fact.values.add("older", "$STANDARD_INFORMATION says that it was created at " +
                                   file.si.created.iso8601() + ", $FILE_NAME at " +
                                   file.fn->created.iso8601());
    fact.record = context_.emit(kScript, kFields, row, envelope);
    context_.state(std::move(fact));
  }

  static std::string late_because(const Folder& folder, const FileInfo& file) {
    if (folder.created.size() < kMinSiblings || !file.si.created.is_set()) return {};
    const FileTime middle{folder.created[folder.created.size() / 2]};
    if (file.si.created.ticks <= middle.ticks + kLateTicks) return {};
    return "It was created at " + file.si.created.iso8601() + ", half of the " +
           std::to_string(folder.created.size()) + " scripts of its folder by " + middle.iso8601();
  }

  void tell_left_out() {
    if (files_ > kMaxFiles)
      context_.note({Errc::limit,
                     "folders of web servers: more than " + std::to_string(kMaxFiles) + " files"});
    if (read_ > kMaxBytes) context_.note({Errc::limit, "scripts of web servers: more than 4 GiB"});
    if (long_ != 0)
      context_.note({Errc::limit, std::to_string(long_) +
                                      " scripts of web servers were read in part: they are longer "
                                      "than a megabyte"});
    if (suspected_ > kMaxSuspected)
      context_.note({Errc::limit, std::to_string(suspected_ - kMaxSuspected) +
                                      " further suspected scripts of web servers"});
  }

  ModuleContext& context_;
  std::uint64_t files_ = 0, read_ = 0, long_ = 0;
  std::size_t suspected_ = 0;
};

Result<void> run(ModuleContext& context) {
  if (context.reads_files() && context.registry() != nullptr) Scripts{context}.run();
  return {};
}

void add_signs(Finding& finding, const Fact& fact) {
  std::string_view signs = fact.values["signs"];
  bool first = true;
  while (!signs.empty()) {
    const std::size_t end = std::min(signs.find('\n'), signs.size());
    if (const ScriptSign* sign = script_sign(signs.substr(0, end))) {
      // The gravest stands first; further ones say little more.
      finding.why.push_back({std::string{sign->meaning} + " (" + std::string{sign->id} + ").",
                             first ? sign->weight : 5,
                             Family::content,
                             {fact.record}});
      first = false;
      if (sign->id == "packed_code") finding.attack.emplace_back("T1027");
    }
    signs.remove_prefix(std::min(end + 1, signs.size()));
  }
}

void add_rest(Finding& finding, const Fact& fact) {
  const auto add = [&](std::string text, int weight, Family family) {
    finding.why.push_back({std::move(text), weight, family, {fact.record}});
  };
  const std::string_view url = fact.values["url"];
  if (const OddPlace place = odd_script_place(url); place.weight != 0)
    add("It lies in an odd place: " + std::string{place.meaning} + ".", place.weight,
        Family::location);
  const std::string_view path = fact.subject;
  if (const OddName name = odd_script_name(path.substr(path.rfind('\\') + 1)); name.weight != 0) {
    add("Its name is odd: " + std::string{name.meaning} + ".", name.weight, Family::name);
    finding.attack.emplace_back("T1036");
  }
  if (const auto late = fact.values["late"]; !late.empty())
    add(std::string{late} + ".", kLateWeight, Family::time);
  if (const auto older = fact.values["older"]; !older.empty()) {
    add(std::string{older} + ".", kOlderWeight, Family::time);
    finding.attack.emplace_back("T1070.006");
  }
}

Result<void> judge(ModuleContext& context) {
  const FactBook& book = context.facts();
  std::map<std::string_view, const Fact*> uses;
  for (const Fact& fact : book.facts(FactKind::network))
    if (fact.values["what"] == kWebRequests) uses.emplace(fact.subject, &fact);
  for (const Fact& fact : book.facts(FactKind::file)) {
    if (fact.values["what"] != kWebScript) continue;
    Finding finding;
    finding.rule = "web_shells.script";
    finding.title = "A script of a web server that may be a web shell";
    finding.subject = fact.subject;
    finding.attack = {"T1505.003"};
    add_signs(finding, fact);
    add_rest(finding, fact);
    const auto use = uses.find(fact.values["url"]);
    if (use != uses.end()) {
      Why why = script_use_why(*use->second);
      const FactValues& calls = use->second->values;
      why.weight = calls["answered_posts"] == "0" && calls["coded_gets"] == "0" ? 0 : 10;
      finding.innocent_explanation_unchecked = fact.values["signs"].empty() && why.weight == 0;
      finding.why.push_back(std::move(why));
    } else {
      // Editors and the like put pages of theirs into odd places too.
      finding.innocent_explanation_unchecked = fact.values["signs"].empty();
      finding.not_checked.emplace_back(
          "Who called it: no access log that was read tells of few clients of it.");
    }
    finding.not_checked.emplace_back(
        "What it does in full: its text was searched for signs, not understood.");
    finding.benign = {
        "Pages for administrators and tools of the site's makers run commands too: who put it "
        "there, and does it ask for an account?"};
    finding.next = {
        "Read it, compare it with the release of the program that it belongs to, and "
        "look for what the server's process started at the times of the calls."};
    context.report(std::move(finding));
  }
  return {};
}

}  // namespace

extern const ModuleSpec web_shells;
const ModuleSpec web_shells{
    "web_shells",
    "Scripts below the folders of web servers that run what a client sends, and who called them.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
