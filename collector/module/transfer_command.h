// Command lines that send files away: to the web, to a cloud, to another host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

/// What a command does to a job of BITS that several commands put together.
enum class JobStep : std::uint8_t {
  none,            ///< no such job, or all of it stands in the one command
  made_to_send,    ///< the job was made, and sends
  made_to_fetch,   ///< the same, and fetches
  file_was_added,  ///< a file of a job of which another command tells whether it sends
};

struct TransferCommand {
  std::string tool{};                ///< "curl", "Rclone", "BITS", ...
  std::string program{};             ///< as it is named
  std::vector<std::string> files{};  ///< as given; empty when the line does not say
  std::string destination{};         ///< address, remote or share, without the password in it
  bool is_renamed = false;           ///< known by the form of its arguments only
  std::size_t left_out = 0;          ///< files beyond kMaxTransferFiles
  JobStep step = JobStep::none;
  std::string job{};  ///< name of that job
};

/// Those in `line`, which may be what each_shell_command() divides. Downloads are none of them, but
/// for steps of jobs of BITS, which the caller puts together. At most kMaxTransferCommands.
/// `original`: what the first program of the line calls itself in its version resource
/// ("curl.exe"), "" when that is not known.
std::vector<TransferCommand> transfer_commands(std::string_view line,
                                               std::string_view original = {});
inline constexpr std::size_t kMaxTransferCommands = 32;
/// Files kept of one command.
inline constexpr std::size_t kMaxTransferFiles = 64;

/// What of an address or remote ("https://x:y@host:80/", "user@host:/tmp") names the host.
std::string_view transfer_host(std::string_view address);
/// Whether that is an address (IPv4) and no name; whether it is one of the internet too.
bool is_bare_address(std::string_view destination);
bool is_bare_public_address(std::string_view destination);

/// The tool that a program is called as, whatever it was told: "Rclone", "WinSCP", ...; "" for
/// others. They send files away, and do other things.
std::string_view transfer_tool(std::string_view path);

}  // namespace hozen
