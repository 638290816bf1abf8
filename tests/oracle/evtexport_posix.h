// What libevt's evtexport reads from an event log (.evt), and the same from here, to compare.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/text.h"
#include "collector/formats/evt.h"

namespace hozen::oracle {

/// The lines of each record in the form of evtexport; of its texts only what is before the first
/// line end, without white space around it.
using EvtRecords = std::set<std::vector<std::string>>;

inline bool has_evtexport() {
  return std::system("command -v evtexport >/dev/null 2>&1") == 0;  // NOLINT(concurrency-mt-unsafe)
}

inline std::string plain(std::string text) {
  text = text.substr(0, text.find_first_of("\r\n"));
  return std::string{trim(text)};
}

/// Without what depends on a registry or on the form of dates. Also what it recovers: libevt
/// (20200926) counts records behind the end of the file as such where the last one before it ends
/// less than a record's head from there.
inline EvtRecords evtexport(const std::string& path) {
  constexpr std::string_view kWanted[] = {
      "Event number",   "User security identifier", "Computer name",     "Source name",
      "Event category", "Event identifier",         "Number of strings", "String: "};
  std::FILE* const pipe =
      ::popen(("TZ=UTC evtexport -m all '" + path + "' 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe))
    text.append(block.data(), count);
  ::pclose(pipe);
  std::vector<std::vector<std::string>> records;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Event number")) records.emplace_back();
    const auto colon = line.find("\t: ");
    if (records.empty() || colon == line.npos) continue;
    const std::string name = plain(line.substr(0, colon));
    for (const std::string_view wanted : kWanted)
      if (name.starts_with(wanted))
        records.back().push_back(name + "=" + plain(line.substr(colon + 3)));
  }
  // "0x00000210 (528)": the second number is not always the code.
  for (auto& record : records)
    for (std::string& line : record)
      if (line.starts_with("Event identifier=")) line = line.substr(0, line.find(' ', 17));
  return {records.begin(), records.end()};
}

inline EvtRecords our_evt_records(const std::vector<std::byte>& bytes, bool recovered) {
  EvtRecords records;
  MemorySource source{bytes};
  auto log = evt::EventLog::open(source);
  if (!log) return records;
  const auto event = [&](evt::Event& one) {
    const evt::RecordHead& head = one.head();
    if (one.is_recovered() && !recovered) return true;
    std::array<char, 32> id{};
    std::snprintf(id.data(), id.size(), "0x%08x", head.event_id);
    std::vector<std::string> lines{"Event number=" + std::to_string(head.record_number)};
    if (!one.sid().empty()) lines.push_back("User security identifier=" + std::string{one.sid()});
    lines.push_back("Computer name=" + plain(std::string{one.computer()}));
    lines.push_back("Source name=" + plain(std::string{one.source()}));
    lines.push_back("Event category=" + std::to_string(head.category));
    lines.push_back("Event identifier=" + std::string{id.data()});
    lines.push_back("Number of strings=" + std::to_string(one.strings().size()));
    for (std::size_t i = 0; i < one.strings().size(); ++i)
      lines.push_back("String: " + std::to_string(i + 1) + "=" + plain(one.strings()[i]));
    records.insert(std::move(lines));
    return true;
  };
  const auto problem = [](const Error&) {};
  log->for_each_record({event, problem});
  return records;
}

}  // namespace hozen::oracle
