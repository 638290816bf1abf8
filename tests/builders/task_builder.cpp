#include "tests/builders/task_builder.h"

#include <utility>

#include "collector/base/text.h"
#include "tests/builders/security_builder.h"

namespace hozen::builders {
namespace {

constexpr std::uint16_t kExec = 0x6666, kComHandler = 0x7777, kEmail = 0x8888, kMessage = 0x9999;
/// OptionalSettings of a task: idle 10 min / 1 h, 72 h, never deleted, priority 7.
constexpr std::uint32_t kSettings[] = {600, 3600, 259'200, 0xFFFFFFFF, 7, 0, 0};

template <class T>
void append(TaskBytes& bytes, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes.push_back(static_cast<std::byte>(value >> 8 * i & 0xFF));
}

}  // namespace

TaskXmlText& TaskXmlText::exec(std::string_view command, std::string_view arguments,
                               std::string_view folder) {
  actions += "<Exec><Command>" + xml_escaped(command) + "</Command>";
  if (!arguments.empty()) actions += "<Arguments>" + xml_escaped(arguments) + "</Arguments>";
  if (!folder.empty())
    actions += "<WorkingDirectory>" + xml_escaped(folder) + "</WorkingDirectory>";
  actions += "</Exec>";
  return *this;
}

TaskXmlText& TaskXmlText::com(std::string_view class_id) {
  actions += "<ComHandler><ClassId>" + std::string{class_id} + "</ClassId></ComHandler>";
  return *this;
}

std::string TaskXmlText::text() const {
  return "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n"
         "<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"
         "<RegistrationInfo><Date>" +
         date + "</Date><Author>" + xml_escaped(author) + "</Author><URI>" + xml_escaped(uri) +
         "</URI></RegistrationInfo><Triggers>" + triggers +
         "</Triggers><Principals><Principal id=\"Author\">" + principal +
         "</Principal></Principals><Settings>" + settings +
         "</Settings><Actions Context=\"Author\">" + actions + "</Actions></Task>";
}

TaskBytes TaskXmlText::bytes() const { return utf16_file(text()); }

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

TaskBytes utf16_file(std::string_view text, bool mark, bool big_endian) {
  TaskBytes bytes;
  std::u16string units = utf16_from_wtf8(text);
  if (mark) units.insert(units.begin(), u'\xFEFF');
  for (const char16_t unit : units) {
    const auto value = static_cast<std::uint16_t>(unit);
    append(bytes, big_endian ? static_cast<std::uint16_t>(value << 8 | value >> 8) : value);
  }
  return bytes;
}

TaskBlob& TaskBlob::u8(std::uint8_t value) {
  append(bytes_, value);
  return *this;
}
TaskBlob& TaskBlob::u16(std::uint16_t value) {
  append(bytes_, value);
  return *this;
}
TaskBlob& TaskBlob::u32(std::uint32_t value) {
  append(bytes_, value);
  return *this;
}
TaskBlob& TaskBlob::u64(std::uint64_t value) {
  append(bytes_, value);
  return *this;
}
TaskBlob& TaskBlob::raw(const TaskBytes& bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}
TaskBlob& TaskBlob::utf16(std::string_view text) { return raw(utf16_file(text, false)); }
TaskBlob& TaskBlob::text(std::string_view text) {
  return u32(static_cast<std::uint32_t>(2 * utf16_length(text))).utf16(text);
}
TaskBlob& TaskBlob::fill() {
  while (bytes_.size() % 8 != 0) u8(0x48);
  return *this;
}

ActionsBuilder::ActionsBuilder(std::uint16_t version, std::string_view context)
    : version_{version} {
  blob_.u16(version);
  if (version >= 2) blob_.text(context);
}

TaskBlob& ActionsBuilder::begin(std::uint16_t magic) { return blob_.u16(magic).text(""); }

ActionsBuilder& ActionsBuilder::exec(std::string_view command, std::string_view arguments,
                                     std::string_view folder) {
  begin(kExec).text(command).text(arguments).text(folder);
  if (version_ >= 3) blob_.u16(0);
  return *this;
}

ActionsBuilder& ActionsBuilder::com(std::uint8_t filled, std::string_view data) {
  begin(kComHandler).raw(TaskBytes(16, std::byte{filled})).text(data);
  return *this;
}

ActionsBuilder& ActionsBuilder::mail(std::string_view subject) {
  begin(kEmail);
  for (const std::string_view part : {"from", "to", "cc", "bcc", "reply", "server"})
    blob_.text(part);
  blob_.text(subject).text("body");
  blob_.u32(1).text("C:\\a.txt").u32(1).text("X-Name").text("value");
  return *this;
}

ActionsBuilder& ActionsBuilder::message(std::string_view caption, std::string_view text) {
  begin(kMessage).text(caption).text(text);
  return *this;
}

TriggersBuilder::TriggersBuilder(std::uint8_t version) : version_{version} {}
TriggersBuilder& TriggersBuilder::flags(std::uint32_t flags) {
  flags_ = flags;
  return *this;
}
TriggersBuilder& TriggersBuilder::crc(std::uint32_t crc) {
  crc_ = crc;
  return *this;
}

void TriggersBuilder::time_of(FileTime time, bool local) {
  triggers_.u8(local ? 1 : 0).fill().u64(time.ticks);
}

void TriggersBuilder::user(std::string_view name) {
  triggers_.u8(name.empty() ? 1 : 0).fill();
  if (name.empty()) return;
  triggers_.u8(1).fill();  // no SID
  triggers_.u32(static_cast<std::uint32_t>(2 * utf16_length(name) + 2)).fill();
  triggers_.utf16(name).u16(0).fill();
}

void TriggersBuilder::generic(std::uint32_t magic) {
  triggers_.u32(magic).fill();
  time_of({}, false);
  time_of({~std::uint64_t{0}}, false);
  triggers_.u32(30).u32(0xFFFFFFFF).u32(0).u32(0).u32(0).u32(0);
  triggers_.u8(1).fill().u64(0);
  if (version_ >= 0x16) triggers_.text("t1").fill();
}

TriggersBuilder& TriggersBuilder::logon(std::string_view name) {
  generic(0xAAAA);
  user(name);
  return *this;
}
TriggersBuilder& TriggersBuilder::boot() {
  generic(0xFFFF);
  return *this;
}
TriggersBuilder& TriggersBuilder::session(std::uint32_t state) {
  generic(0x7777);
  triggers_.u32(state).fill();
  user("");
  return *this;
}
TriggersBuilder& TriggersBuilder::event(std::string_view subscription) {
  generic(0xCCCC);
  const auto counted = [&](std::string_view text) {
    triggers_.u32(static_cast<std::uint32_t>(utf16_length(text))).fill();
    if (!text.empty()) triggers_.utf16(text).u16(0).fill();
  };
  counted(subscription);
  triggers_.u32(0).u32(0);
  counted("");
  triggers_.u32(1).fill();
  counted("name");
  counted("Event/System/EventID");
  return *this;
}
TriggersBuilder& TriggersBuilder::wnf(std::uint64_t state) {
  generic(0x6666);
  triggers_.u64(state).u32(3).fill().u8(1).u8(2).u8(3).fill();
  return *this;
}
TriggersBuilder& TriggersBuilder::time(FileTime start, std::uint32_t mode,
                                       std::uint32_t repetition_s, bool local) {
  triggers_.u32(0xDDDD).fill();
  time_of(start, local);
  time_of({~std::uint64_t{0}}, false);
  time_of({}, false);
  triggers_.u32(repetition_s).u32(0).u32(0).u32(mode).u16(1).u16(2).u16(3).u16(0);
  triggers_.u8(0).u8(1).u16(0).u32(0).u32(60).u32(0);
  if (version_ >= 0x16) triggers_.text("").fill();
  return *this;
}

TriggersBuilder& TriggersBuilder::principal(std::string_view sid, std::string_view name) {
  principal_sid_ = sid;
  principal_name_ = name;
  return *this;
}

TaskBytes TriggersBuilder::bytes() const {
  TriggersBuilder whole{version_};
  TaskBlob& out = whole.triggers_;
  out.u8(version_).fill();
  whole.time_of({}, false);
  whole.time_of({~std::uint64_t{0}}, false);
  out.u32(flags_).fill().u32(crc_).fill();
  const auto name = [&](std::string_view text) {
    out.u32(static_cast<std::uint32_t>(2 * utf16_length(text) + 2)).fill();
    out.utf16(text).u16(0).fill();
  };
  if (version_ >= 0x16) name("Author");
  if (version_ >= 0x17) name("Display");
  out.u8(0).fill().u8(0).fill().u32(5).fill();
  const auto sid = sid_bytes(principal_sid_);
  out.u32(static_cast<std::uint32_t>(sid.size())).fill().raw(sid).fill();
  name(principal_name_);
  out.u32(44).fill();
  for (const std::uint32_t setting : kSettings) out.u32(setting);
  out.u64(0).u64(0).fill();
  out.raw(triggers_.bytes());
  return out.bytes();
}

TaskBytes dynamic_info(FileTime registered, FileTime last_run, std::uint32_t last_error,
                       const FileTime* last_success) {
  TaskBlob blob;
  blob.u32(3).u64(registered.ticks).u64(last_run.ticks).u32(0).u32(last_error);
  if (last_success != nullptr) blob.u64(last_success->ticks);
  return blob.bytes();
}

TaskBytes JobText::bytes() const {
  TaskBlob texts;
  for (const std::string_view text :
       {std::string_view{application}, std::string_view{parameters}, std::string_view{folder},
        std::string_view{author}, std::string_view{comment}}) {
    const auto count = text.empty() ? 0 : utf16_length(text) + 1;
    texts.u16(static_cast<std::uint16_t>(count));
    if (count != 0) texts.utf16(text).u16(0);
  }
  texts.u16(2).u16(0xBEEF).u16(8).u32(0x80070002).u32(0);
  TaskBlob blob;
  blob.u16(product).u16(1).raw(TaskBytes(16, std::byte{7})).u16(70);
  blob.u16(static_cast<std::uint16_t>(70 + texts.size())).u16(0).u16(0).u16(60).u16(10);
  blob.u32(0x20).u32(259'200'000).u32(0).u32(0x41300).u32(flags);
  blob.u16(2024).u16(3).u16(5).u16(1).u16(12).u16(30).u16(15).u16(0);
  blob.u16(0).raw(texts.bytes()).u16(triggers);
  for (std::uint16_t i = 0; i < triggers; ++i) {
    blob.u16(48).u16(0).u16(2024).u16(3).u16(1).u16(2024).u16(4).u16(1).u16(9).u16(30);
    blob.u32(1440).u32(10).u32(1).u32(1).u16(2).u16(0).u16(0).u16(0).u16(0).u16(0);
  }
  if (signature) blob.u16(1).u16(1).raw(TaskBytes(64, std::byte{9}));
  return blob.bytes();
}

}  // namespace hozen::builders
