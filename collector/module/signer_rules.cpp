#include "collector/module/signer_rules.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string_view>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/signer_kinds.h"

namespace hozen {
namespace {

/// Updaters of browsers and others put some kilobytes of their own there (to count who installs).
constexpr std::uint64_t kHiddenBytesNoticed = 4096;
constexpr int kUsedWeight = 15;

std::string times_of(const FileSignature& signature) {
  return "valid from " + signature.not_before.iso8601() + " to " + signature.not_after.iso8601();
}
std::string files_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " file" : " files");
}

std::string code_text(std::uint32_t code) {
  std::array<char, 11> text{};
  std::snprintf(text.data(), text.size(), "0x%08X", static_cast<unsigned>(code));
  return text.data();
}

/// Files of one signer, or of one root.
using Group = std::vector<const CheckedFile*>;

class Judge {
 public:
  Judge(const SignerEvidence& evidence, const std::function<void(Finding)>& report)
      : evidence_{evidence}, report_{report} {}

  void run() {
    for (const CheckedFile& file : evidence_.files) {
      judge_file(file);
      if (file.system) compare(file);
    }
    for (auto& [key, files] : revoked_) tell_revoked(files);
    for (auto& [key, files] : disallowed_) tell_disallowed(files);
    for (auto& [key, files] : claimed_) tell_claimed(files);
    for (auto& [key, files] : unfit_) tell_unfit(files);
    for (auto& [key, files] : out_of_time_) tell_out_of_time(files);
    for (auto& [key, files] : of_host_) tell_root_of_host(files);
    for (auto& [key, files] : expired_) tell_expired(files);
  }

 private:
  void judge_file(const CheckedFile& file) {
    const FileSignature& signature = *file.signature;
    // A table without any signature is told as that.
    if (signature.hidden_bytes >= kHiddenBytesNoticed &&
        signature.status != SignatureStatus::malformed)
      tell_hidden(file);
    switch (signature.status) {
      case SignatureStatus::digest_mismatch:
        return tell_changed(file);
      case SignatureStatus::malformed:
        return tell_malformed(file);
      case SignatureStatus::revoked_by_list:
        return (signature.doubt == SignatureDoubt::disallowed ? disallowed_
                                                              : revoked_)[signature.thumbprint]
            .push_back(&file);
      case SignatureStatus::valid_expired_untimestamped:
        return (is_out_of_time(signature) ? out_of_time_ : expired_)[signature.thumbprint]
            .push_back(&file);
      case SignatureStatus::untrusted_root:
        if (is_unfit(signature)) return unfit_[signature.thumbprint].push_back(&file);
        if (signature.host_trusts_root) return of_host_[signature.root].push_back(&file);
        if (!signature.root.empty() && claims_vendor(signature))
          claimed_[signature.thumbprint].push_back(&file);
        return;
      default:
        return;
    }
  }

  static Finding begin(std::string rule, std::string title, const CheckedFile& file) {
    Finding finding;
    finding.rule = "signers." + std::move(rule);
    finding.title = std::move(title);
    finding.subject = file.file.text();
    finding.attack = {"T1553.002"};
    return finding;
  }
  static Why why(std::string fact, int weight, const CheckedFile& file,
                 Family family = Family::signature) {
    return {std::move(fact), weight, family, {file.record}};
  }
  void add_use(Finding& finding, const CheckedFile& file) const {
    if (file.is_used)
      finding.why.push_back(why("It starts by itself, runs or ran on this host.", kUsedWeight, file,
                                Family::registry_state));
  }
  void add_files(Finding& finding, const Group& files) const {
    for (std::size_t i = 0; i < std::min(files.size(), kMaxFilesOfSigner); ++i)
      finding.why.push_back(why(
          files[i]->file.text() + ": " +
              (files[i]->signature->why.empty() ? std::string{to_text(files[i]->signature->status)}
                                                : files[i]->signature->why) +
              ".",
          0, *files[i]));
    const auto used =
        std::find_if(files.begin(), files.end(), [](const auto* file) { return file->is_used; });
    if (used != files.end()) add_use(finding, **used);
  }
  void finish(Finding finding) const {
    finding.not_checked.emplace_back(
        "Whether its issuer took the certificate back: nothing is asked of the network. Lists of "
        "stolen certificates can be given with --revoked.");
    if (!evidence_.emulator.empty())
      finding.not_checked.push_back("What Windows itself says of the signature: this host is " +
                                    evidence_.emulator + ", whose answers differ by nature.");
    report_(std::move(finding));
  }

  void tell_changed(const CheckedFile& file) const {
    Finding finding = begin("changed", "A signed file that was changed after it was signed", file);
    finding.why.push_back(
        why("It carries a signature of " + signer_text(*file.signature) +
                ", and is not the file that was signed" +
                (file.signature->authentihash.empty()
                     ? "."
                     : ": its Authentihash is " + file.signature->authentihash + "."),
            30, file));
    add_use(finding, file);
    finding.attack = {"T1036.001"};
    finding.benign = {
        "Programs that were patched (language, licence, game mods), and files that were damaged on "
        "their way."};
    finding.next = {
        "The same version from its maker, and where they differ; when the file was written last, "
        "and by whom."};
    finish(std::move(finding));
  }
  void tell_malformed(const CheckedFile& file) const {
    Finding finding = begin("malformed", "A signature that cannot be read or does not hold", file);
    finding.why.push_back(why(
        "Its signature does not hold" +
            (file.signature->error ? ": " + file.signature->error->text() + "." : std::string{"."}),
        20, file));
    add_use(finding, file);
    finding.attack = {"T1036.001"};
    finding.benign = {"A file that was cut or damaged, and forms of signatures that are not read."};
    finding.next = {"The same file with another tool; the same version from its maker."};
    finish(std::move(finding));
  }
  void tell_hidden(const CheckedFile& file) const {
    Finding finding =
        begin("hidden_bytes", "Data beside the signature, where changes are not noticed", file);
    finding.why.push_back(
        why("Its certificate table holds " + std::to_string(file.signature->hidden_bytes) +
                " bytes that no signature needs: whoever adds or changes them leaves the signature "
                "as good as it was (CVE-2013-3900).",
            20, file, Family::content));
    for (const std::string& remark : file.signature->remarks)
      if (remark.find(" bytes ") != remark.npos || remark.ends_with(" bytes."))
        finding.why.push_back(why(remark, 0, file, Family::content));
    finding.innocent_explanation_unchecked = true;
    finding.benign = {
        "Installers and updaters that keep the number of their customer or channel there."};
    finding.next = {
        "The bytes themselves: text of an installer, or a program or something encrypted."};
    finish(std::move(finding));
  }
  void tell_revoked(const Group& files) const {
    const CheckedFile& first = *files.front();
    Finding finding =
        begin("revoked", "Signed with a certificate that stands in the operator's list", first);
    finding.why.push_back(why("The certificate of " + signer_text(*first.signature) +
                                  " (thumbprint " + first.signature->thumbprint +
                                  "), or one above it, stands in the list given with --revoked; " +
                                  files_text(files.size()) + " of those that were checked " +
                                  (files.size() == 1 ? "is" : "are") + " signed with it.",
                              60, first, Family::indicator));
    finding.exact_indicator = true;
    add_files(finding, files);
    finding.benign = {"Software of its rightful owner from before the certificate was stolen."};
    finding.next = {
        "When the file was signed and when the certificate was stolen; other files of "
        "that signer on other hosts."};
    finish(std::move(finding));
  }
  void tell_disallowed(const Group& files) const {
    const CheckedFile& first = *files.front();
    Finding finding =
        begin("disallowed", "Signed with a certificate that this host does not allow", first);
    finding.why.push_back(why("Signed by " + signer_text(*first.signature) + " (thumbprint " +
                                  first.signature->thumbprint + "): " + first.signature->why + ".",
                              45, first));
    add_files(finding, files);
    finding.benign = {
        "Old certificates of software that is still there; security products whose certificate "
        "somebody put into the store so that they do not start, which is a sign of its own."};
    finding.next = {
        "When the certificate was put into the store (last write of its key), and whether other "
        "hosts have it there."};
    finish(std::move(finding));
  }
  void tell_unfit(const Group& files) const {
    const CheckedFile& first = *files.front();
    const FileSignature& signature = *first.signature;
    const bool is_old = signature.doubt == SignatureDoubt::weak_digest;
    Finding finding = begin("unfit_certificate",
                            "Signed in a way that Windows does not take for programs", first);
    finding.why.push_back(why("It names " + signer_text(signature) + ", and " + signature.why + ".",
                              is_old || !claims_vendor(signature) ? 25 : 45, first));
    add_files(finding, files);
    finding.innocent_explanation_unchecked = is_old;
    finding.attack = {"T1036.001", "T1553.002"};
    finding.benign = {
        "Old software, and programs that an organisation signed with the certificate of a server."};
    finding.next = {"Who holds the key of the certificate " + signature.thumbprint +
                    "; when the file came to the host."};
    finish(std::move(finding));
  }
  void tell_out_of_time(const Group& files) const {
    const CheckedFile& first = *files.front();
    const FileSignature& signature = *first.signature;
    Finding finding =
        begin("out_of_time", "Signed at a time when its certificate was not valid", first);
    finding.why.push_back(why(
        "It is signed by " + signer_text(signature) + ", and " + signature.why + ".", 20, first));
    add_files(finding, files);
    finding.benign = {
        "Makers whose tools went on signing with a certificate that had ended; clocks of the host "
        "or of the maker that were wrong."};
    finding.next = {
        "When the file was built (its header) and came to the host: a certificate that is used "
        "outside its time is a sign of a stolen key."};
    finish(std::move(finding));
  }
  void tell_claimed(const Group& files) const {
    const CheckedFile& first = *files.front();
    const FileSignature& signature = *first.signature;
    Finding finding = begin("claimed_vendor",
                            "A certificate in the name of a known maker, from nobody known", first);
    finding.why.push_back(why("It calls itself " + signer_text(signature) +
                                  ", and its chain ends at \"" + signature.root +
                                  "\", which is no root that is known: anybody can make such a "
                                  "certificate.",
                              50, first));
    add_files(finding, files);
    finding.innocent_explanation_unchecked = is_of_trial(signature);
    finding.attack = {"T1036.001", "T1553.002"};
    finding.benign = {
        "Versions for trial of the maker itself, and roots that are too new or too "
        "old to be known here: --trust-roots takes further ones."};
    finding.next = {"The file's content; where else the certificate " + signature.thumbprint +
                    " was used."};
    finish(std::move(finding));
  }
  void tell_root_of_host(const Group& files) const {
    const CheckedFile& first = *files.front();
    Finding finding = begin("root_of_host", "Signed by somebody whom only this host trusts", first);
    finding.subject = first.signature->root;
    finding.why.push_back(why("\"" + first.signature->root +
                                  "\" stands among the roots of this host and is known to nobody "
                                  "else; " +
                                  files_text(files.size()) + " that were checked end there, as " +
                                  first.file.text() + ", signed by " +
                                  signer_text(*first.signature) + ".",
                              25, first));
    add_files(finding, files);
    finding.innocent_explanation_unchecked = true;
    finding.attack = {"T1553.004"};
    finding.benign = {
        "Organisations sign their own programs and give their root to their hosts; "
        "roots of some countries are not known here: --trust-roots takes them."};
    finding.next = {
        "When the root was added (last write of its key below SystemCertificates), and "
        "whether other hosts of the organisation have it."};
    finish(std::move(finding));
  }
  void tell_expired(const Group& files) const {
    const CheckedFile& first = *files.front();
    const FileSignature& signature = *first.signature;
    const bool is_lifetime = signature.doubt == SignatureDoubt::ends_with_certificate;
    Finding finding =
        begin("expired_untimestamped",
              is_lifetime ? "Signed with a certificate whose signatures ended with it"
                          : "Signed with a certificate that expired, and no proof of when",
              first);
    finding.why.push_back(
        why("The certificate of " + signer_text(signature) + " was " + times_of(signature) +
                (is_lifetime ? ", and says that its signatures end with it."
                             : ", and nothing proves that the file was signed before it ended: who "
                               "has its key can do so still."),
            15, first));
    if (files.size() == 1)
      finding.why.push_back(why("Of " + files_text(evidence_.files.size()) +
                                    " that were checked, this one alone is signed with it.",
                                5, first));
    add_files(finding, files);
    finding.innocent_explanation_unchecked = true;
    finding.benign = {
        "Old software: many makers did without timestamps, and its certificates have "
        "expired since."};
    finding.next = {"When the file was built (its header) and came to the host: after " +
                    signature.not_after.iso8601() + " is a sign of a stolen key."};
    finish(std::move(finding));
  }

  /// Two who read the same bytes should say the same.
  void compare(const CheckedFile& file) const {
    const FileSignature& signature = *file.signature;
    if (file.system->trusts()) {
      if (signature.status == SignatureStatus::digest_mismatch ||
          signature.status == SignatureStatus::malformed ||
          (signature.status == SignatureStatus::not_signed && file.system->catalog.empty()))
        tell_too_trusting(file);
      // A catalog that we could not read, or one of another place than CatRoot.
      return;
    }
    if (is_sound(signature.status)) tell_refused(file);
  }
  void tell_too_trusting(const CheckedFile& file) const {
    Finding finding = begin("system_trusts_what_fails",
                            "Windows calls a signature good that does not hold", file);
    finding.why.push_back(
        why("WinVerifyTrust says that the signature is good; by its bytes the file is " +
                std::string{to_text(file.signature->status)} + ".",
            60, file));
    add_use(finding, file);
    finding.attack = {"T1553.003"};
    finding.benign = {"The file was written between the two looks."};
    finding.next = {
        "The DLLs of Cryptography\\OID\\…\\CryptSIPDll* and of Cryptography\\Providers\\Trust "
        "below "
        "HKLM\\SOFTWARE\\Microsoft, which a program can replace to make every signature good."};
    finish(std::move(finding));
  }
  void tell_refused(const CheckedFile& file) const {
    const std::uint32_t code = file.system->code;
    // Chains end elsewhere there: its roots are fetched when they are first needed.
    if (code != SystemVerdict::kRevoked && code != SystemVerdict::kDistrusted &&
        code != SystemVerdict::kBadDigest && code != SystemVerdict::kNoSignature)
      return;
    const bool taken_back = code == SystemVerdict::kRevoked || code == SystemVerdict::kDistrusted;
    Finding finding = begin("system_refuses",
                            taken_back ? "Signed with a certificate that this Windows distrusts"
                                       : "Windows refuses a signature that holds",
                            file);
    finding.why.push_back(why("WinVerifyTrust answers " + code_text(code) +
                                  (taken_back ? " (the certificate was taken back)"
                                   : code == SystemVerdict::kBadDigest ? " (the file was changed)"
                                                                       : " (no signature)") +
                                  "; by its bytes the file is signed by " +
                                  signer_text(*file.signature) + ".",
                              taken_back ? 45 : 25, file));
    add_use(finding, file);
    finding.benign = {taken_back ? "Security products whose certificate somebody put into this "
                                   "host's list of distrusted ones, which is a sign of its own."
                                 : "A policy of this host (padding is checked, old algorithms are "
                                   "refused), and providers of signatures that are damaged."};
    finding.next = {
        "The same file on another host; HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\"
        "Disallowed."};
    finish(std::move(finding));
  }

  const SignerEvidence& evidence_;
  const std::function<void(Finding)>& report_;
  std::map<std::string, Group> revoked_, disallowed_, claimed_, unfit_, of_host_, expired_,
      out_of_time_;
};

}  // namespace

std::string signer_text(const FileSignature& signature) {
  std::string text = signature.signer.empty() ? "somebody without a name" : signature.signer;
  if (!signature.issuer.empty()) text += " (issued by " + signature.issuer + ")";
  return text;
}

void judge_signers(const SignerEvidence& evidence, const std::function<void(Finding)>& report) {
  Judge{evidence, report}.run();
}

}  // namespace hozen
