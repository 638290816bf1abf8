// Kinds of signatures that rules tell apart.
#pragma once

#include "collector/module/signature.h"

namespace hozen {

/// In the name of a maker that people trust without a look.
bool claims_vendor(const FileSignature& signature);
/// Of a version of Windows that Microsoft gives out for trial.
bool is_of_trial(const FileSignature& signature);
/// Made at a time that its certificate is not for. One that is old is none of these.
bool is_out_of_time(const FileSignature& signature);
/// Its root is known; what is below it is not for programs.
bool is_unfit(const FileSignature& signature);

}  // namespace hozen
