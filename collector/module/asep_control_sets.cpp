// Entries of control sets that Windows does not run from.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/asep_reader.h"
#include "collector/source/registry_facts.h"

namespace hozen {

std::vector<std::string> AsepReader::in_current_set(const AsepDatum& datum,
                                                    const ClassLookup& classes) {
  std::vector<std::string> texts;
  RegistryHive& hive = *datum.hive;
  const std::string mount = hive.mount + '\\';
  if (hive.root == nullptr || !starts_with_fold(datum.key_path, mount)) return texts;
  const std::string_view below = std::string_view{datum.key_path}.substr(mount.size());
  const std::size_t end = std::min(below.find('\\'), below.size());
  const auto key =
      hive.root->open(control_set_name(hive.current_control_set) + std::string{below.substr(end)});
  if (!key) return texts;
  AsepDatum same = datum;
  same.key = key->get();
  same.key_path = (*key)->path();
  same.control_set = hive.current_control_set;
  std::optional<RegistryValue> value;
  if (datum.value != nullptr) {
    auto found = (*key)->value(datum.value->name);
    if (!found) return texts;
    value = *std::move(found);
    same.value = &*value;
  }
  for (AsepElement& element : elements_of(same, classes)) texts.push_back(std::move(element.text));
  return texts;
}

}  // namespace hozen
