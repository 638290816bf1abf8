#include "collector/module/signature_answers.h"

#include <optional>
#include <utility>
#include <vector>

#include "collector/module/signer_rules.h"

namespace hozen {
namespace {

constexpr std::string_view kUncheckedBefore = "Signature of '";
constexpr std::string_view kUncheckedBehind =
    "': a valid one of Windows or of the folder's vendor would lower the score, a missing, broken "
    "or revoked one would raise it.";

std::string answer_of(const EvidencePath& file, const FileSignature& signature,
                      SignatureBook& book) {
  const std::string subject = "'" + file.text() + "' ";
  switch (signature.status) {
    case SignatureStatus::valid:
    case SignatureStatus::valid_timestamped_expired:
      return subject + "is as " + signer_text(signature) +
             " signed it: that says who made it, not what it is used for.";
    case SignatureStatus::not_signed:
      return subject + "is not signed" +
             (book.damaged_catalogs() != 0
                  ? ", and no catalog of this host that can be read names it (" +
                        std::to_string(book.damaged_catalogs()) + " are damaged)."
              : book.has_catalogs()
                  ? ", and no catalog of this host names it."
                  : "; the catalogs by which Windows signs most of its own files are not "
                    "in the evidence.");
    case SignatureStatus::digest_mismatch:
      return subject + "was changed after " + signer_text(signature) + " signed it.";
    case SignatureStatus::malformed:
      return subject + "carries a signature that does not hold.";
    default:
      return subject + "is signed by " + signer_text(signature) +
             (signature.why.empty() ? ", which is " + std::string{to_text(signature.status)}
                                    : ", and " + signature.why) +
             ".";
  }
}

/// The file that such a sentence is about.
std::optional<EvidencePath> asked_file(std::string_view sentence) {
  if (!sentence.starts_with(kUncheckedBefore) || !sentence.ends_with(kUncheckedBehind) ||
      sentence.size() < kUncheckedBefore.size() + kUncheckedBehind.size())
    return std::nullopt;
  sentence.remove_prefix(kUncheckedBefore.size());
  sentence.remove_suffix(kUncheckedBehind.size());
  auto file = EvidencePath::parse(sentence);
  if (!file) return std::nullopt;
  return *std::move(file);
}

}  // namespace

std::string unchecked_signature(std::string_view path) {
  return std::string{kUncheckedBefore} + std::string{path} + std::string{kUncheckedBehind};
}

void answer_signatures(Finding& finding, SignatureBook& book) {
  std::vector<std::string> left;
  for (std::string& sentence : finding.not_checked) {
    const auto file = asked_file(sentence);
    const FileSignature* const signature = file ? &book.of(*file) : nullptr;
    if (signature == nullptr || signature->status == SignatureStatus::not_checked) {
      left.push_back(std::move(sentence));
      continue;
    }
    std::vector<std::string> records;
    if (!finding.why.empty()) records = finding.why.front().records;
    finding.why.push_back(
        {answer_of(*file, *signature, book), 0, Family::signature, std::move(records)});
  }
  finding.not_checked = std::move(left);
}

}  // namespace hozen
