#include "collector/module/transfer_command.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/lateral.h"
#include "collector/module/passwords.h"
#include "collector/module/shell_commands.h"
#include "collector/module/transfer_script.h"

namespace hozen {
namespace {

using Words = std::span<const std::string>;

bool is_one_of(std::string_view text, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return equals_fold(text, name); });
}
bool is_address(std::string_view word) { return word.find("://") != std::string_view::npos; }
/// "host:path" and "user@host:path", not "C:\x".
bool is_remote_path(std::string_view word) {
  const std::size_t colon = word.find(':');
  return colon != std::string_view::npos && colon > 1 && !word.starts_with('-') &&
         word.find_first_of("\\/") > colon;
}
bool is_option(std::string_view word) { return word.starts_with('-') || word.starts_with('/'); }

void add_file(TransferCommand& command, std::string_view file) {
  if (command.files.size() < kMaxTransferFiles)
    command.files.emplace_back(file);
  else
    ++command.left_out;
}

// Each of these reads the words behind the program.

/// The file in "name=@path;type=x" or "@path"; "" when it is text.
std::string_view form_file(std::string_view text) {
  const std::size_t at = text.find_first_of("@<");
  if (at == std::string_view::npos || at > text.find('=') + 1) return {};
  text.remove_prefix(at + 1);
  return text.substr(0, text.find(';'));
}

/// The word that belongs to an option, and which option: "-xhttp://p", "-sT file", "--url=u".
struct CurlOption {
  std::string_view name, value;
  bool takes_next = false;
};
/// Of a word that begins with '-'. Source: curl's manual, options with an argument.
CurlOption curl_option(std::string_view word, std::string_view next) {
  constexpr std::string_view kWithValue = "AbcCdDeEFHKmoPQrtTuUwxXyYz";
  constexpr std::string_view kLong[] = {"proxy",
                                        "request",
                                        "header",
                                        "output",
                                        "referer",
                                        "user-agent",
                                        "cookie",
                                        "cookie-jar",
                                        "user",
                                        "proxy-user",
                                        "cacert",
                                        "capath",
                                        "cert",
                                        "key",
                                        "cert-type",
                                        "config",
                                        "noproxy",
                                        "preproxy",
                                        "socks4",
                                        "socks4a",
                                        "socks5",
                                        "resolve",
                                        "socks5-hostname",
                                        "interface",
                                        "limit-rate",
                                        "max-time",
                                        "write-out",
                                        "connect-timeout",
                                        "retry",
                                        "retry-delay",
                                        "form-string",
                                        "dns-servers",
                                        "data-raw",
                                        "data-urlencode",
                                        "oauth2-bearer",
                                        "quote",
                                        "range",
                                        "stderr",
                                        "trace",
                                        "trace-ascii",
                                        "url",
                                        "form",
                                        "data",
                                        "data-binary",
                                        "data-ascii",
                                        "json",
                                        "upload-file",
                                        "connect-to",
                                        "proxy-header",
                                        "retry-max-time"};
  if (word.starts_with("--")) {
    const std::string_view name = word.substr(2);
    return is_one_of(name, kLong) ? CurlOption{name, next, true} : CurlOption{name, {}, false};
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (kWithValue.find(word[i]) == std::string_view::npos) continue;
    const bool joined = i + 1 < word.size();
    return {word.substr(i, 1), joined ? word.substr(i + 1) : next, !joined};
  }
  return {};
}

/// curl -T file address; -F "name=@file"; --data-binary @file. Source: curl's manual.
std::optional<TransferCommand> curl(Words words) {
  constexpr std::string_view kForms[] = {"F",           "d",          "form", "data",
                                         "data-binary", "data-ascii", "json"};
  TransferCommand found{"curl"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with('-')) {
      if (found.destination.empty()) found.destination = std::string{word};
      continue;
    }
    const std::string_view next = i + 1 < words.size() ? std::string_view{words[i + 1]} : "";
    const CurlOption option = curl_option(word, next);
    if (option.takes_next) ++i;
    std::string_view file;
    if (option.name == "T" || option.name == "upload-file")
      file = option.value;
    else if (option.name == "url" && found.destination.empty())
      found.destination = std::string{option.value};
    else if (option.name.size() > 1 ? is_one_of(option.name, kForms)
                                    : option.name == "F" || option.name == "d")
      file = form_file(option.value);
    if (!file.empty()) add_file(found, file);
  }
  if (found.files.empty()) return std::nullopt;
  return found;
}

/// rclone copy source remote:path. Source: rclone.org/commands.
std::optional<TransferCommand> rclone(Words words) {
  constexpr std::string_view kVerbs[] = {"copy", "copyto", "sync", "move", "moveto", "rcat"};
  const auto verb = std::find_if(words.begin(), words.end(),
                                 [&](const std::string& word) { return is_one_of(word, kVerbs); });
  if (verb == words.end()) return std::nullopt;
  // Options may stand between them, with values of their own.
  std::string_view source, target;
  for (auto word = verb + 1; word != words.end() && target.empty(); ++word) {
    if (word->starts_with('-')) continue;
    (source.empty() || !is_remote_path(*word) ? source : target) = *word;
  }
  if (target.empty() || is_remote_path(source)) return std::nullopt;
  return TransferCommand{"Rclone", {}, {std::string{source}}, std::string{target}};
}

/// pscp and scp: the last one is the target. Source: PuTTY's manual, chapter 5.
std::optional<TransferCommand> secure_copy(Words words) {
  std::vector<std::string> plain;
  constexpr std::string_view kWithValue[] = {"-P", "-i", "-pw", "-pwfile", "-l", "-F", "-o", "-c"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with('-')) {
      plain.push_back(words[i]);
    } else if (std::find(std::begin(kWithValue), std::end(kWithValue), words[i]) !=
               std::end(kWithValue)) {
      ++i;
    }
  }
  if (plain.size() < 2 || !is_remote_path(plain.back()) || is_remote_path(plain.front()))
    return std::nullopt;
  TransferCommand found{"SCP"};
  found.destination = plain.back();
  plain.pop_back();
  for (const std::string& file : plain) add_file(found, file);
  return found;
}

/// "put file", "mput file" within what WinSCP, sftp and PowerShell are told.
std::optional<TransferCommand> winscp(Words words) {
  TransferCommand found{"WinSCP"};
  for (const std::string& word : words) {
    const std::size_t put = word.starts_with("put ") ? 0 : word.find(" put ");
    if (put != std::string::npos) {
      std::string_view rest = trim(std::string_view{word}.substr(put + 4));
      if (rest.starts_with("put ")) rest.remove_prefix(4);
      add_file(found, rest.substr(0, rest.find(' ')));
    }
    if (is_address(word)) found.destination = word.substr(word.starts_with("open ") ? 5 : 0);
  }
  if (found.files.empty()) return std::nullopt;
  return found;
}

/// ftp -s:script. What the script says is not known: it may as well fetch.
std::optional<TransferCommand> ftp(Words words) {
  TransferCommand found{"ftp"};
  bool script = false;
  for (const std::string& word : words) {
    if (starts_with_fold(word, "-s:") || starts_with_fold(word, "/s:")) script = true;
    if (!is_option(word)) found.destination = word;
  }
  if (!script) return std::nullopt;
  return found;
}

/// bitsadmin /transfer job /upload address file; /create [/upload] job and /addfile job address
/// file. Source: Microsoft, "bitsadmin transfer", "bitsadmin create", "bitsadmin addfile".
std::optional<TransferCommand> bitsadmin(Words words) {
  TransferCommand found{"BITS"};
  bool sends = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    sends = sends || equals_fold(word, "/upload") || equals_fold(word, "/upload-reply");
    if (equals_fold(word, "/create")) found.step = JobStep::made_to_fetch;
    if (equals_fold(word, "/addfile")) found.step = JobStep::file_was_added;
    if (is_address(word)) {
      found.destination = word;
      if (i + 1 < words.size()) found.files = {words[i + 1]};
      break;
    }
    if (found.step != JobStep::none && !is_option(word)) found.job = word;
  }
  if (found.step == JobStep::none) return sends ? std::optional{std::move(found)} : std::nullopt;
  const bool is_file = found.step == JobStep::file_was_added;
  if (found.job.empty() || (is_file && found.files.empty())) return std::nullopt;
  if (!is_file && sends) found.step = JobStep::made_to_send;
  return found;
}

/// certreq -Post -config address file.
std::optional<TransferCommand> certreq(Words words) {
  TransferCommand found{"certreq"};
  bool post = false;
  for (const std::string& word : words) {
    post = post || equals_fold(word, "-post") || equals_fold(word, "/post");
    if (is_address(word))
      found.destination = word;
    else if (!is_option(word))
      found.files = {word};
  }
  if (!post) return std::nullopt;
  return found;
}

std::optional<TransferCommand> mega(Words words) {
  TransferCommand found{"MEGAcmd"};
  for (const std::string& word : words) {
    if (word.starts_with('-') || equals_fold(word, "put")) continue;
    if (found.files.empty())
      found.files = {word};
    else
      found.destination = word;
  }
  if (found.files.empty()) return std::nullopt;
  return found;
}

std::optional<TransferCommand> mega_client(Words words) {
  if (words.empty() || !equals_fold(words[0], "put")) return std::nullopt;
  return mega(words);
}

/// copy, move, xcopy and robocopy onto a share: of archives, and of anything onto one of the
/// internet.
std::optional<TransferCommand> copy(Words words) {
  TransferCommand found{"copy to a share"};
  bool archive = false;
  for (const std::string& word : words) {
    if (word.starts_with("\\\\")) {
      found.destination = word;
      continue;
    }
    if (is_option(word) || !found.destination.empty()) continue;
    archive = archive || archive_name(word).has_value();
    add_file(found, word);
  }
  const bool counts = archive || is_bare_public_address(found.destination);
  if (!counts || found.destination.empty() || found.files.empty()) return std::nullopt;
  return found;
}

/// robocopy folder \\\\host\\share [file ...]: files are named behind both folders.
std::optional<TransferCommand> robocopy(Words words) {
  if (words.size() < 2 || words[0].starts_with("\\\\") || !words[1].starts_with("\\\\"))
    return std::nullopt;
  TransferCommand found{"copy to a share"};
  found.destination = words[1];
  for (const std::string& word : words.subspan(2)) {
    if (is_option(word)) break;
    if (archive_name(word)) add_file(found, words[0] + "\\" + word);
  }
  if (found.files.empty() && is_bare_public_address(found.destination)) add_file(found, words[0]);
  if (found.files.empty()) return std::nullopt;
  return found;
}

/// nc host port < file.
std::optional<TransferCommand> netcat(Words words) {
  TransferCommand found{"netcat"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "<" && i + 1 < words.size()) {
      add_file(found, words[++i]);
    } else if (words[i].starts_with('<') && words[i].size() > 1) {
      add_file(found, std::string_view{words[i]}.substr(1));
    } else if (found.destination.empty() && !words[i].starts_with('-')) {
      found.destination = words[i];
    }
  }
  if (found.files.empty() || found.destination.empty()) return std::nullopt;
  return found;
}

/// aws s3 cp file s3://bucket/key [--endpoint-url address]. Source: AWS CLI, "aws s3".
std::optional<TransferCommand> aws(Words words) {
  constexpr std::string_view kVerbs[] = {"cp", "mv", "sync"};
  TransferCommand found{"AWS CLI"};
  std::string source;
  bool sends = false;
  std::string endpoint;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (equals_fold(words[i], "--endpoint-url") && i + 1 < words.size()) {
      endpoint = words[++i];
    } else if (is_one_of(words[i], kVerbs)) {
      sends = true;
    } else if (!words[i].starts_with('-') && sends) {
      if (source.empty())
        source = words[i];
      else if (found.destination.empty())
        found.destination = words[i];
    }
  }
  const bool leaves = starts_with_fold(found.destination, "s3://") && !source.starts_with("s3://");
  if (!leaves || source.empty()) return std::nullopt;
  add_file(found, source);
  if (!endpoint.empty()) found.destination = endpoint;
  return found;
}

/// azcopy copy file "https://account.blob.core.windows.net/container?...". Source: Microsoft,
/// "azcopy copy".
std::optional<TransferCommand> azcopy(Words words) {
  constexpr std::string_view kVerbs[] = {"copy", "cp", "c", "sync"};
  TransferCommand found{"AzCopy"};
  bool sends = false;
  for (const std::string& word : words) {
    if (is_one_of(word, kVerbs) && !sends) {
      sends = true;
    } else if (sends && !word.starts_with('-')) {
      if (found.files.empty() && !is_address(word))
        add_file(found, word);
      else if (is_address(word) && found.destination.empty())
        found.destination = word;
    }
  }
  if (found.files.empty() || found.destination.empty()) return std::nullopt;
  return found;
}

/// `type file | nc host port`, `tar czf - folder | ssh user@host "cat > x"`: what goes into the
/// other host's program.
std::optional<TransferCommand> piped(const ShellCommand& one) {
  constexpr std::string_view kClients[] = {"ssh", "plink", "plink64"};
  constexpr std::string_view kRaw[] = {"nc", "nc64", "ncat"};
  if (one.input.size() > 1 && one.words.size() > 2 && is_one_of(program_stem(one.words[0]), kRaw)) {
    TransferCommand found{"netcat", one.words[0], {}, one.words[1]};
    for (std::size_t i = 1; i < one.input.size(); ++i)
      if (one.input[i].find_first_of("\\:") != std::string::npos) add_file(found, one.input[i]);
    if (found.files.empty() || found.destination.starts_with('-')) return std::nullopt;
    return found;
  }
  if (one.input.size() < 2 || one.words.size() < 3) return std::nullopt;
  if (!is_one_of(program_stem(one.words[0]), kClients)) return std::nullopt;
  const bool keeps = std::any_of(one.words.begin(), one.words.end(), [](const std::string& word) {
    return word.starts_with("cat >") || word.starts_with("cat>") || word.starts_with("dd of=") ||
           word.starts_with("tar ");
  });
  const auto target = std::find_if(one.words.begin() + 1, one.words.end(), [](const auto& word) {
    return word.find('@') != std::string::npos && !word.starts_with('-');
  });
  if (!keeps || target == one.words.end()) return std::nullopt;
  TransferCommand found{"SSH", one.words[0], {}, *target};
  for (std::size_t i = 1; i < one.input.size(); ++i)
    if (one.input[i].find_first_of("\\:") != std::string::npos) add_file(found, one.input[i]);
  return found;
}

struct Tool {
  std::string_view stem, name;
  std::optional<TransferCommand> (*read)(Words);
  bool is_transfer = true;  ///< what it is for, whatever it was told
};
constexpr Tool kTools[] = {{"curl", "curl", curl, false},
                           {"rclone", "Rclone", rclone},
                           {"pscp", "PSCP", secure_copy},
                           {"scp", "SCP", secure_copy},
                           {"winscp", "WinSCP", winscp},
                           {"ftp", "ftp", ftp},
                           {"bitsadmin", "BITS", bitsadmin, false},
                           {"certreq", "certreq", certreq, false},
                           {"mega-put", "MEGAcmd", mega},
                           {"megacmdclient", "MEGAcmd", mega_client},
                           {"megaclient", "MEGAcmd", mega_client},
                           {"nc", "netcat", netcat, false},
                           {"nc64", "netcat", netcat, false},
                           {"ncat", "netcat", netcat, false},
                           {"aws", "AWS CLI", aws, false},
                           {"azcopy", "AzCopy", azcopy},
                           {"copy", "copy", copy, false},
                           {"move", "copy", copy, false},
                           {"xcopy", "copy", copy, false},
                           {"robocopy", "copy", robocopy, false},
                           {"copy-item", "copy", copy, false}};
constexpr std::array<std::array<std::string_view, 2>, 6> kClients{{{"psftp", "PSFTP"},
                                                                   {"sftp", "SFTP"},
                                                                   {"megasync", "MEGAsync"},
                                                                   {"filezilla", "FileZilla"},
                                                                   {"megacmdserver", "MEGAcmd"},
                                                                   {"megacmd", "MEGAcmd"}}};

/// A renamed rclone: its verb and remote, and an option that others do not have.
std::optional<TransferCommand> renamed_rclone(Words words) {
  constexpr std::string_view kOwn[] = {
      "--transfers",    "--no-check-certificate", "--max-age",          "--ignore-existing",
      "--auto-confirm", "--multi-thread-streams", "--drive-chunk-size", "--bwlimit",
      "--checkers"};
  const bool own = std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return is_one_of(word.substr(0, word.find('=')), kOwn);
  });
  if (!own) return std::nullopt;
  auto found = rclone(words);
  if (found) found->is_renamed = true;
  return found;
}

const Tool* tool_called(std::string_view stem) {
  const auto known = std::find_if(std::begin(kTools), std::end(kTools),
                                  [&](const Tool& one) { return one.stem == stem; });
  return known == std::end(kTools) ? nullptr : &*known;
}

void read_words(const std::vector<std::string>& words, std::string_view original,
                std::vector<TransferCommand>& found) {
  if (words.empty() || found.size() >= kMaxTransferCommands) return;
  std::size_t at = 0;
  const Tool* tool = nullptr;
  for (; at < words.size() && tool == nullptr; ++at) {
    // Behind another program ("psexec \\\\srv curl.exe") it must look like one.
    const bool is_program = at == 0 || ends_with_fold(words[at], ".exe");
    if (!is_program) continue;
    tool = tool_called(program_stem(words[at]));
  }
  const bool by_version = tool == nullptr && !original.empty();
  if (by_version) {
    tool = tool_called(program_stem(original));
    at = 1;
  }
  std::optional<TransferCommand> command;
  if (tool == nullptr) {
    at = 1;
    command = renamed_rclone(Words{words}.subspan(1));
  } else {
    command = tool->read(Words{words}.subspan(at));
    if (command && !command->tool.starts_with("copy")) command->tool = std::string{tool->name};
  }
  if (!command) return;
  command->is_renamed = command->is_renamed || by_version;
  command->program = words[at - 1];
  found.push_back(*std::move(command));
}

/// Cheap, before a line is divided.
bool may_transfer(std::string_view line) {
  const std::string lower = to_lower_ascii(line);
  for (const std::string_view sign :
       {"curl",   "copy",       "scp",  "ftp",    "bitsadmin", "certreq", "mega",
        "ssh",    "plink",      "nc ",  "nc.exe", "nc64",      "ncat",    "aws ",
        "azcopy", "powershell", "move", " sync ", "upload",    "-infile"})
    if (lower.find(sign) != std::string::npos) return true;
  return false;
}

}  // namespace

std::vector<TransferCommand> transfer_commands(std::string_view line, std::string_view original) {
  std::vector<TransferCommand> found;
  const bool is_client = !original.empty() && tool_called(program_stem(original)) != nullptr;
  if (!is_client && !may_transfer(line)) return found;
  bool is_first = true;
  each_shell_command(line, [&](const ShellCommand& one) {
    if (auto command = piped(one); command && found.size() < kMaxTransferCommands)
      found.push_back(*std::move(command));
    read_words(one.words, is_client && is_first ? original : std::string_view{}, found);
    is_first = false;
  });
  read_transfer_script(line, found);
  for (TransferCommand& one : found) one.destination = without_passwords(one.destination);
  return found;
}

std::string_view transfer_host(std::string_view address) {
  const std::size_t scheme = address.find("://");
  if (scheme != std::string_view::npos) address.remove_prefix(scheme + 3);
  while (address.starts_with('\\')) address.remove_prefix(1);
  address = address.substr(0, address.find_first_of("/\\"));
  const std::size_t user = address.rfind('@');
  if (user != std::string_view::npos) address.remove_prefix(user + 1);
  while (address.ends_with(':')) address.remove_suffix(1);
  return lateral::without_port(address);
}

bool is_bare_address(std::string_view destination) {
  const std::string_view host = transfer_host(destination);
  return host.find('.') != std::string_view::npos &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_bare_public_address(std::string_view destination) {
  return is_bare_address(destination) && lateral::is_public_address(transfer_host(destination));
}

std::string_view transfer_tool(std::string_view path) {
  const std::string stem = program_stem(path);
  for (const Tool& tool : kTools)
    if (tool.is_transfer && tool.stem == stem) return tool.name;
  for (const auto& [known, name] : kClients)
    if (known == stem) return name;
  return {};
}

}  // namespace hozen
