// The records of a registry hive as JSON lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/base/result.h"
#include "collector/formats/regf.h"

namespace hozen::cli {

/// Lines on their way out, handed on in large pieces.
class LineBuffer {
 public:
  using Write = FunctionRef<bool(std::string_view)>;
  explicit LineBuffer(Write write) : write_{write} { text_.reserve(2 * kFlushBytes); }

  std::string& text() { return text_; }
  /// Ends a line; hands the text on when enough has come together.
  void end_line() {
    text_ += '\n';
    if (text_.size() >= kFlushBytes) flush();
  }
  /// False when what takes the lines has failed, now or before.
  bool flush() {
    if (!failed_ && !text_.empty()) failed_ = !write_(text_);
    text_.clear();
    return !failed_;
  }
  /// Hands on whole lines that were put together elsewhere, behind those that wait.
  bool hand_on(std::string_view lines) {
    if (flush() && !lines.empty()) failed_ = !write_(lines);
    return !failed_;
  }
  bool failed() const { return failed_; }

 private:
  static constexpr std::size_t kFlushBytes = 128u << 10;
  Write write_;
  std::string text_;
  bool failed_ = false;
};

/// Prints registry_hive, registry_key, registry_value, problem and registry_hive_end records
/// (fields: docs/records.md). Returns how many problems were printed or counted. The Error of
/// Hive::open is returned instead when the file cannot be read as a hive at all.
Result<std::uint64_t> print_hive(std::vector<std::byte> file, std::vector<regf::Log> logs,
                                 std::string_view source, LineBuffer& out);

/// One problem record.
void print_problem(std::string_view source, const regf::Problem& problem, LineBuffer& out);
void print_problem(std::string_view source, const Error& error, LineBuffer& out);

}  // namespace hozen::cli
