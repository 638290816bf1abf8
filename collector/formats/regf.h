// Registry hive files (regf): keys, values, deleted cells; transaction logs in regf_log.h.
// Source: msuhanov/regf "Windows registry file format specification" (2023), libyal/libregf documentation; what real files decided is said where it is used.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"
#include "collector/base/filetime.h"

namespace hozen::regf {

enum class State : std::uint8_t {
  clean,     ///< base block sound, sequences equal
  replayed,  ///< was dirty, logs applied
  dirty,     ///< was dirty, no usable log: what the primary file holds is read
  corrupt,   ///< base block or root unusable, or cells missing: what could be read is read
};
std::string_view to_text(State state);

struct Problem {
  Errc code = Errc::malformed;
  std::string what;                        ///< "subkey list", "hbin header", …
  std::optional<std::uint64_t> offset{};   ///< bytes from the start of the file
  std::string key_path{};                  ///< key being read, "" when none
};

struct BaseBlock {
  std::uint32_t sequence1 = 0, sequence2 = 0, major = 0, minor = 0, type = 0, root_offset = 0, bins_size = 0, flags = 0;
  FileTime last_written{};
  std::string embedded_name{};
  bool checksum_ok = false;
};

/// A value as it lies in the hive; `data` views the hive or the assembled big data.
struct Value {
  std::string name;
  std::uint32_t type = 0;
  std::uint32_t stated_size = 0;           ///< bytes the vk cell claims
  std::vector<std::byte> data;
  bool incomplete = false;                 ///< less than stated could be read
  bool deleted = false;
  std::uint64_t file_offset = 0;           ///< of the vk cell
};

class Hive;

/// A key of an open hive: small, copyable, valid while the Hive lives.
class Key {
 public:
  std::string name() const;
  FileTime last_written() const;
  std::uint16_t flags() const;             ///< masked with 0x0FFF
  std::uint64_t file_offset() const;       ///< of the nk cell
  std::uint32_t stated_subkeys() const;
  std::uint32_t stated_values() const;
  bool is_symbolic_link() const;
  std::string class_name() const;
  std::optional<Bytes> security_descriptor() const;
  /// Stored order. A damaged list gives what can be read and a Problem of the hive. Returns false when stopped by the callback.
  bool each_subkey(const std::function<bool(const Key&)>& visit) const;
  bool each_value(const std::function<bool(const Value&)>& visit) const;
  std::optional<Key> subkey(std::string_view name) const;   ///< one component, case-insensitive; names may hold backslashes
  std::optional<Key> find(std::string_view relative_path) const;
  std::optional<Value> value(std::string_view name) const;

 private:
  friend class Hive;
  Key(const Hive& hive, std::uint32_t cell) : hive_{&hive}, cell_{cell} {}
  const Hive* hive_;
  std::uint32_t cell_;                     // offset of the cell from the first hbin
};

struct DeletedKey { std::string path; bool parent_known = false; FileTime last_written{}; std::uint64_t file_offset = 0; };
struct DeletedValue { std::string key_path; bool key_known = false; FileTime key_last_written{}; Value value; };

struct Log { std::vector<std::byte> bytes; std::string name; };  ///< name: "LOG1", for problems

struct Replay { std::uint32_t entries_applied = 0; std::uint32_t pages_applied = 0; std::uint32_t logs_used = 0; std::uint32_t last_sequence = 0; };

/// An open hive. Owns its bytes (the recovered form after replay).
class Hive {
 public:
  /// Reads the base block, replays `logs` when the hive is dirty and they fit, and finds the root.
  /// Errc::malformed: not a hive. Errc::unsupported: versions 1.0-1.2. A damaged hive opens with State::corrupt and problems() when at least the
  /// bins can be scanned; there may then be no root.
  static Result<std::unique_ptr<Hive>> open(std::vector<std::byte> bytes, std::vector<Log> logs = {});

  State state() const;
  const BaseBlock& base_block() const;     ///< as stored in the primary file, before replay
  const std::optional<Replay>& replay() const;
  std::optional<Key> root() const;
  const std::vector<std::byte>& bytes() const;  ///< after replay
  const std::vector<Problem>& problems() const; ///< grows while keys are read; capped, the count is not
  std::uint64_t problem_count() const;
  /// Keys and values in free cells and slack; the scan runs once, on demand.
  void each_deleted(const std::function<void(const DeletedKey&)>& key, const std::function<void(const DeletedValue&)>& value) const;

 private:
  friend class Key;
  struct State_;
  explicit Hive(std::unique_ptr<State_> state);
 public:
  ~Hive();
 private:
  std::unique_ptr<State_> self_;
};

}  // namespace hozen::regf
