// What looks wrong about signatures: files that were changed, certificates that were stolen, roots
// that only this host knows, and answers of Windows that are not ours.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/module/finding.h"
#include "collector/module/signature.h"
#include "collector/source/system_trust.h"

namespace hozen {

/// A file whose signature was looked at.
struct CheckedFile {
  EvidencePath file{};
  const FileSignature* signature = nullptr;
  bool is_used = false;                   ///< it starts by itself, runs or ran
  std::string record{};                   ///< that shows the signature
  std::optional<SystemVerdict> system{};  ///< of a running Windows, not of what emulates one
};

struct SignerEvidence {
  std::span<const CheckedFile> files;
  std::string emulator{};  ///< "Wine 8.0" where the running system is not Windows itself
};

/// Files that one finding names.
constexpr std::size_t kMaxFilesOfSigner = 20;

/// "Contoso Ltd (Contoso CA)": who signed and who vouches for it, for sentences.
std::string signer_text(const FileSignature& signature);

/// All findings, in the order of the files. A good signature is no reason for any.
void judge_signers(const SignerEvidence& evidence, const std::function<void(Finding)>& report);

}  // namespace hozen
