#include "collector/base/native_path.h"
#include "collector/base/text.h"

namespace hozen {

NativePath native_path(std::string_view text) { return NativePath{std::string{text}}; }

NativePath native_child(const NativePath& parent, std::string_view name) {
  std::string text = parent.native();
  if (!text.empty() && text.back() != '/') text += '/';
  text += name;
  return NativePath{text};
}

std::string native_text(const NativePath& path) { return to_wtf8_lossy(path.native()); }

}  // namespace hozen
