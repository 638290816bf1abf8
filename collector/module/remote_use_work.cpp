// What the service of a use did, for remote_use_finder.h: what it ran, its states, its connections,
// changes of its key. None of it makes a use. Where nothing but the time joins something it belongs
// to a use that began a few minutes before at the most; where the number of the process tells whose
// it is, or where it is the end of the service, however much later.
#include <charconv>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_use_finder.h"

namespace hozen::remote_use {
namespace {

/// From the start of a use to the end of its service.
constexpr std::uint64_t kLongestUse = 24 * (3600 * kSecond);

std::string text_of(std::string_view text) { return std::string{text}; }

std::string state_text(const Fact& fact) {
  switch (fact.event_id) {
    case 7036:
      return "The service said '" + text_of(fact.values["param2"]) + "'" + at(fact.time) + ".";
    case 7000:
    case 7009:
      return "The service did not answer" + at(fact.time) +
             ": usual where its program is a command and no service.";
    case 4674:
      return "The service was opened" + at(fact.time) + " with the rights " +
             text_of(fact.values["AccessMask"]) + ".";
    default:
      return "Event " + std::to_string(fact.event_id) + " of the service" + at(fact.time) + ".";
  }
}

/// Whether it tells that the service of this use ended. The words of 7036 are in the language of
/// Windows: what it said first is that it runs, and another word that it does no more.
bool is_end(const Fact& fact, const Draft& draft) {
  const std::string_view said = fact.values["param2"];
  switch (fact.event_id) {
    case 7031:
    case 7034:
      return true;
    case 7035:
      return equals_fold(said, "stop");
    case 7036:
      if (equals_fold(said, "running") || equals_fold(said, "stopped"))
        return equals_fold(said, "stopped");
      return !draft.first_state.empty() && said != draft.first_state;
    default:
      return false;
  }
}

/// NAME of "HKLM\\System\\CurrentControlSet\\Services\\NAME"; "" for others.
std::string_view service_of_key(std::string_view key) {
  const std::string_view name = file_name(key);
  const std::string_view parent = key.substr(0, key.size() - name.size());
  return ends_with_fold(parent, "\\Services\\") ? name : std::string_view{};
}

/// The other side of a connection.
std::string_view other_side(const Fact& fact) {
  const bool here = equals_fold(fact.values["Initiated"], "false");
  return fact.values[here ? "SourceIp" : "DestinationIp"];
}

}  // namespace

std::uint32_t number_of(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, hex ? 16 : 10);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

/// Services and processes of uses, by which the rest is joined.
void UseFinder::index_uses() {
  sort();
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    used_services_.insert(drafts_[i].use.stem);
    used_services_.insert(fold_case(drafts_[i].use.service));
    for (const std::uint32_t number : drafts_[i].process_ids)
      if (number != 0) by_process_[{drafts_[i].use.stem, number}].push_back(i);
  }
}

/// The last use whose service was that process, since Windows started: nullptr when none is told.
/// Where that process served later uses too, the last of them.
UseFinder::Parent UseFinder::use_of_process(const std::string& stem, std::uint32_t number,
                                            FileTime time) {
  const auto known = by_process_.find({stem, number});
  if (known == by_process_.end()) return {};
  const std::size_t next = first_after(later(time, kJitter));
  const auto end = std::lower_bound(known->second.begin(), known->second.end(), next);
  if (end == known->second.begin()) return {};
  const std::size_t holder = *std::prev(end);
  if (drafts_[holder].use.started < lateral::last_start(book_, time)) return {};
  for (std::size_t i = next; --i > holder && next - i <= kMaxAsked;) {
    Draft& draft = drafts_[i];
    // Without a service of its own.
    if (draft.use.stem == stem && draft.process_ids.empty() && draft.use.started <= time)
      return {&draft, true};
  }
  return {&drafts_[holder], false};
}

void UseFinder::add_children() {
  std::map<std::uint32_t, const Fact*> services;
  for (const Fact& fact : book_.facts(FactKind::process)) {
    std::string_view parent = fact.values["ParentImage"];
    if (parent.empty()) parent = fact.values["ParentProcessName"];
    if (parent.empty()) parent = parent_by_number(services, fact);
    if (!parent.empty() && known_image(parent)) add_child(fact, image_stem(parent));
    const bool audit = fact.event_id == 4688;
    const std::uint32_t own = number_of(fact.values[audit ? "NewProcessId" : "ProcessId"]);
    // Numbers come again: what has it last counts.
    if (own != 0 && known_image(fact.subject))
      services[own] = &fact;
    else
      services.erase(own);
  }
}

/// Windows before 10 tells in 4688 the number of the parent only. `services` are the programs of
/// tools that have their numbers still.
std::string_view UseFinder::parent_by_number(const std::map<std::uint32_t, const Fact*>& services,
                                             const Fact& fact) const {
  if (fact.event_id != 4688) return {};
  const auto known = services.find(number_of(fact.values["ProcessId"]));
  if (known == services.end() || known->second->time < lateral::last_start(book_, fact.time))
    return {};
  return known->second->subject;
}

void UseFinder::add_child(const Fact& fact, const std::string& stem) {
  const auto [draft, is_shared] = parent_use(fact, stem);
  if (draft == nullptr) return;
  const std::string_view line = fact.values["CommandLine"];
  const std::string command = line.empty() ? fact.subject : text_of(line);
  draft->add_command(command);
  draft->use.ended = std::max(draft->use.ended, fact.time);
  draft->tell("It ran: " + command + at(fact.time) +
                  (is_shared ? "; its service ran other uses too, and this one began last." : "."),
              is_telling_child(fact.subject) ? draft->once(Once::child, 15) : 0,
              Family::command_line, fact.record);
}

/// The number of the parent's process decides; where it is not told, the time.
UseFinder::Parent UseFinder::parent_use(const Fact& fact, const std::string& stem) {
  const std::uint32_t parent =
      number_of(fact.values[fact.event_id == 4688 ? "ProcessId" : "ParentProcessId"]);
  const Parent known = use_of_process(stem, parent, fact.time);
  return known.draft != nullptr ? known : Parent{use_near(stem, fact.time, Join::to_last)};
}

/// 7036 and 7009 tell the display name, 7040 and 4674 the key's.
void UseFinder::add_states() {
  for (const Fact& fact : book_.facts(FactKind::service_state)) {
    Draft* const draft = last_of_service(fact.subject, fact.time);
    if (draft == nullptr) continue;
    const bool soon = apart(draft->use.started, fact.time) <= kAfter;
    const bool ends = is_end(fact, *draft);
    // What starts it again later is no part of it, and so is none of what comes then.
    const bool its = soon || (ends && !draft->is_over && !lateral::is_refused(fact));
    if (ends || (!its && fact.event_id == 7036))
      draft->is_over = true;
    else if (fact.event_id == 7036)
      draft->is_over = false;
    if (!its) continue;
    if (fact.event_id == 7036 && draft->first_state.empty())
      draft->first_state = fact.values["param2"];
    draft->use.ended = std::max(draft->use.ended, fact.time);
    draft->tell(state_text(fact), draft->once(Once::state, 15), Family::registry_state,
                fact.record);
  }
}

/// The last use of a service of that name that began in the day before.
Draft* UseFinder::last_of_service(std::string_view service, FileTime time) {
  const std::string name = fold_case(service);
  if (!used_services_.contains(name)) return nullptr;
  const std::size_t next = first_after(later(time, kJitter));
  for (std::size_t i = next; i-- > 0 && next - i <= kMaxAsked;) {
    Draft& draft = drafts_[i];
    if (apart(draft.use.started, time) > kLongestUse) break;
    if (name == draft.use.stem || equals_fold(name, draft.use.service)) return &draft;
  }
  return nullptr;
}

/// Sysmon 12: the key of a service is deleted when its use ends.
void UseFinder::add_deleted_keys() {
  for (const Fact& fact : book_.facts(FactKind::registry)) {
    if (fact.event_id != 12 || !equals_fold(fact.values["EventType"], "DeleteKey")) continue;
    const std::string_view service = service_of_key(fact.subject);
    Draft* const draft = service.empty() ? nullptr : last_of_service(service, fact.time);
    if (draft == nullptr) continue;
    draft->use.ended = std::max(draft->use.ended, fact.time);
    draft->tell("The key of its service was deleted" + at(fact.time) + ".", 0,
                Family::registry_state, fact.record);
  }
}

void UseFinder::add_connections() {
  for (const Fact& fact : book_.facts(FactKind::network)) {
    if (!known_service(fact.subject)) continue;
    const std::string stem = image_stem(fact.subject);
    Draft* draft = use_of_process(stem, number_of(fact.values["ProcessId"]), fact.time).draft;
    if (draft == nullptr) draft = use_near(stem, fact.time, Join::to_last);
    if (draft == nullptr) continue;
    draft->use.ended = std::max(draft->use.ended, fact.time);
    draft->tell(
        "Its program " + fact.subject + " had a connection with " + text_of(other_side(fact)) + ".",
        0, Family::location, fact.record);
  }
}

}  // namespace hozen::remote_use
