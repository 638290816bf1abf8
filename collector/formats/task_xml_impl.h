// Between the files of the task XML reader.
#pragma once

#include <string>
#include <string_view>

#include "collector/base/bytes.h"

namespace hozen {

struct DecodedTaskXml {
  std::string text;           ///< WTF-8
  std::string_view encoding;  ///< TaskXml::encoding
  bool mark = false;          ///< there was a byte order mark
  bool assumed = false;       ///< of no known encoding: taken as one of a code page
};

/// By the byte order mark, else by the first characters: the declaration may lie.
DecodedTaskXml decode_task_xml(Bytes file);

}  // namespace hozen
