// What clients behind a proxy did: signs of programs that report to someone outside.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collector/formats/web_log.h"
#include "collector/module/finding.h"

namespace hozen {

/// Emits the line as a record and returns its id, "" when there are too many.
using RecordLine = std::function<std::string(const web_log::Request&)>;
/// Adds an id; "" is that of a line for which there was no room.
inline void add_record(std::vector<std::string>& records, std::string id) {
  if (!id.empty()) records.push_back(std::move(id));
}

/// Whether the query is as the backdoor Datper makes it: eight digits in hex, their CRC-32, 1 or 2,
/// and more, as the value of its only parameter (JPCERT/CC, "Detecting Datper malware from proxy
/// logs", 2017-09-25).
bool is_datper(const web_log::Request& request);

/// A user agent that programs have which are no browsers; nullptr for others.
struct OddAgent {
  std::string_view pattern;  ///< with * and ?
  std::string_view meaning;
};
const OddAgent* odd_agent(std::string_view agent);
/// Hosts that programs ask in turn on every machine, and hosts within: not rare, and their turns
/// say nothing.
bool is_usual_host(std::string_view host);

/// Requests at even distances.
struct Turns {
  std::uint64_t count = 0;  ///< distances
  double mean_s = 0, spread = 0;
  FileTime first{}, last{};
};

class WebTraffic {
 public:
  /// Pairs of a client and a host that something speaks against; paths of such pairs that may have
  /// a rhythm; hosts.
  static constexpr std::size_t kMaxPairs = 50'000, kMaxRhythms = 100'000, kMaxHosts = 300'000;

  explicit WebTraffic(RecordLine record) : record_{std::move(record)} {}
  void take(const web_log::Request& request);
  /// What was seen, when all logs were read in the order of their times.
  std::vector<Finding> findings();
  /// Requests for whose pair, path or host there was no room.
  std::uint64_t left_out() const { return left_out_; }

 private:
  /// The distances of one path since the last gap.
  struct Rhythm {
    std::uint64_t count = 0;
    double mean = 0, squares = 0;
    FileTime first{}, last{};
    Turns best{};
    void take(FileTime time);
    void end();
  };
  struct Pair {
    std::uint64_t uploaded = 0, tunnelled = 0, datper = 0, odd = 0;
    FileTime first{}, last{};
    const OddAgent* agent = nullptr;
    std::string example;
    std::vector<std::string> datper_records, odd_records, upload_records;
  };
  struct Host {
    std::array<std::size_t, 3> clients{};  ///< hashes
    std::size_t count = 0;
    void add(std::string_view client);
  };

  void take_rhythm(const web_log::Request& request);
  void make_room(FileTime now);
  void take_datper(const web_log::Request& request, Pair& pair);
  void take_agent(const web_log::Request& request, Pair& pair);
  void take_upload(const web_log::Request& request, Pair& pair);
  Pair* pair_of(std::string_view client, std::string_view host, std::size_t room);
  Finding finding_of(const std::string& key, const Pair& pair, const std::string* path,
                     const Turns* turns);
  bool is_rare(std::string_view host) const;

  RecordLine record_;
  std::unordered_map<std::string, Pair> pairs_;      // client, NUL, host
  std::unordered_map<std::string, Rhythm> rhythms_;  // the same, NUL, path
  std::unordered_map<std::string, Host> hosts_;
  std::uint64_t left_out_ = 0;
  std::uint64_t refused_ = 0;  // requests since making room did not help
  std::string key_;
};

}  // namespace hozen
