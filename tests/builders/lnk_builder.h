// Shortcuts (.lnk), written from a description.
//
//   LnkBuilder{}.computer().drive("C:\\").file("PROGRA~1", "Program Files", true)
//       .local_path("C:\\Program Files").arguments("-x").bytes();
//
// Damage verbs are applied to the finished file, in their order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/guid.h"

namespace hozen::builders {

using LnkBytes = std::vector<std::byte>;

class LnkBuilder {
 public:
  /// Windows Vista and later write UTF-16 strings; `ansi()` makes them bytes as given.
  LnkBuilder& ansi();
  LnkBuilder& flags(std::uint32_t set);  ///< beside those that follow from the rest
  LnkBuilder& target_times(FileTime created, FileTime accessed, FileTime modified);
  LnkBuilder& target_size(std::uint32_t bytes);
  LnkBuilder& attributes(std::uint32_t attributes);
  LnkBuilder& icon_index(std::int32_t index);
  LnkBuilder& show_command(std::uint32_t command);
  LnkBuilder& hot_key(std::uint16_t key);

  // Items of the ID list, in order.
  LnkBuilder& computer();  ///< "My Computer"
  LnkBuilder& root(const Guid& folder);
  LnkBuilder& drive(std::string_view text);
  LnkBuilder& network(std::string_view text);
  struct FileEntry {
    std::string short_name;
    std::string long_name{};  ///< "": no extension block
    bool directory = false;
    std::uint16_t version = 9;         ///< of the extension block
    std::uint64_t reference = 0;       ///< MFT record and sequence
    std::uint16_t date = 0, time = 0;  ///< FAT, for all three times
    std::uint32_t size = 0;
    bool unicode = false;   ///< the first name as UTF-16
    bool delegate = false;  ///< as in the folder of a user's files
  };
  LnkBuilder& file(const FileEntry& entry);
  LnkBuilder& item(const LnkBytes& data);  ///< any bytes behind the item's size
  LnkBuilder& without_list_terminator();

  // LinkInfo.
  LnkBuilder& local_path(std::string_view path, std::string_view suffix = "");
  LnkBuilder& unicode_info(std::string_view path, std::string_view suffix = "");
  LnkBuilder& volume(std::uint32_t type, std::uint32_t serial, std::string_view label);
  LnkBuilder& unicode_label(std::string_view label);
  LnkBuilder& share(std::string_view name, std::string_view device, std::string_view suffix);
  LnkBuilder& unicode_share(std::string_view name, std::string_view device);

  // Strings.
  LnkBuilder& name(std::string_view text);
  LnkBuilder& relative_path(std::string_view text);
  LnkBuilder& working_directory(std::string_view text);
  LnkBuilder& arguments(std::string_view text);
  LnkBuilder& icon_location(std::string_view text);

  // Extra data, in order.
  LnkBuilder& block(std::uint32_t signature, const LnkBytes& content);
  LnkBuilder& text_block(std::uint32_t signature, std::string_view ansi, std::string_view wide);
  LnkBuilder& tracker(std::string_view machine, const std::array<Guid, 4>& droids);
  LnkBuilder& list_block();  ///< the ID list again, as Windows Vista writes it
  LnkBuilder& without_terminal();
  LnkBuilder& trailing(std::string_view bytes);

  // Damage.
  LnkBuilder& truncate_at(std::size_t size);
  LnkBuilder& set_u16(std::size_t offset, std::uint16_t value);
  LnkBuilder& set_u32(std::size_t offset, std::uint32_t value);

  LnkBytes bytes() const;
  std::size_t id_list_offset() const { return 0x4C; }  ///< of its size field
  std::size_t link_info_offset() const;
  std::size_t strings_offset() const;
  std::size_t extra_offset() const;

 private:
  struct Text {
    std::string ansi{};
    std::optional<std::string> wide{};
  };
  LnkBytes id_list() const;
  LnkBytes link_info() const;
  LnkBytes volume_id() const;
  LnkBytes share_block() const;
  LnkBytes strings() const;
  LnkBytes header() const;

  bool ansi_ = false, list_terminator_ = true, terminal_ = true, has_list_ = false;
  std::uint32_t flags_ = 0, size_ = 0, attributes_ = 0x20, show_ = 1;
  std::int32_t icon_index_ = 0;
  std::uint16_t hot_key_ = 0;
  FileTime created_{}, accessed_{}, modified_{};
  std::vector<LnkBytes> items_;
  std::optional<Text> local_path_, share_name_;
  Text suffix_, label_, device_;
  std::uint32_t drive_type_ = 3, serial_ = 0;
  std::array<std::optional<std::string>, 5> strings_;
  LnkBytes extra_;
  std::string trailing_;
  std::optional<std::size_t> truncate_at_;
  std::vector<std::pair<std::size_t, std::pair<std::size_t, std::uint32_t>>> patches_;
};

/// A GUID whose bytes are all `value`, but for a version 1 form when asked.
Guid filled_guid(std::uint8_t value);

}  // namespace hozen::builders
