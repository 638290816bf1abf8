// The one way a function of ours fails: Result<T>, Error, Errc and the two macros that pass errors
// on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace hozen {

/// Why an operation failed. The set is closed and small: callers branch on it.
enum class Errc : std::uint8_t {
  io,           ///< the operating system refused the read or write
  not_found,    ///< the path, key, value or record does not exist
  truncated,    ///< the evidence ends before the structure does
  malformed,    ///< the bytes contradict the format
  unsupported,  ///< a valid variant that this build does not decode
  limit,        ///< a cap of the profile or the parser was reached
  cancelled,    ///< the operator or the time budget stopped the run
};

/// The name of `code` as it stands in the bundle ("not_found").
std::string_view to_text(Errc code);

/// A failure: what was being read, where, and why.
struct Error {
  Errc code = Errc::io;
  std::string what;                       ///< "regf nk cell": the thing, never a full sentence
  std::optional<std::uint64_t> offset{};  ///< bytes from the start of the named source
  std::string
      detail{};  ///< the system's own words or number ("CreateFileW: error 32"), "" when none

  /// One line: what, offset, reason, detail.
  [[nodiscard]] std::string text() const;
};

/// The value of a call, or the Error that prevented it.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  Result(Error error) : state_{std::in_place_index<1>, std::move(error)} {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  // A defaulted one would set all the bytes of the Error that is not there, a million times.
  Result() noexcept : error_{std::nullopt} {}
  Result(Error error) : error_{std::move(error)} {}
  bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace hozen

#define HOZEN_CONCAT_(a, b) a##b
#define HOZEN_CONCAT(a, b) HOZEN_CONCAT_(a, b)
#define HOZEN_TRY_(declaration, expression, result) \
  auto result = (expression);                       \
  if (!result) return std::move(result).error();    \
  declaration = *std::move(result)
/// Declares a variable from a Result, or returns its Error to the caller.
#define HOZEN_TRY(declaration, expression) \
  HOZEN_TRY_(declaration, expression, HOZEN_CONCAT(try_result_, __LINE__))
/// Runs a Result<void> call, or returns its Error to the caller.
#define HOZEN_CHECK(expression)                                                                  \
  do {                                                                                           \
    if (auto check_result = (expression); !check_result) return std::move(check_result).error(); \
  } while (false)
