// Registry hive files (regf): keys, values, deleted cells, and the state of the file they lie in.
// Transaction logs: regf_log.h.
//
// Source: msuhanov/regf, "Windows registry file format specification" (2023); libyal/libregf
// documentation. What a real file decided is said where it is used.
// Not read: volatile subkey lists (they live in memory only), layered-key semantics, the RmId/TmId
// identifiers of the base block, versions before 1.3.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/base/function_ref.h"
#include "collector/base/result.h"

namespace hozen::regf {

constexpr std::uint32_t kBaseBlockBytes = 4096;   ///< the first hbin lies behind it
constexpr std::uint32_t kNoCell = 0xFFFF'FFFF;    ///< "points nowhere" in every offset field
constexpr std::uint16_t kMaxKeyDepth = 512;       ///< levels below the root that Windows allows
constexpr std::size_t kMaxStoredProblems = 1000;  ///< kept with their text; all are counted

enum class State : std::uint8_t {
  clean,     ///< base block sound, sequences equal
  replayed,  ///< was dirty, logs applied
  dirty,     ///< was dirty, no usable log: what the primary file holds is read
  corrupt,   ///< base block or root unusable, or cells missing: what could be read is read
};
std::string_view to_text(State state);

struct Problem {
  Errc code = Errc::malformed;
  std::string what;                       ///< "subkey list", "hbin header", ...
  std::optional<std::uint64_t> offset{};  ///< bytes from the start of the file
  std::string key_path{};                 ///< key being read, "" when none (or the root)
};

struct BaseBlock {
  std::uint32_t sequence1 = 0, sequence2 = 0;
  FileTime last_written{};
  std::uint32_t major = 0, minor = 0;
  std::uint32_t type = 0;         ///< 0 hive; 1, 2 log of the old format; 6 log of the new format
  std::uint32_t root_offset = 0;  ///< bytes from the first hbin
  std::uint32_t bins_size = 0;    ///< bytes
  std::uint32_t clustering_factor = 0;  ///< sector size / 512
  std::uint32_t flags = 0;
  std::string embedded_name{};  ///< last characters of the path under which it was loaded
  std::uint32_t checksum = 0;   ///< as stored
  bool checksum_ok = false;

  bool is_dirty() const { return !checksum_ok || sequence1 != sequence2; }
};

/// The base block of a hive or of a log (512 bytes are enough). Errc::truncated, or Errc::malformed
/// when it does not begin with "regf".
Result<BaseBlock> read_base_block(Bytes file);

/// A value as it lies in the hive, valid during the callback that hands it out.
struct ValueView {
  Bytes name;  ///< Latin-1 or UTF-16LE
  bool latin1_name = false;
  std::uint32_t type = 0;
  std::uint32_t stated_size = 0;  ///< bytes the vk cell claims
  Bytes data;                     ///< in the hive, or assembled when it is big data
  bool incomplete = false;        ///< less than stated could be read
  std::uint64_t file_offset = 0;  ///< of the vk cell

  void append_name(std::string& out) const;  ///< WTF-8
};

/// The fields of a key, all read at once; valid while the Hive lives.
struct KeyView {
  Bytes name;  ///< Latin-1 or UTF-16LE
  bool latin1_name = false;
  std::uint16_t flags = 0;  ///< without the top four bits (user flags of XP and 2003)
  FileTime last_written{};
  std::uint32_t stated_subkeys = 0;
  std::uint32_t stated_values = 0;
  bool has_class_name = false;
  std::uint64_t file_offset = 0;  ///< of the nk cell

  void append_name(std::string& out) const;  ///< WTF-8
};

/// A value that owns its bytes.
struct Value {
  std::string name;
  std::uint32_t type = 0;
  std::uint32_t stated_size = 0;  ///< bytes the vk cell claims
  std::vector<std::byte> data;
  bool incomplete = false;  ///< less than stated could be read
  bool deleted = false;
  std::uint64_t file_offset = 0;  ///< of the vk cell
};

class Hive;

/// A key of an open hive: small, copyable, valid while the Hive lives.
///
/// Whatever the hive holds, the keys reached from its root form a finite tree: a key is handed out
/// below one parent only (the one that its own parent field names, or the first to list it when
/// that one does not), and never deeper than kMaxKeyDepth. Cells that several keys share are read
/// at most a bounded number of times; what is refused is a Problem.
class Key {
 public:
  KeyView view() const;
  std::string name() const;
  void append_name(std::string& out) const;
  Bytes raw_name() const;  ///< Latin-1 or UTF-16LE
  bool has_latin1_name() const;
  std::string path() const;  ///< from below the root; "" for the root
  FileTime last_written() const;
  std::uint16_t flags() const;        ///< without the top four bits (user flags of XP and 2003)
  std::uint64_t file_offset() const;  ///< of the nk cell
  std::uint32_t stated_subkeys() const;
  std::uint32_t stated_values() const;
  bool is_symbolic_link() const;
  std::string class_name() const;  ///< "" when there is none or it cannot be read
  std::optional<Bytes> security_descriptor() const;

  /// Stored order. A damaged list gives what can be read and a Problem of the hive.
  /// Returns false when the callback stopped it.
  bool each_subkey(FunctionRef<bool(const Key&)> visit) const;
  /// As each_subkey; views, no allocation except for big data.
  bool visit_values(FunctionRef<bool(const ValueView&)> visit) const;
  bool each_value(FunctionRef<bool(const Value&)> visit) const;

  std::optional<Key> subkey(
      std::string_view name) const;  ///< one component (may hold backslashes), any case
  std::optional<Key> find(
      std::string_view relative_path) const;                ///< components between backslashes
  std::optional<Value> value(std::string_view name) const;  ///< any case; "" is the default value

 private:
  friend class Hive;
  Key(const Hive& hive, std::uint32_t cell, std::uint16_t depth)
      : hive_{&hive}, cell_{cell}, depth_{depth} {}
  const Hive* hive_;
  std::uint32_t cell_;   // offset of the cell from the first hbin
  std::uint16_t depth_;  // 0 for the root
};

/// A key found outside the tree: in a free cell, in slack, behind the last bin, or in an allocated
/// cell to which nothing leads.
struct DeletedKey {
  std::string path;  ///< "$deleted\name" when the parent is not known
  bool parent_known = false;
  FileTime last_written{};
  std::uint64_t file_offset = 0;  ///< of the nk cell
};

struct DeletedValue {
  std::string key_path;  ///< of a live or deleted key; "$deleted" when not known
  bool key_known = false;
  FileTime key_last_written{};  ///< unset when the key is not known
  Value value;
};

struct Log {
  std::vector<std::byte> bytes;
  std::string name;  ///< "LOG1", for problems
};

struct Replay {
  std::uint32_t entries_applied = 0;  ///< 1 for a log of the old format
  std::uint32_t pages_applied = 0;    ///< page references written (old format: pages of 512 bytes)
  std::uint32_t logs_used = 0;
  std::uint32_t last_sequence = 0;
};

/// An open hive. Owns its bytes (the recovered form after replay). Reading marks cells as read:
/// not for two threads at once.
class Hive {
 public:
  /// Reads the base block, replays `logs` when the hive is dirty and they fit, and finds the root.
  /// Works in place on `bytes`; the logs are released before it returns.
  /// Errc::malformed: not a hive. Errc::truncated: shorter than a base block. Errc::unsupported: a
  /// version before 1.3, or a transaction log. A damaged hive opens with State::corrupt and
  /// problems() when at least its bins can be scanned; there may then be no root.
  static Result<std::unique_ptr<Hive>> open(std::vector<std::byte> bytes,
                                            std::vector<Log> logs = {});
  ~Hive();

  State state() const;
  const BaseBlock& base_block() const;  ///< as stored in the primary file, before replay
  const std::optional<Replay>& replay() const;
  /// Bytes of hive bins that are there: from the first hbin to the end of the last sound one.
  std::uint32_t effective_bins_size() const;
  std::optional<Key> root() const;
  const std::vector<std::byte>& bytes() const;  ///< after replay
  const std::vector<Problem>& problems()
      const;  ///< grows while keys are read; capped, the count is not
  std::uint64_t problem_count() const;
  /// Keys and values that are not in the tree, in the order of their offsets. Costs one pass over
  /// the hive (and over what has not been read yet).
  void each_deleted(FunctionRef<void(const DeletedKey&)> key,
                    FunctionRef<void(const DeletedValue&)> value) const;

  struct Impl;  ///< regf_impl.h

 private:
  friend class Key;
  explicit Hive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hozen::regf
