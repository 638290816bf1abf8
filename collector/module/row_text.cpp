#include "collector/module/row_text.h"

namespace hozen {

void RowText::put_slowly(std::string_view text) {
  flush();
  line_ += text;
}

}  // namespace hozen
