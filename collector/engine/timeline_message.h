// The words of a kind of record with the values of one record in them: the message of its entries
// in the timeline.
#pragma once

#include <string>
#include <string_view>

#include "collector/base/function_ref.h"

namespace hozen {

/// Bytes that one value takes of a message at most; what is cut ends in "...".
constexpr std::size_t kMaxMessageValue = 500;
constexpr std::size_t kMaxMessageBytes = 2000;

/// Appends a message, escaped as the content of a JSON string. `words` is Kind::message (see
/// there); `value_of` gives the JSON text of a column, "" when there is none. Lists and objects are
/// written in one line: `a, b`, `name=value`.
void append_message(std::string& out, std::string_view words,
                    FunctionRef<std::string_view(std::string_view column)> value_of);

/// Calls `column` for each column that `words` names; false when their brackets do not fit.
bool each_message_column(std::string_view words, FunctionRef<void(std::string_view)> column);

}  // namespace hozen
