// What else is known of the files of a pair: what starts them, that they ran, who brought them,
// where they connect.
#pragma once

#include <map>
#include <string>

#include "collector/module/fact.h"
#include "collector/module/side_load_pair.h"

namespace hozen::side_load {

/// Adds items E and the story to each pair.
void add_traces(const FactBook& book, const LiveState* live, std::map<std::string, Pair>& pairs);

}  // namespace hozen::side_load
