// How the program ends: documented in docs/response.md.
#pragma once

namespace hozen::cli {

constexpr int kExitComplete = 0;
constexpr int kExitIncomplete = 1;  ///< finished, but something could not be collected or read
constexpr int kExitUsage = 2;
constexpr int kExitPrivilege = 3;
constexpr int kExitSource = 4;  ///< the source cannot be read
constexpr int kExitOutput = 5;  ///< the output cannot be written
constexpr int kExitVerification = 6;
constexpr int kExitInterrupted = 130;  ///< the bundle is kept

}  // namespace hozen::cli
