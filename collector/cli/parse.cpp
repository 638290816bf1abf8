#include "collector/cli/parse.h"

#include <algorithm>
#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "collector/base/native_path.h"
#include "collector/base/text.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/cli/large_pages.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {
namespace {

namespace fs = boost::filesystem;

constexpr std::string_view kHiveFormat = "registry_hive";
/// What is read before the format is known.
constexpr std::size_t kHeadBytes = regf::kBaseBlockBytes + 4;
/// Hives and logs address 32 bits; what is larger is not one.
constexpr std::uint64_t kMaxHiveBytes = std::uint64_t{4} << 30;

std::string format_list() {
  std::string list;
  for (const std::string& name : parse_formats()) list += (list.empty() ? "" : ", ") + name;
  return list;
}

int complain(int code, const std::string& message) {
  print_error("hozen parse: " + message + "\n");
  return code;
}

/// A file of the operator, read front to back.
class InputFile {
 public:
  static Result<InputFile> open(const NativePath& path) {
    boost::system::error_code failed;
    if (fs::is_directory(path, failed)) return Error{Errc::io, "open", {}, "it is a folder"};
    InputFile file;
    // The standard stream opens wide names; the library's own does not with every compiler.
    file.stream_.open(std::filesystem::path{path.native()}, std::ios::binary);
    if (!file.stream_)
      return Error{fs::exists(path, failed) ? Errc::io : Errc::not_found,
                   "open",
                   {},
                   std::generic_category().message(errno)};
    return file;
  }

  /// Appends up to `count` bytes; fewer only at the end of the file.
  Result<void> read(std::vector<std::byte>& out, std::size_t count) {
    const std::size_t before = out.size();
    out.resize(before + count);
    void* const target = out.data() + before;
    stream_.read(static_cast<char*>(target), static_cast<std::streamsize>(count));
    out.resize(before + static_cast<std::size_t>(stream_.gcount()));
    if (stream_.bad())
      return Error{Errc::io, "read", before, std::generic_category().message(errno)};
    return {};
  }

  /// All of a file of about `size` bytes: it may grow or shrink meanwhile.
  Result<std::vector<std::byte>> read_all(std::uint64_t size) {
    if (size > kMaxHiveBytes) return Error{Errc::limit, "file of 4 GiB or more"};
    std::vector<std::byte> bytes;
    bytes.reserve(static_cast<std::size_t>(size) + 1);  // the byte more shows the end
    prefer_large_pages({bytes.data(), bytes.capacity()});
    for (std::size_t piece = static_cast<std::size_t>(size) + 1;; piece = kPieceBytes) {
      const std::size_t before = bytes.size();
      HOZEN_CHECK(read(bytes, piece));
      if (bytes.size() < before + piece) return bytes;
      if (bytes.size() > kMaxHiveBytes) return Error{Errc::limit, "file of 4 GiB or more"};
    }
  }

 private:
  static constexpr std::size_t kPieceBytes = 1u << 20;
  std::ifstream stream_;
};

Result<std::vector<std::byte>> read_file(const NativePath& path) {
  boost::system::error_code failed;
  const std::uint64_t size = fs::file_size(path, failed);
  HOZEN_TRY(InputFile file, InputFile::open(path));
  return file.read_all(failed ? 0 : size);
}

Result<std::vector<std::byte>> read_head(const NativePath& path) {
  HOZEN_TRY(InputFile file, InputFile::open(path));
  std::vector<std::byte> head;
  HOZEN_CHECK(file.read(head, kHeadBytes));
  return head;
}

/// The logs beside a hive: NAME.LOG1, NAME.LOG2, NAME.LOG in any case, in this order.
std::vector<NativePath> find_logs(const NativePath& hive) {
  const std::string name = native_text(hive.filename());
  std::vector<NativePath> logs;
  const NativePath folder = hive.has_parent_path() ? hive.parent_path() : NativePath{"."};
  for (const std::string_view suffix : {".LOG1", ".LOG2", ".LOG"}) {
    const std::string wanted = name + std::string{suffix};
    std::vector<NativePath> found;
    boost::system::error_code failed;
    for (fs::directory_iterator at{folder, failed}, end; !failed && at != end; at.increment(failed))
      if (equals_fold(native_text(at->path().filename()), wanted)) found.push_back(at->path());
    // On a system that knows case the one spelled like the hive comes first.
    std::stable_sort(found.begin(), found.end(), [&](const NativePath& a, const NativePath& b) {
      const bool exact_a = native_text(a.filename()) == wanted;
      const bool exact_b = native_text(b.filename()) == wanted;
      return exact_a != exact_b ? exact_a : a.native() < b.native();
    });
    if (!found.empty()) logs.push_back(found.front());
  }
  return logs;
}

class Parser {
 public:
  Parser(const ParseOptions& options, LineBuffer& lines) : options_{options}, lines_{lines} {}

  int parse_file(const std::string& name) {
    const NativePath path = native_path(name);
    const auto head = read_head(path);
    if (!head) return unreadable(path, head.error());
    const Bytes start{*head};
    const bool is_hive =
        start.head(4).chars() == "regf" || start.tail(regf::kBaseBlockBytes).chars() == "hbin";
    if (options_.format.empty() && !is_hive)
      return complain(kExitUsage, hozen::quoted(name) + " is of no format that is known here (" +
                                      format_list() + ")");
    return parse_hive(path, start);
  }

 private:
  static int unreadable(const NativePath& path, const Error& error) {
    return complain(kExitSource,
                    hozen::quoted(native_text(path)) + " cannot be read: " + error.text());
  }

  int parse_hive(const NativePath& path, Bytes head) {
    const std::string source = native_text(path);
    std::uint64_t log_problems = 0;
    std::vector<regf::Log> logs;
    const auto base = regf::read_base_block(head);
    const bool dirty = !base || base->is_dirty();
    if (options_.logs && dirty) logs = read_logs(path, source, log_problems);
    const bool had_logs = !logs.empty();
    auto bytes = read_file(path);
    if (!bytes) return unreadable(path, bytes.error());
    const auto problems = print_hive(*std::move(bytes), std::move(logs), source, lines_);
    if (!problems) {
      const Error& error = problems.error();
      print_problem(source, {error.code, error.what, error.offset, {}}, lines_);
      return complain(kExitIncomplete, hozen::quoted(source) + ": " + error.text());
    }
    if (dirty && options_.logs && !had_logs)
      complain(0, hozen::quoted(source) +
                      " is dirty, and no transaction log lies beside it: what was not "
                      "yet written to it is missing");
    return *problems + log_problems == 0 ? kExitComplete : kExitIncomplete;
  }

  std::vector<regf::Log> read_logs(const NativePath& hive, const std::string& source,
                                   std::uint64_t& problems) {
    std::vector<regf::Log> logs;
    for (const NativePath& path : find_logs(hive)) {
      const std::string name = native_text(path.filename());
      auto bytes = read_file(path);
      if (bytes) {
        logs.push_back({*std::move(bytes), name});
        continue;
      }
      ++problems;
      print_problem(source, {bytes.error().code, "transaction log " + name, {}, {}}, lines_);
      complain(
          0, "transaction log " + hozen::quoted(name) + " cannot be read: " + bytes.error().text());
    }
    return logs;
  }

  const ParseOptions& options_;
  LineBuffer& lines_;
};

/// The code that says more: unreadable before unknown before damaged.
int graver(int a, int b) {
  constexpr int kOrder[] = {kExitSource, kExitUsage, kExitIncomplete};
  for (const int code : kOrder)
    if (a == code || b == code) return code;
  return kExitComplete;
}

}  // namespace

std::vector<std::string> parse_formats() { return {std::string{kHiveFormat}}; }

int run_parse(const ParseOptions& options) {
  if (options.files.empty()) return complain(kExitUsage, "no file given");
  const auto formats = parse_formats();
  if (!options.format.empty() &&
      std::find(formats.begin(), formats.end(), options.format) == formats.end())
    return complain(kExitUsage, "no format is called " + hozen::quoted(options.format) +
                                    "; known: " + format_list());
  const auto write = [](std::string_view text) { return print(text); };
  LineBuffer lines{write};
  Parser parser{options, lines};
  int code = kExitComplete;
  for (const std::string& file : options.files) {
    code = graver(code, parser.parse_file(file));
    if (!lines.flush()) return complain(kExitOutput, "standard output cannot be written");
  }
  return code;
}

}  // namespace hozen::cli
