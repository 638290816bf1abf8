// The points of a file in a slot. Findings of the modules that read the entries say already that an
// entry is unusual; what is weighed here begins with what the file is and who signed it.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/module_slot.h"
#include "collector/module/rules.h"

namespace hozen::slots {
namespace {

/// From here on it is a finding; below, a record.
constexpr int kLeastScore = 35;
/// Slots of one file that are told.
constexpr std::size_t kMaxTold = 5;
/// Of a library that only hands on: fewer exports prove nothing.
constexpr std::size_t kLeastForwarded = 3;

// Points. In the order of Owner: a slot that is Windows' own, one of few products, anybody's.
constexpr int kReplaced = 60;  ///< Windows' own file, and not what Microsoft signed
constexpr int kChanged = 50, kRevoked = 60, kMalformed = 35, kUnknownRoot = 25, kExpired = 15;
constexpr int kUnsigned[] = {30, 25, 15}, kUnsignedInSystem[] = {20, 5, 0};
constexpr int kSoundVendor[] = {-20, -30, -30};
constexpr int kMicrosoft = -60;
constexpr int kClaimsMicrosoft = 25, kNoVersion = 10, kProxy = 25, kLacksExport = 15, kHidden = 15,
              kSeesPasswords = 15;
constexpr int kOtherName = 10;
constexpr int kWritable[] = {25, 25, 15}, kElsewhere[] = {15, 15, 5};
constexpr int kNewEntry[] = {15, 5, 0}, kTakesPlace = 25, kOtherOfService = 15;
constexpr int kRecent[] = {10, 10, 5};

std::string quote(std::string_view text) { return "'" + printable(text) + "'"; }

std::string who_signed(const FileSignature& signature) {
  std::string who = signature.signer.empty() ? signature.organization : signature.signer;
  if (!signature.organization.empty() && signature.organization != who)
    who += " (" + signature.organization + ")";
  return who.empty() ? std::string{"somebody whose name is not told"} : quote(who);
}

class Rules {
 public:
  Rules(const Group& group, const Known& known, std::vector<std::string> records)
      : group_{group},
        file_{group.file},
        known_{known},
        records_{std::move(records)},
        owner_{static_cast<std::size_t>(group.owner())},
        is_own_{group.is_own()} {}

  std::optional<Finding> judge() {
    if (!file_.info || file_.signature == nullptr) return {};
    sign();
    if (!file_.is_sound()) content();
    hidden();
    if (!speaks()) return {};
    if (!file_.is_of_microsoft()) {
      place();
      name();
      time();
    }
    entries();
    return finished();
  }

 private:
  void add(std::string fact, int weight, Family family) {
    finding_.why.push_back({std::move(fact), weight, family, records_});
  }
  bool speaks() const {
    return std::any_of(finding_.why.begin(), finding_.why.end(),
                       [](const Why& why) { return why.weight > 0; });
  }
  std::string path() const { return quote(group_.path.text()); }
  bool in_system() const { return is_windows_folder(group_.path, group_.windows); }

  // ---- Signature

  void sign() {
    const FileSignature& signature = *file_.signature;
    switch (signature.status) {
      case SignatureStatus::valid:
      case SignatureStatus::valid_timestamped_expired:
        return sound(signature);
      case SignatureStatus::not_signed:
        return not_signed();
      case SignatureStatus::digest_mismatch:
        return bad("was changed after " + who_signed(signature) + " signed it", kChanged);
      case SignatureStatus::revoked_by_list:
        return bad("is signed by " + who_signed(signature) +
                       (signature.why.empty() ? " with a certificate that was revoked"
                                              : ", and " + signature.why),
                   kRevoked);
      case SignatureStatus::untrusted_root:
        return bad("is signed by " + who_signed(signature) +
                       (signature.why.empty() ? ", whose certificate comes from nobody who is known"
                                              : ", and " + signature.why),
                   kUnknownRoot);
      case SignatureStatus::malformed:
        return bad("has a signature that cannot be read or does not hold", kMalformed);
      case SignatureStatus::valid_expired_untimestamped:
        add(path() + " is signed by " + who_signed(signature) +
                (signature.why.empty()
                     ? " with a certificate that has expired, and nothing proves when."
                     : ", and " + signature.why + "."),
            is_own_ ? 0 : kExpired, Family::signature);
        return;
      case SignatureStatus::not_checked:
        finding_.not_checked.push_back("The signature of " + path() +
                                       ": the file could not be "
                                       "read.");
        return;
    }
  }

  void bad(const std::string& what, int weight) {
    // Where most files of Windows are not found sound, that may be for want of a root.
    const bool stands_out = known_.catalogs_are_whole || weight >= kChanged;
    add(path() + (is_own_ ? ", which Windows itself has here, " : " ") + what + ".",
        is_own_ && stands_out ? std::max(weight, kReplaced) : weight, Family::signature);
  }

  void sound(const FileSignature& signature) {
    const std::string text = path() + " is soundly signed by " + who_signed(signature);
    if (signature.is_microsoft)
      return add(text + ", and Microsoft's certificates vouch for it.", kMicrosoft,
                 Family::signature);
    if (is_own_)
      return add(text + "; Windows itself has a file of Microsoft's here.", kReplaced,
                 Family::signature);
    add(text + '.', kSoundVendor[owner_], Family::signature);
  }

  void not_signed() {
    if (known_.damaged_catalogs != 0) damaged();
    if (is_own_) {
      if (known_.catalogs_are_whole && known_.damaged_catalogs != 0)
        add(path() +
                ", which Windows itself has here, is not signed, nor is it in a catalog of this "
                "Windows that could be read.",
            kReplaced / 2, Family::signature);
      else if (known_.catalogs_are_whole)
        add(path() +
                ", which Windows itself has here, is not signed, nor is it in a catalog of this "
                "Windows; nearly all other files of Windows in such slots are.",
            kReplaced, Family::signature);
      else
        catalogs_missing("Whether " + path() + " is Microsoft's");
      return;
    }
    const int weight = kUnsigned[owner_];
    add(path() + " is not signed" +
            (known_.damaged_catalogs != 0
                 ? ", nor is it in a catalog of this Windows that could be read."
             : known_.has_catalogs ? ", nor is it in a catalog of this Windows."
                                   : "."),
        known_.has_catalogs ? weight : weight / 2, Family::signature);
    if (!known_.catalogs_are_whole) return catalogs_missing("Whether a catalog has " + path());
    if (in_system() && kUnsignedInSystem[owner_] != 0)
      add("It lies among the files of Windows, which are signed.", kUnsignedInSystem[owner_],
          Family::location);
  }

  void damaged() {
    finding_.not_checked.push_back("Whether " + path() + " is in one of the " +
                                   std::to_string(known_.damaged_catalogs) +
                                   " catalogs of this evidence that are damaged.");
  }

  void catalogs_missing(const std::string& what) {
    finding_.not_checked.push_back(
        what + (known_.has_catalogs
                    ? ": the catalogs of this evidence do not have most files of Windows either."
                    : ": the evidence has no catalogs (System32\\CatRoot)."));
  }

  // ---- Content

  void content() {
    if (file_.signature->status == SignatureStatus::not_checked) return;
    if (!file_.is_executable) {
      finding_.not_checked.push_back("What " + path() + " is: it could not be read as a library" +
                                     (file_.problem ? " (" + file_.problem->what + ")." : "."));
      return;
    }
    claim();
    proxy();
    exports();
  }

  void claim() {
    // Without catalogs, or a root of Microsoft, its own files look like this.
    const SignatureStatus status = file_.signature->status;
    const bool may_be_named = known_.damaged_catalogs != 0 && is_own_;
    if ((!known_.catalogs_are_whole || may_be_named) &&
        (status == SignatureStatus::not_signed || status == SignatureStatus::untrusted_root))
      return;
    // Drivers of printers and the like lie in System32 without one; what Windows has run as a
    // service of its own host, or lets into LSA, does not.
    const bool is_few = owner_ == static_cast<std::size_t>(Owner::few) && in_system();
    if ((is_own_ || is_few) && !file_.has_version)
      return add("It has no version information, as files of Windows have.", kNoVersion,
                 Family::content);
    if (!contains_fold(file_.company, "Microsoft")) return;
    add("It says to be made by " + quote(file_.company) + " (" + quote(file_.description) +
            "), but Microsoft did not sign it as it is.",
        kClaimsMicrosoft, Family::content);
  }

  void proxy() {
    if (file_.exports < kLeastForwarded || file_.forwarded * 2 < file_.exports) return;
    add(std::to_string(file_.forwarded) + " of its " + std::to_string(file_.exports) +
            " exports are handed on, most to " + quote(file_.forwarded_to) +
            ": it stands in front of another library.",
        kProxy, Family::content);
  }

  void exports() {
    if (file_.is_dotnet || !file_.all_names) return;
    for (const Entry& entry : group_.entries) {
      const auto needed = entry.needed_exports();
      if (needed.empty() || std::any_of(needed.begin(), needed.end(),
                                        [&](const auto& name) { return file_.has_export(name); }))
        continue;
      std::string list;
      for (const std::string& name : needed) list += (list.empty() ? "" : " or ") + name;
      add("It does not export " + printable(list) + ", which " + std::string{entry.slot->loader} +
              " calls in a library of this kind: what it does, "
              "it does when it is loaded.",
          kLacksExport, Family::content);
      break;
    }
    const bool is_network_provider =
        std::any_of(group_.entries.begin(), group_.entries.end(),
                    [](const Entry& entry) { return entry.slot->location == "network_providers"; });
    if (is_network_provider && file_.has_export(kLogonNotify))
      add("It exports NPLogonNotify, which is handed the password of each logon.", kSeesPasswords,
          Family::content);
  }

  void hidden() {
    const std::uint64_t bytes = file_.signature->hidden_bytes;
    if (bytes == 0) return;
    add("Its table of certificates holds " + std::to_string(bytes) +
            " bytes besides the signature.",
        kHidden, Family::content);
  }

  // ---- Place, name, time

  void place() {
    if (const auto because = writable_because(group_.path, group_.windows))
      return add(path() + ": " + *because + ".", kWritable[owner_], Family::location);
    if (in_system() || is_program_files(group_.path, group_.windows)) return;
    add(path() + " lies neither in Windows' folders nor in Program Files.", kElsewhere[owner_],
        Family::location);
  }

  void name() {
    std::string original = file_.original_name;
    if (ends_with_fold(original, ".mui")) original.resize(original.size() - 4);
    if (original.empty() || file_.is_sound()) return;
    const auto stem = [](std::string_view text) { return text.substr(0, text.rfind('.')); };
    if (equals_fold(stem(original), stem(group_.path.name()))) return;
    add("Its version information calls it " + quote(original) + ".", kOtherName, Family::name);
  }

  void time() {
    const FileTime created = file_.info->si.created;
    if (file_.is_sound() || !is_recent(created, known_.reference_time)) return;
    add(path() + " was created at " + created.iso8601() + ", at most 30 days ago.", kRecent[owner_],
        Family::time);
  }

  // ---- Entries

  void entries() {
    std::size_t told = 0;
    bool new_told = false, place_told = false;
    for (const Entry& entry : group_.entries) {
      if (++told > kMaxTold) break;
      int weight = 0;
      std::string text = std::string{entry.slot->name} + ": " + quote(entry.place) +
                         " has it loaded into " + std::string{entry.slot->loader} + '.';
      if (!entry.expected.empty()) {
        text += " Windows has " + printable(entry.expected) + " there.";
        weight = kOtherOfService;
      } else if (takes_place(entry)) {
        text += " For this user it takes the place of " + quote(entry.machine_server) + '.';
        weight = place_told ? 0 : kTakesPlace;
        place_told = true;
      } else if (entry.known.empty() && kNewEntry[owner_] != 0) {
        text += " Windows does not bring this entry along.";
        weight = new_told ? 0 : kNewEntry[owner_];
        new_told = true;
      }
      if (!entry.enabled) text += " It is switched off.";
      if (entry.next_set) text += " It counts from the next start on.";
      std::vector<std::string> records = records_;
      for (const std::string& record : entry.records)
        if (std::find(records.begin(), records.end(), record) == records.end())
          records.push_back(record);
      finding_.why.push_back({std::move(text), weight, Family::registry_state, records});
      const std::string attack{entry.slot->attack};
      if (std::find(finding_.attack.begin(), finding_.attack.end(), attack) ==
          finding_.attack.end())
        finding_.attack.push_back(attack);
    }
    if (group_.entries.size() > kMaxTold)
      finding_.why.push_back(
          {"It stands in " + std::to_string(group_.entries.size() - kMaxTold) + " further slots.",
           0, Family::registry_state, records_});
  }

  bool takes_place(const Entry& entry) const {
    if (entry.machine_server.empty()) return false;
    const auto machine = EvidencePath::parse(entry.machine_server);
    return !machine || machine->folded() != group_.path.folded();
  }

  // ---- The whole

  std::optional<Finding> finished() {
    if (score_of(finding_) < kLeastScore) return {};
    const Entry& first = group_.entries.front();
    finding_.rule = is_own_ ? "module_slots.replaced" : "module_slots.loaded";
    finding_.title = is_own_ ? "A library of Windows is not what Microsoft signed"
                             : "A library that others load is not what belongs there: " +
                                   std::string{first.slot->name};
    finding_.subject = group_.path.text() + " in " + std::string{first.slot->loader};
    finding_.families_demanded = is_own_ ? 1 : 2;
    if (is_own_) finding_.attack.emplace_back("T1554");
    if (file_.signature->status == SignatureStatus::digest_mismatch ||
        file_.signature->hidden_bytes)
      finding_.attack.emplace_back("T1553.002");
    finding_.not_checked.emplace_back("What the library does when it is loaded.");
    finding_.benign = {
        is_own_ ? "A patch that an administrator made (several remote desktop sessions on a "
                  "client), or an update that was interrupted."
                : "A product whose maker does not sign its libraries, or signs them with a "
                  "certificate of its own."};
    finding_.next = {
        "The preserved library: its strings and imports, and whether other hosts have "
        "it.",
        "Who wrote it and its entry, and when (file_table, usn_journal, the time of "
        "the key); which processes have it loaded, and their connections."};
    return std::move(finding_);
  }

  const Group& group_;
  const File& file_;
  const Known& known_;
  std::vector<std::string> records_;
  std::size_t owner_;
  bool is_own_;
  Finding finding_;
};

}  // namespace

std::optional<Finding> judge(const Group& group, const Known& known,
                             const std::vector<std::string>& records) {
  return Rules{group, known, records}.judge();
}

}  // namespace hozen::slots
