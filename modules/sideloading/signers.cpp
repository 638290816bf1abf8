// Who signed the programs of this host: of all that starts by itself or ran, and of all files that
// other modules held against their signatures. Certificates are stolen: one that is rare, expired
// without a timestamp, in the operator's list, or vouched for by this host alone deserves a look. A
// good signature names who answers for the file; it does not prove that the file is harmless.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/module.h"
#include "collector/module/named_signers.h"
#include "collector/module/signer_rules.h"
#include "collector/source/command_line.h"
#include "collector/source/live_state.h"

namespace hozen::modules {
namespace {

/// Programs that are looked at of their own; a Windows starts some 800, with its drivers.
constexpr std::size_t kMaxPrograms = 10'000;
/// Files that the running system is asked about: each is read once more.
constexpr std::size_t kMaxAsked = 5'000;
constexpr std::size_t kMaxExamples = 10;
constexpr std::size_t kMaxSigners = 10'000;
/// Files of the lists of revoked certificates that are checked, besides those that start or ran.
constexpr std::size_t kMaxRevokedChecked = 2'000;

struct Row {
  const CheckedFile* checked = nullptr;
  std::string system;  ///< "trusts", "refuses (0x…)", "failed"; "" when it was not asked
};

/// One certificate that files were signed with.
struct SignerRow {
  NamedSigner who{};
  std::string root{};
  bool is_microsoft = false, is_sound = false;
  std::uint64_t named = 0, files = 0, by_catalog = 0, countersigned = 0, used = 0;
  std::map<SignatureStatus, std::uint64_t> statuses{};
  std::vector<std::string> examples{};
};

std::vector<std::string> listed(const std::map<SignatureStatus, std::uint64_t>& statuses) {
  std::vector<std::string> texts;
  texts.reserve(statuses.size());
  for (const auto& [status, count] : statuses)
    texts.push_back(std::string{to_text(status)} + ": " + std::to_string(count));
  return texts;
}

const FileSignature& of(const Row& row) { return *row.checked->signature; }

using F = Field<Row>;
constexpr std::array kFields{
    F{{"path", "The file."}, [](const Row& r, Cell& c) { c.text(r.checked->file.text()); }},
    F{{"status",
       "What its signature is worth: valid, valid_timestamped_expired, "
       "valid_expired_untimestamped, "
       "digest_mismatch, untrusted_root, revoked_by_list, malformed, unsigned or not_checked; "
       "status_reason tells which case of it."},
      [](const Row& r, Cell& c) { c.text(to_text(of(r).status)); }},
    F{{"status_reason", "What stands against a signature whose bytes hold."},
      [](const Row& r, Cell& c) { text_or_absent(c, of(r).why, Absent::not_applicable); }},
    F{{"catalog",
       "Path of the catalog that names the file, absent when the signature is embedded."},
      [](const Row& r, Cell& c) { text_or_absent(c, of(r).catalog, Absent::not_applicable); }},
    F{{"signer", "Common name of who signed it."},
      [](const Row& r, Cell& c) { text_or_absent(c, of(r).signer); }},
    F{{"organization", "Organization of who signed it."},
      [](const Row& r, Cell& c) { text_or_absent(c, of(r).organization); }},
    F{{"thumbprint", "SHA-1 of the signer's certificate, as Windows shows it."},
      [](const Row& r, Cell& c) { text_or_absent(c, of(r).thumbprint); }},
    F{{"root", "Common name of where the chain ends."},
      [](const Row& r, Cell& c) { text_or_absent(c, of(r).root); }},
    F{{"signed_at", "When it was signed at the latest, as a countersignature proves."},
      [](const Row& r, Cell& c) { time_or_absent(c, of(r).signed_at); }},
    F{{"is_microsoft", "Whether the chain ends at a known root of Microsoft and holds."},
      [](const Row& r, Cell& c) { c.boolean(of(r).is_microsoft); }},
    F{{"hidden_bytes", "Bytes of its certificate table that no signature needs, besides padding."},
      [](const Row& r, Cell& c) { c.number(of(r).hidden_bytes); }},
    F{{"is_used", "Whether it starts by itself, runs or ran."},
      [](const Row& r, Cell& c) { c.boolean(r.checked->is_used); }},
    F{{"system_says",
       "What the running Windows says of it: trusts, refuses with its code, or why it did not "
       "tell."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.system, Absent::not_applicable); }},
    F{{"size_bytes", "Size of the file."},
      [](const Row& r, Cell& c) { c.number(of(r).size_bytes); }},
    F{{"sha256", "SHA-256 of the file."},
      [](const Row& r, Cell& c) {
        of(r).status == SignatureStatus::not_checked ? c.absent(Absent::unreadable)
                                                     : c.text(to_hex(of(r).sha256));
      }},
    F{{"authentihash", "SHA-256 of what is signed of an executable."},
      [](const Row& r, Cell& c) { text_or_absent(c, of(r).authentihash, Absent::not_applicable); }},
    F{{"remarks", "What is odd about the signature."},
      [](const Row& r, Cell& c) { c.texts(of(r).remarks); }},
    F{{"error", "Why it was not checked, or what of it is damaged."},
      [](const Row& r, Cell& c) {
        of(r).error ? c.text(of(r).error->text()) : c.absent(Absent::not_applicable);
      }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kSignature{"signature", "The signature of one file.", kColumns,
                          "{path}: {status}[, signed by {signer}]"};

using S = Field<SignerRow>;
constexpr std::array kSignerFields{
    S{{"signer", "Common name of the certificate's owner."},
      [](const SignerRow& r, Cell& c) { text_or_absent(c, r.who.signer); }},
    S{{"organization", "Organization of its owner."},
      [](const SignerRow& r, Cell& c) { text_or_absent(c, r.who.organization); }},
    S{{"issuer", "Common name of who vouches for it."},
      [](const SignerRow& r, Cell& c) { text_or_absent(c, r.who.issuer); }},
    S{{"root", "Common name of where its chain ends."},
      [](const SignerRow& r, Cell& c) { text_or_absent(c, r.root); }},
    S{{"serial", "Serial number of the certificate, in hex."},
      [](const SignerRow& r, Cell& c) { text_or_absent(c, r.who.serial); }},
    S{{"thumbprint", "SHA-1 of the certificate, as Windows shows it."},
      [](const SignerRow& r, Cell& c) { c.text(r.who.thumbprint); }},
    S{{"not_before", "From when the certificate is valid."},
      [](const SignerRow& r, Cell& c) { time_or_absent(c, r.who.not_before); }},
    S{{"not_after", "Until when the certificate is valid."},
      [](const SignerRow& r, Cell& c) { time_or_absent(c, r.who.not_after); }},
    S{{"is_microsoft", "Whether its chain ends at a known root of Microsoft."},
      [](const SignerRow& r, Cell& c) { c.boolean(r.is_microsoft); }},
    S{{"named",
       "How many executables of all folders name it in their own signatures, whether those hold or "
       "not."},
      [](const SignerRow& r, Cell& c) { c.number(r.named); }},
    S{{"files", "How many of the files whose signature was checked are signed with it."},
      [](const SignerRow& r, Cell& c) { c.number(r.files); }},
    S{{"by_catalog", "How many of them by a catalog."},
      [](const SignerRow& r, Cell& c) { c.number(r.by_catalog); }},
    S{{"countersigned", "How many of them with a proof of when they were signed."},
      [](const SignerRow& r, Cell& c) { c.number(r.countersigned); }},
    S{{"used", "How many of them start by themselves, run or ran."},
      [](const SignerRow& r, Cell& c) { c.number(r.used); }},
    S{{"statuses", "How many of them have which status."},
      [](const SignerRow& r, Cell& c) { c.texts(listed(r.statuses)); }},
    S{{"examples", "Paths of the first files that are signed with it or name it."},
      [](const SignerRow& r, Cell& c) { c.texts(r.examples); }},
};
constexpr auto kSignerColumns = columns_of(kSignerFields);
constexpr Kind kSigner{"signer", "One certificate that files of this host were signed with.",
                       kSignerColumns,
                       "{signer|thumbprint}: {files} files signed, {named} name it"};
constexpr std::array kKinds{kSignature, kSigner};

constexpr std::string_view kReferences[] = {
    "https://attack.mitre.org/techniques/T1553/002/",
    "https://learn.microsoft.com/windows/win32/api/wintrust/nf-wintrust-winverifytrust"};
constexpr std::string_view kAttack[] = {"T1036.001", "T1553.002", "T1553.003", "T1553.004"};

/// The programs that facts name, each once.
class Programs {
 public:
  explicit Programs(ModuleContext& context) : context_{context} {
    if (Registry* registry = context.registry();
        registry != nullptr && !registry->installations().empty()) {
      commands_.environment = &registry->environment(0, nullptr);
      commands_.own_paths = paths_ = &registry->installations()[0].paths;
    }
    commands_.driver = true;
    commands_.file_exists = [this](const EvidencePath& file) {
      const auto info = context_.source().stat(file);
      if (!info)
        return info.error().code == Errc::not_found ? Existence::missing : Existence::unknown;
      return info->is_directory ? Existence::folder : Existence::exists;
    };
  }

  void gather() {
    const FactBook& book = context_.facts();
    for (const Fact& fact : book.facts(FactKind::autostart)) add(fact.subject);
    for (const Fact& fact : book.facts(FactKind::process)) add(fact.subject);
    for (const Fact& fact : book.facts(FactKind::service_entry)) {
      const std::string_view image = fact.values["ImagePath"];
      if (image.empty() || fact.values["what"] == "deleted") continue;
      if (const auto& file = resolve_command_line(image, commands_).image_path) add(*file);
    }
    if (left_out_ > 0)
      context_.note(Error{Errc::limit, "signatures of " + std::to_string(left_out_) +
                                           " programs that start or ran"});
  }
  /// Looks at their signatures; ends with the run.
  void check() {
    for (const auto& [key, file] : files_) {
      if (context_.stop().stop_requested()) return;
      const auto info = context_.source().stat(file);
      if (info && !info->is_directory && !info->is_link) context_.signatures().of(file);
    }
  }
  bool contains(const EvidencePath& file) const {
    return files_.contains(context_.source().key(file));
  }

 private:
  void add(const std::string& path) {
    // Facts come by the ten thousand, of a few hundred programs.
    if (!texts_.insert(path).second) return;
    const auto file = EvidencePath::parse(paths_ != nullptr ? paths_->letters(path) : path);
    if (file) add(*file);
  }
  void add(const EvidencePath& file) {
    if (file.empty() || file.is_root()) return;
    std::string key = context_.source().key(file);
    if (files_.contains(key)) return;
    if (files_.size() < kMaxPrograms)
      files_.emplace(std::move(key), file);
    else
      ++left_out_;
  }

  ModuleContext& context_;
  const OwnPaths* paths_ = nullptr;
  ResolverContext commands_;
  std::set<std::string> texts_;
  std::map<std::string, EvidencePath> files_;
  std::uint64_t left_out_ = 0;
};

using SignerRows = std::map<std::string, SignerRow>;  // by thumbprint

/// Whom the executables of all folders name; what a certificate of a list of revoked ones signed is
/// checked, whether anything runs it or not.
SignerRows named_by_files(ModuleContext& context) {
  SignerRows signers;
  std::uint64_t revoked = 0;
  each_signed_file(context, [&](const EvidencePath& file, std::vector<NamedSigner>& named) {
    bool is_revoked = false;
    for (NamedSigner& one : named) {
      is_revoked = is_revoked || one.is_revoked;
      if (!signers.contains(one.thumbprint) && signers.size() >= kMaxSigners) continue;
      SignerRow& row = signers[one.thumbprint];
      ++row.named;
      if (row.examples.size() < kMaxExamples) row.examples.push_back(file.text());
      if (row.who.thumbprint.empty()) row.who = std::move(one);
    }
    if (is_revoked && ++revoked <= kMaxRevokedChecked) (void)context.signatures().of(file);
  });
  if (revoked > kMaxRevokedChecked)
    context.note(Error{Errc::limit, "files signed with certificates of the lists of revoked ones",
                       revoked, "the first of them are checked"});
  return signers;
}

class Signers {
 public:
  Signers(ModuleContext& context, const Programs& programs, SignerRows signers)
      : context_{context}, signers_{std::move(signers)} {
    if (const auto host = context.source().live_host()) emulator_ = host->emulator;
    const LiveState* const live = context.source().live_state();
    if (live != nullptr && live->system_trust) ask_ = &live->system_trust;
    for (const SignatureBook::Entry& entry : context.signatures().all()) {
      const auto& error = entry.signature->error;
      if (entry.signature->status == SignatureStatus::not_checked && error &&
          error->code == Errc::not_found)
        continue;  // somebody asked whether there is such a file
      files_.push_back({entry.file, entry.signature, programs.contains(entry.file), {}, {}});
    }
  }

  void tell() {
    for (CheckedFile& file : files_) {
      Row row{&file, {}};
      if (ask_ != nullptr) row.system = ask(file);
      file.record = context_.emit(kSignature, kFields, row, {});
      count(file);
    }
    for (const auto& [thumbprint, row] : signers_) context_.emit(kSigner, kSignerFields, row, {});
    judge_signers({files_, emulator_},
                  [this](Finding finding) { context_.report(std::move(finding)); });
  }

 private:
  /// What an emulator says is told, and compared with nothing.
  std::string ask(CheckedFile& file) {
    if (file.signature->status == SignatureStatus::not_checked) return {};
    if (asked_ >= kMaxAsked || context_.stop().stop_requested()) return "not asked";
    ++asked_;
    const auto verdict = (*ask_)(file.file);
    if (!verdict) return "failed: " + verdict.error().text();
    if (emulator_.empty()) file.system = *verdict;
    const std::string by =
        verdict->catalog.empty() ? std::string{} : " by the catalog " + verdict->catalog;
    return (verdict->trusts() ? "trusts" : "refuses " + hex_code(verdict->code)) + by +
           (emulator_.empty() ? "" : " (" + emulator_ + ")");
  }
  static std::string hex_code(std::uint32_t code) {
    std::array<std::byte, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[bytes.size() - 1 - i] = static_cast<std::byte>(code >> (8 * i) & 0xFF);
    return "0x" + to_hex(bytes);
  }
  void count(const CheckedFile& file) {
    const FileSignature& signature = *file.signature;
    if (signature.thumbprint.empty()) return;
    if (!signers_.contains(signature.thumbprint) && signers_.size() >= kMaxSigners) return;
    SignerRow& row = signers_[signature.thumbprint];
    // One whose file is as it was signed tells most of the chain.
    if (row.files == 0 || (!row.is_sound && is_sound(signature.status))) {
      row.is_sound = is_sound(signature.status);
      row.root = signature.root;
      row.is_microsoft = signature.is_microsoft;
    }
    if (row.who.thumbprint.empty())
      row.who = {
          signature.signer,     signature.organization, signature.issuer,    signature.serial,
          signature.thumbprint, signature.not_before,   signature.not_after, false};
    ++row.files;
    if (signature.by_catalog) ++row.by_catalog;
    if (signature.signed_at.is_set()) ++row.countersigned;
    if (file.is_used) ++row.used;
    ++row.statuses[signature.status];
    const std::string path = file.file.text();
    if (row.examples.size() < kMaxExamples &&
        std::find(row.examples.begin(), row.examples.end(), path) == row.examples.end())
      row.examples.push_back(path);
  }

  ModuleContext& context_;
  SignerRows signers_;
  std::string emulator_;
  const SystemTrust* ask_ = nullptr;
  std::size_t asked_ = 0;
  std::vector<CheckedFile> files_;
};

Result<void> run(ModuleContext&) { return {}; }

Result<void> judge(ModuleContext& context) {
  if (!context.facts().computer().empty()) return {};  // its files are not here
  Programs programs{context};
  programs.gather();
  programs.check();
  Signers{context, programs, named_by_files(context)}.tell();
  return {};
}

}  // namespace

extern const ModuleSpec signers;
const ModuleSpec signers{
    "signers",
    "Who signed the programs that start, run or ran, and every file whose signature was looked at: "
    "stolen certificates, changed files, roots of this host alone.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
