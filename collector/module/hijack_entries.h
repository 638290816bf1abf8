// The operator's list of DLLs, as modules see it.
#pragma once

#include "collector/formats/hijack_list.h"
#include "collector/module/operator_lists.h"
#include "collector/module/signature.h"

namespace hozen {

/// `name`: the file's, as findings call the list.
void take_hijack_list(std::string name, HijackList list, OperatorLists& lists);

/// Whether a file is soundly signed by one of those that the list expects for its name
/// (ExpectedSignatureInformation); false where the list names nobody.
bool is_of_expected_signer(const HijackEntry& entry, const FileSignature& signature);
/// Whether the program is made to load the DLL by what lies beside it. Not so by an environment
/// variable, which somebody has to set.
bool is_loaded_from_beside(const HijackWay& way);

}  // namespace hozen
