// Scheduled tasks in every form that Windows keeps them in: XML, values of the registry's cache,
// .job files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen::builders {

using TaskBytes = std::vector<std::byte>;

/// A definition with the parts that tests vary; `extra_settings` and `triggers` are XML as it is.
struct TaskXmlText {
  std::string uri = "\\Test", author = "PC\\alice", date = "2024-03-01T12:00:00";
  std::string principal = "<UserId>S-1-5-18</UserId><RunLevel>LeastPrivilege</RunLevel>";
  std::string triggers = "<LogonTrigger><Enabled>true</Enabled></LogonTrigger>";
  std::string settings = "<Enabled>true</Enabled>";
  std::string actions{};  ///< XML below Actions
  TaskXmlText& exec(std::string_view command, std::string_view arguments = "",
                    std::string_view folder = "");
  TaskXmlText& com(std::string_view class_id);
  std::string text() const;
  TaskBytes bytes() const;  ///< UTF-16LE with its mark, as Windows writes it
};
std::string xml_escaped(std::string_view text);
TaskBytes utf16_file(std::string_view text, bool mark = true, bool big_endian = false);

/// Little-endian parts one after another.
class TaskBlob {
 public:
  TaskBlob& u8(std::uint8_t value);
  TaskBlob& u16(std::uint16_t value);
  TaskBlob& u32(std::uint32_t value);
  TaskBlob& u64(std::uint64_t value);
  TaskBlob& raw(const TaskBytes& bytes);
  TaskBlob& utf16(std::string_view text);
  TaskBlob& text(std::string_view text);  ///< byte length, then UTF-16
  TaskBlob& fill();                       ///< up to the next 8 bytes, with 0x48
  const TaskBytes& bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  TaskBytes bytes_;
};

/// Value Actions.
class ActionsBuilder {
 public:
  explicit ActionsBuilder(std::uint16_t version = 3, std::string_view context = "Author");
  ActionsBuilder& exec(std::string_view command, std::string_view arguments = "",
                       std::string_view folder = "");
  ActionsBuilder& com(std::uint8_t filled, std::string_view data);  ///< GUID of 16 such bytes
  ActionsBuilder& mail(std::string_view subject);
  ActionsBuilder& message(std::string_view caption, std::string_view text);
  TaskBytes bytes() const { return blob_.bytes(); }

 private:
  TaskBlob& begin(std::uint16_t magic);
  TaskBlob blob_;
  std::uint16_t version_;
};

/// Value Triggers.
class TriggersBuilder {
 public:
  explicit TriggersBuilder(std::uint8_t version = 0x17);
  TriggersBuilder& flags(std::uint32_t flags);
  TriggersBuilder& crc(std::uint32_t crc);
  TriggersBuilder& principal(std::string_view sid, std::string_view name);  ///< default SYSTEM
  TriggersBuilder& logon(std::string_view user = "");
  TriggersBuilder& boot();
  TriggersBuilder& session(std::uint32_t state);
  TriggersBuilder& event(std::string_view subscription);
  TriggersBuilder& wnf(std::uint64_t state);
  /// `mode` as in the format: 0 once, 1 daily, 2 weekly, ….
  TriggersBuilder& time(FileTime start, std::uint32_t mode, std::uint32_t repetition_s = 0,
                        bool local = false);
  TaskBytes bytes() const;

 private:
  void generic(std::uint32_t magic);
  void user(std::string_view name);
  void time_of(FileTime time, bool local);
  TaskBlob triggers_;
  std::uint8_t version_;
  std::uint32_t flags_ = 0x400000, crc_ = 0;
  std::string principal_sid_ = "S-1-5-18", principal_name_ = "SYSTEM";
};

/// Value DynamicInfo; 28 bytes without `last_success`.
TaskBytes dynamic_info(FileTime registered, FileTime last_run, std::uint32_t last_error,
                       const FileTime* last_success);

struct JobText {
  std::string application = "C:\\Windows\\notepad.exe", parameters{}, folder{}, author = "alice",
              comment{};
  std::uint32_t flags = 0;
  std::uint16_t triggers = 1;  ///< daily ones, each repeated every 10 minutes
  std::uint16_t product = 0x0501;
  bool signature = false;
  TaskBytes bytes() const;
};

}  // namespace hozen::builders
