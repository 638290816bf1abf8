// Event logs of Windows 2000 to Server 2003 (.evt), written from a description: a ring of a fixed
// size, records written round its end as Windows writes them.
//
//   EvtBuilder{}.event({.event_id = 528, .strings = {"eve", "CORP"}}).bytes();
//
// Damage verbs are applied to the finished file, in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hozen::builders {

using EvtBytes = std::vector<std::byte>;

struct EvtEvent {
  std::string source = "Service Control Manager", computer = "PC";
  std::uint32_t event_id = 7036;  ///< with its upper half
  std::uint16_t type = 4;         ///< information; 8 success, 16 failure of an audit
  std::uint16_t category = 0;
  std::vector<std::string> strings{};
  EvtBytes sid{};
  EvtBytes data{};
  std::uint32_t generated = 1'086'000'000;       ///< seconds since 1970
  std::optional<std::uint32_t> written{};        ///< as generated
  std::optional<std::uint32_t> record_number{};  ///< one more than the last
};

/// "S-1-5-..." in its binary form.
EvtBytes evt_sid(const std::vector<std::uint32_t>& parts);

class EvtBuilder {
 public:
  /// `file_bytes`: of the whole file, a multiple of 4.
  explicit EvtBuilder(std::size_t file_bytes = 4096);
  /// Overwrites the oldest records when there is no room.
  EvtBuilder& event(const EvtEvent& event);
  /// What was written since the header was: it stays as it was before these records.
  EvtBuilder& stale_header();
  EvtBuilder& dirty();
  EvtBuilder& cleared();  ///< begins again at the start, over what is there

  // Damage.
  EvtBuilder& set_u32(std::size_t offset, std::uint32_t value);
  EvtBuilder& fill(std::size_t offset, std::size_t bytes, std::uint8_t value);
  EvtBuilder& truncate_at(std::size_t size);
  EvtBuilder& append(std::size_t zeros);

  EvtBytes bytes() const;
  /// Where record `number` of all that were written stood in the file, and how long it was.
  std::size_t record_offset(std::size_t number) const { return places_.at(number).first; }
  std::size_t record_bytes(std::size_t number) const { return places_.at(number).second; }
  std::size_t end_offset() const { return end_; }

 private:
  struct Live {
    std::uint32_t number = 0;
    std::size_t offset = 0, bytes = 0;  // with padding behind it
  };
  void write(std::size_t& at, const EvtBytes& bytes);
  void make_room(std::size_t needed);
  void write_end();
  EvtBytes header() const;

  EvtBytes file_;
  std::deque<Live> live_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
  std::size_t end_ = 48;  // of the end record
  std::uint32_t next_ = 1, flags_ = 0;
  std::optional<EvtBytes> kept_header_;
  struct Patch {
    enum class Kind : std::uint8_t { number, fill, cut, append };
    Kind kind{};
    std::size_t offset = 0, bytes = 0;
    std::uint32_t value = 0;
  };
  std::vector<Patch> patches_;
};

}  // namespace hozen::builders
