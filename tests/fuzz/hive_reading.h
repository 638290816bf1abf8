// Reads all that an opened hive lets one reach, asks every accessor, and ends the program when more
// comes out than the reader promises.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "collector/formats/regf.h"

namespace hozen::regf {

class HiveReading {
 public:
  explicit HiveReading(const Hive& hive) : hive_{hive} {}

  void run() {
    if (const auto root = hive_.root()) {
      visit(*root, 0);
      const std::uint64_t keys = keys_;
      const std::uint64_t bytes = bytes_;
      keys_ = bytes_ = 0;
      visit(*root, 0);  // nothing may appear or vanish but at a limit
      require(keys_ <= keys && bytes_ <= bytes);
      (void)root->find("A\\B\\c\\d");
    }
    hive_.each_deleted([&](const DeletedKey& key) { text_bytes_ += key.path.size(); },
                       [&](const DeletedValue& value) {
                         require(value.value.data.size() <= value.value.stated_size);
                         text_bytes_ += value.key_path.size() + value.value.data.size();
                       });
    const std::uint64_t area = hive_.bytes().size();
    constexpr std::uint64_t kSlack = 8u << 20;
    require(keys_ <= area / 8 + 1);
    require(bytes_ <= 4 * area + kSlack);
    require(text_bytes_ <= 64 * area + kSlack);
    require(hive_.problems().size() <= kMaxStoredProblems);
    (void)to_text(hive_.state());
    (void)hive_.base_block().last_written.iso8601();
  }

 private:
  static void require(bool holds) {
    if (!holds) std::abort();
  }

  void visit(const Key& key, unsigned depth) {
    require(depth <= kMaxKeyDepth);
    ++keys_;
    const KeyView view = key.view();
    std::string name;
    view.append_name(name);
    require(name == key.name());
    (void)key.class_name();
    (void)key.security_descriptor();
    (void)key.is_symbolic_link();
    (void)key.flags();
    (void)key.file_offset();
    if (keys_ % 16 == 0) (void)key.path();
    key.visit_values([&](const ValueView& value) {
      bytes_ += 20 + value.data.size();
      require(value.data.size() <= value.stated_size);
      name.clear();
      value.append_name(name);
      return true;
    });
    if (keys_ % 64 == 1) (void)key.value(name);
    key.each_subkey([&](const Key& subkey) {
      if (keys_ % 64 == 1) (void)key.subkey(subkey.name());
      visit(subkey, depth + 1);
      return true;
    });
  }

  const Hive& hive_;
  std::uint64_t keys_ = 0, bytes_ = 0, text_bytes_ = 0;
};

}  // namespace hozen::regf
