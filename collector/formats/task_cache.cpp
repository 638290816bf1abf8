// Actions and DynamicInfo; Triggers are in task_triggers.cpp.
#include "collector/formats/task_cache.h"

#include <algorithm>
#include <cstdio>

#include "collector/base/guid.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint16_t kExec = 0x6666, kComHandler = 0x7777, kEmail = 0x8888, kMessage = 0x9999;
constexpr std::uint16_t kFirstVersionWithContext = 2, kFirstVersionWithFlags = 3;

std::string hex(std::uint32_t number) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%04X", static_cast<unsigned>(number));
  return text;
}

/// One way to read the value.
struct Form {
  bool context = false;
  bool flags = false;
};

class ActionsReader {
 public:
  ActionsReader(Bytes value, Form form) : cursor_{value}, form_{form} {}

  CachedActions read(std::uint16_t version) {
    CachedActions result;
    result.version = version;
    const auto whole = read_all(result);
    if (problem_) result.problems.push_back(*problem_);
    if (whole) return result;
    result.complete = false;
    result.problems.push_back(whole.error());
    return result;
  }

 private:
  Result<void> read_all(CachedActions& result) {
    HOZEN_TRY([[maybe_unused]] const auto version, cursor_.u16("task actions version"));
    if (form_.context) {
      HOZEN_TRY(result.context, text("task actions context"));
    }
    while (cursor_.remaining() > 0) {
      if (result.actions.size() >= kMaxTaskActions) return Error{Errc::limit, "task actions"};
      TaskAction action;
      const auto read = read_action(action);
      HOZEN_CHECK(read);
      result.actions.push_back(std::move(action));
    }
    return {};
  }

  /// Byte length, then UTF-16 without a terminator.
  Result<std::string> text(std::string_view what) {
    HOZEN_TRY(const auto length, cursor_.u32(what));
    if (length % 2 != 0) return Error{Errc::malformed, std::string{what}, cursor_.position()};
    HOZEN_TRY(const auto bytes, cursor_.take(length, what));
    return wtf8_from_utf16le(bytes);
  }

  Result<void> read_action(TaskAction& action) {
    const auto at = cursor_.position();
    HOZEN_TRY(const auto magic, cursor_.u16("task action"));
    HOZEN_TRY(action.id, text("task action id"));
    switch (magic) {
      case kExec:
        return read_exec(action);
      case kComHandler: {
        action.kind = TaskActionKind::com_handler;
        HOZEN_TRY(const auto guid, cursor_.take(sizeof(Guid), "task action class"));
        action.class_id = Guid::from(guid.span().first<sizeof(Guid)>()).text();
        HOZEN_TRY(action.data, text("task action data"));
        return {};
      }
      case kEmail:
        return read_email(action);
      case kMessage: {
        action.kind = TaskActionKind::message;
        HOZEN_TRY(action.title, text("task message caption"));
        HOZEN_TRY(action.body, text("task message text"));
        return {};
      }
      default:
        return Error{Errc::malformed, "task action kind", at, hex(magic)};
    }
  }

  Result<void> read_exec(TaskAction& action) {
    action.kind = TaskActionKind::exec;
    HOZEN_TRY(action.command, text("task command"));
    HOZEN_TRY(action.arguments, text("task arguments"));
    HOZEN_TRY(action.working_directory, text("task working directory"));
    if (!form_.flags) return {};
    // There are values that end within the last flags, which change nothing.
    const std::uint64_t left = cursor_.remaining();
    if (left < sizeof(std::uint16_t))
      problem_ = Error{Errc::truncated, "task command flags", cursor_.position()};
    return cursor_.seek(cursor_.position() + std::min<std::uint64_t>(left, sizeof(std::uint16_t)),
                        "task command flags");
  }

  Result<void> read_email(TaskAction& action) {
    action.kind = TaskActionKind::email;
    for (auto* part : {&action.from, &action.to, &action.cc, &action.bcc, &action.reply_to,
                       &action.server, &action.title, &action.body}) {
      HOZEN_TRY(*part, text("task mail"));
    }
    HOZEN_TRY(const auto attachments, cursor_.u32("task mail attachments"));
    for (std::uint32_t i = 0; i < attachments; ++i) {
      if (i >= kMaxTaskActions) return Error{Errc::limit, "task mail attachments"};
      HOZEN_TRY(action.attachments.emplace_back(), text("task mail attachment"));
    }
    HOZEN_TRY(const auto headers, cursor_.u32("task mail headers"));
    for (std::uint32_t i = 0; i < headers; ++i) {
      if (i >= kMaxTaskActions) return Error{Errc::limit, "task mail headers"};
      HOZEN_TRY(auto name, text("task mail header"));
      HOZEN_TRY(auto value, text("task mail header"));
      action.headers.emplace_back(std::move(name), std::move(value));
    }
    return {};
  }

  Cursor cursor_;
  Form form_;
  std::optional<Error> problem_{};  ///< that leaves nothing out
};

}  // namespace

Result<CachedActions> parse_cached_actions(Bytes value) {
  const auto version = value.get<std::uint16_t>(0);
  if (!version) return Error{Errc::truncated, "task actions version", value.base()};
  const Form own{*version >= kFirstVersionWithContext, *version >= kFirstVersionWithFlags};
  CachedActions best = ActionsReader{value, own}.read(*version);
  if (best.complete) return best;
  for (const Form form : {Form{true, true}, Form{true, false}, Form{false, false}}) {
    CachedActions other = ActionsReader{value, form}.read(*version);
    if (!other.complete) continue;
    other.problems.push_back(Error{Errc::unsupported, "task actions version", value.base(),
                                   hex(*version) + ": read in the form of another version"});
    return other;
  }
  return best;
}

Result<TaskDynamicInfo> parse_task_dynamic_info(Bytes value) {
  constexpr std::uint32_t kMagic = 3;
  constexpr std::size_t kShortBytes = 28, kLastSuccess = 28;
  HOZEN_TRY(const auto info, value.fixed<kShortBytes>(0, "task DynamicInfo"));
  if (info.u32<0>() != kMagic)
    return Error{Errc::malformed, "task DynamicInfo", value.base(), hex(info.u32<0>())};
  TaskDynamicInfo result;
  result.registered = FileTime{info.u64<4>()};
  result.last_run = FileTime{info.u64<12>()};
  result.state = info.u32<20>();
  result.last_error = info.u32<24>();
  if (const auto success = value.get<std::uint64_t>(kLastSuccess))
    result.last_success = FileTime{*success};
  return result;
}

}  // namespace hozen
