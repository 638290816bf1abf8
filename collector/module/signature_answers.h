// Findings of rules that see no file's content name the signature among what was not checked. Here
// it is looked at, for those that are serious enough to be worth it.
#pragma once

#include <string>
#include <string_view>

#include "collector/module/finding.h"
#include "collector/module/signature.h"

namespace hozen {

/// For Finding::not_checked: the signature of the file at `path`.
std::string unchecked_signature(std::string_view path);

/// Puts what the signatures say in place of those sentences. It weighs nothing: what a good
/// signature is worth depends on the rest. Each file is read whole the first time.
void answer_signatures(Finding& finding, SignatureBook& book);

}  // namespace hozen
