// The operator's list of DLLs, as modules see it.
#pragma once

#include "collector/formats/hijack_list.h"
#include "collector/module/operator_lists.h"

namespace hozen {

/// `name`: the file's, as findings call the list.
void take_hijack_list(std::string name, HijackList list, OperatorLists& lists);

}  // namespace hozen
