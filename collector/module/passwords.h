// Passwords in command lines: texts that findings tell are passed on (tickets, reports, mails), so
// they go without them. Records of the evidence keep the whole line, because it is the evidence.
#pragma once

#include <string>
#include <string_view>

namespace hozen {

/// What stands where a password stood.
inline constexpr std::string_view kPasswordLeftOut = "[password left out]";

/// `text`, one or more command lines within any words, without passwords and hashes that serve as
/// such: behind options that say so (`/pass:x`, `-password x`, `--password=x`, `-pw x`, `Pwd=x;`,
/// `/ntlm:x`), behind `-p`, `-P`, `-hp` and `-u user:x` of tools that are known to mean that,
/// behind `-p` wherever `-u` is given too (of PsExec and its like only before the command begins),
/// in the places of `net use` and `net user`, in addresses (`https://user:x@host`,
/// `user:x@10.0.0.5`), as PowerShell has them (`ConvertTo-SecureString x`, `$pass = "x"`), and
/// what tool_secrets.cpp knows of headers, addresses and single tools. A prompt
/// (`*`) stays. Tools are known by their file names: one under another name that has a form of its
/// own is not recognised. Linear in the text but for quotes in quotes, which are followed four
/// deep.
std::string without_passwords(std::string_view text);

}  // namespace hozen
