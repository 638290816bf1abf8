#include "collector/source/command_line.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen {

std::string_view to_text(Existence existence) {
  switch (existence) {
    case Existence::exists:
      return "exists";
    case Existence::missing:
      return "missing";
    case Existence::folder:
      return "folder";
    case Existence::unknown:
      break;
  }
  return "unknown";
}

bool ResolvedCommand::has_flag(std::string_view flag) const {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

namespace resolver {
namespace {

/// Bytes: the longest command line that Windows takes, 32,767 UTF-16 units of three bytes.
constexpr std::size_t kMaxCommandLine = 3 * 32'767;

void set_image(ResolvedCommand& out, const FoundFile& file) {
  out.image = file.text;
  out.image_path = file.path;
  out.image_existence = file.existence;
}

/// Cuts at a character boundary.
std::string_view cut(std::string_view text, std::size_t length) {
  if (text.size() <= length) return text;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return text.substr(0, length);
}

/// Flags characters that a person does not see.
void note_characters(Resolution& resolution, std::string_view text) {
  constexpr std::string_view kHidden[] = {
      "\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
      "\u202E", "\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\uFEFF", "\u00AD", "\u3164"};
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    resolution.flag(command_flag::kControlCharacters);
    resolution.step("contains control characters");
  }
  if (std::any_of(std::begin(kHidden), std::end(kHidden), [&](std::string_view mark) {
        return text.find(mark) != std::string_view::npos;
      })) {
    resolution.flag(command_flag::kHiddenCharacters);
    resolution.step("contains characters that are invisible or turn the direction of writing");
  }
  if (!is_utf8(text)) {
    resolution.flag(command_flag::kBadSurrogate);
    resolution.step("contains an unpaired surrogate");
  }
}

/// The environment of a 32-bit program on 64-bit Windows.
Environment wow64_environment(const Environment& environment) {
  Environment changed = environment;
  for (const std::string_view name : {"ProgramFiles", "CommonProgramFiles"}) {
    if (const auto value = environment.get(std::string{name} + "(x86)")) changed.set(name, *value);
  }
  return changed;
}

/// Trims, cuts and expands the text as it was found, into `out.expanded`.
void expand_text(Resolution& resolution, std::string_view text) {
  ResolvedCommand& out = resolution.out();
  std::string_view trimmed = trim(text);
  note_characters(resolution, trimmed);
  if (trimmed.size() > kMaxCommandLine) {
    trimmed = cut(trimmed, kMaxCommandLine);
    resolution.flag(command_flag::kOverlong);
    resolution.step("longer than a command line can be; the rest was not looked at");
  }
  out.expanded = resolution.with_letters(trimmed);
  const Environment* environment = resolution.context().environment;
  if (environment != nullptr && trimmed.find('%') != std::string_view::npos) {
    const std::string before = out.expanded;
    out.expanded = environment->expand(before, &out.unknown_variables);
    if (out.expanded != before) resolution.step("variables replaced: " + out.expanded);
  }
  for (const std::string& name : out.unknown_variables)
    resolution.step("variable %" + name + "% is not known");
  std::string moved = resolution.with_folders(out.expanded);
  if (moved != out.expanded) resolution.step("folders of this Windows were moved: " + moved);
  out.expanded = std::move(moved);
  if (out.expanded.size() > kMaxCommandLine) {
    out.expanded = cut(out.expanded, kMaxCommandLine);
    resolution.flag(command_flag::kOverlong);
  }
}

/// A context whose environment is that of the program that reads the entry.
class Setting {
 public:
  explicit Setting(const ResolverContext& given) : context_{given} {
    if (!given.wow64 || given.shell_execute || given.environment == nullptr) return;
    environment_ = wow64_environment(*given.environment);
    context_.environment = &environment_;
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;
  const ResolverContext& context() const { return context_; }

 private:
  ResolverContext context_;
  Environment environment_;
};

}  // namespace

Resolution::Resolution(const ResolverContext& context, ResolvedCommand& out)
    : context_{context}, out_{out}, system_root_{variable("SystemRoot")} {
  if (auto path = EvidencePath::parse(system_root_)) system_root_path_ = *std::move(path);
  working_directory_ = here(unquote(trim(context.working_directory)));
}

Resolution::Resolution(const ResolverContext& context, ResolvedCommand& out,
                       const OtherCommand& other)
    : Resolution{context, out} {
  current_directory = other.folder;
  in_wow64_program_ = other.wow64;
  in_cmd = other.in_cmd;
}

void Resolution::add_other(std::string_view text) {
  text = trim(text);
  if (text.empty()) return;
  if (others_.size() < kMaxOtherCommands) {
    others_.push_back({std::string{text}, current_directory, in_wow64_program_, in_cmd});
    return;
  }
  flag(command_flag::kNestingLimit);
  step("more commands than " + std::to_string(kMaxOtherCommands) + ": the rest was not looked at");
}

void Resolution::step(std::string text) {
  if (std::find(out_.steps.begin(), out_.steps.end(), text) == out_.steps.end())
    out_.steps.push_back(std::move(text));
}

std::string Resolution::with_letters(std::string_view text) {
  std::string letters =
      context_.own_paths != nullptr ? context_.own_paths->letters(text) : std::string{text};
  if (letters == text) return letters;
  step(context_.own_paths->letters_in_words() + ": " + letters);
  if (letters.find(kVolumeElsewhere) != std::string::npos)
    step(std::string{kVolumeElsewhere} + " is a volume of which the evidence does not say which");
  return letters;
}

std::string Resolution::with_folders(std::string_view text) const {
  return context_.own_paths != nullptr ? context_.own_paths->folders(text) : std::string{text};
}

std::string Resolution::here(std::string_view text) const {
  static const OwnPaths as_they_stand;
  static const Environment no_variables;
  const OwnPaths& own = context_.own_paths != nullptr ? *context_.own_paths : as_they_stand;
  return own.expand(text, context_.environment != nullptr ? *context_.environment : no_variables);
}

void Resolution::flag(std::string_view flag) {
  if (!out_.has_flag(flag)) out_.flags.emplace_back(flag);
}

void Resolution::note_target(const FoundFile& file) {
  if (file.path && !file.path->stream().empty()) {
    flag(command_flag::kAlternateDataStream);
    step("an alternate data stream of " + file.path->with_stream("").text());
  }
}

void Resolution::note_arguments(std::string_view arguments) {
  for (const std::string_view scheme : {"http://", "https://", "ftp://"}) {
    for (std::size_t at = 0; at < arguments.size(); ++at) {
      at = arguments.find("://", at);
      if (at == std::string_view::npos) break;
      const std::string_view before = arguments.substr(0, at + 3);
      if (ends_with_fold(before, scheme)) flag(command_flag::kUrlArgument);
    }
  }
  constexpr std::string_view kBefore = " \t\"'=:,;(";
  for (std::size_t at = arguments.find("\\\\"); at != std::string_view::npos;
       at = arguments.find("\\\\", at + 2)) {
    if (at > 0 && kBefore.find(arguments[at - 1]) == std::string_view::npos) continue;
    const std::string_view rest = arguments.substr(at + 2);
    const std::string_view server = rest.substr(0, rest.find_first_of("\\ \t\"'"));
    if (!server.empty() && server != "." && server != "?") flag(command_flag::kUncArgument);
  }
}

void Resolution::set_payload_file(std::string_view kind, std::string_view text, Lookup lookup,
                                  std::string_view arguments) {
  const FoundFile file = find_file(text, lookup);
  out_.payload = file.text;
  out_.payload_path = file.path;
  out_.payload_existence = file.existence;
  out_.payload_kind = kind;
  out_.payload_arguments = trim(arguments);
  step(out_.payload_kind + " to run: " + file.text + " (" + std::string{to_text(file.existence)} +
       ")");
  note_target(file);
}

void Resolution::set_payload_text(std::string_view kind, std::string_view text) {
  out_.payload = text;
  out_.payload_path.reset();
  out_.payload_existence = Existence::unknown;
  out_.payload_kind = kind;
  step(std::string{"runs "} + std::string{kind} + ": " + std::string{cut(text, 200)});
}

void Resolution::set_payload_url_or_file(std::string_view kind, std::string_view text,
                                         std::string_view arguments) {
  text = unquote(text);
  if (is_url(text) && !starts_with_fold(text, "file:")) {
    flag(command_flag::kUrl);
    set_payload_text("url", text);
    out_.payload_arguments = trim(arguments);
  } else {
    set_payload_file(kind, text, Lookup::exact, arguments);
  }
}

void Resolution::push_host(std::string_view name, const FoundFile& file) {
  std::string lower = to_lower_ascii(name);
  if (lower.find('.') == std::string::npos) lower += ".exe";
  if (out_.hosts.size() >= kMaxHosts) out_.hosts.pop_back();
  out_.hosts.push_back({std::move(lower), file.text, file.existence});
}

bool Resolution::unwrap(const Program& program) {
  const std::string_view name = file_name_of(program.file.text);
  const Unwrap rule = find_host(name);
  if (rule == nullptr) return false;
  if (depth_ >= kMaxHosts) {
    flag(command_flag::kNestingLimit);
    step("programs inside programs deeper than " + std::to_string(kMaxHosts));
  }
  if (depth_ >= kMaxDepth) {
    step("given up at a depth of " + std::to_string(kMaxDepth));
    return false;
  }
  const bool outer_wow64 = in_wow64_program_;
  if (program.file.path && system_root_path_ &&
      program.file.path->is_below(*system_root_path_ / "SysWOW64"))
    in_wow64_program_ = true;
  const std::vector<HostProgram> outer_hosts = out_.hosts;
  push_host(name, program.file);
  ++depth_;
  const bool unwrapped = rule(*this, program.arguments);
  --depth_;
  if (!unwrapped) {
    out_.hosts = outer_hosts;
    in_wow64_program_ = outer_wow64;
  }
  return unwrapped;
}

void Resolution::run_command(std::string_view text) {
  const bool outermost = outermost_;
  const Program program = take_program(text);
  outermost_ = false;
  if (outermost) {
    set_image(out_, program.file);
    out_.arguments = program.arguments;
    step("image: " + out_.image + " (" + std::string{to_text(out_.image_existence)} + ")");
    note_target(program.file);
    note_arguments(program.arguments);
    if (current_directory.empty() && !working_directory_.empty()) {
      current_directory = working_directory_;
      step("working directory: " + current_directory);
    }
  }
  if (unwrap(program) || outermost) return;
  out_.payload = program.file.text;
  out_.payload_path = program.file.path;
  out_.payload_existence = program.file.existence;
  out_.payload_kind =
      program.file.text.find("://") != std::string::npos && is_url(program.file.text)
          ? "url"
          : std::string{kind_by_extension(program.file.text, "program")};
  out_.payload_arguments = program.arguments;
  step(out_.payload_kind + " to run: " + out_.payload + " (" +
       std::string{to_text(out_.payload_existence)} + ")");
  note_target(program.file);
}

void Resolution::run_dll(std::string_view text) {
  const FoundFile file = find_file(unquote(text), Lookup::dll);
  set_image(out_, file);
  step("dll: " + file.text + " (" + std::string{to_text(file.existence)} + ")");
  note_target(file);
  const bool bare = unquote(text).find_first_of("\\/") == std::string_view::npos;
  if (bare && file.path && system_root_path_ &&
      !file.path->is_below(*system_root_path_ / "System32") &&
      !file.path->is_below(*system_root_path_ / "SysWOW64")) {
    flag(command_flag::kOutsideSystem32);
    step("a bare name that System32 does not hold");
  }
}

}  // namespace resolver

namespace {

/// Resolves the further commands of a line, and theirs in turn.
void resolve_others(const ResolverContext& context, std::vector<resolver::OtherCommand> others,
                    ResolvedCommand& out) {
  using resolver::kMaxOtherCommands;
  for (std::size_t i = 0; i < others.size() && i < kMaxOtherCommands; ++i) {
    const resolver::OtherCommand other = others[i];
    ResolvedCommand resolved;
    resolver::Resolution resolution{context, resolved, other};
    resolved.expanded = other.text;
    resolution.run_command(other.text);
    others.insert(others.end(), resolution.others().begin(), resolution.others().end());
    out.steps.push_back("further command: " + other.text.substr(0, other.text.find('\n')));
    out.steps.insert(out.steps.end(), resolved.steps.begin(), resolved.steps.end());
    out.other_commands.push_back(other.text);
    out.others.push_back(std::move(resolved));
  }
  if (others.size() > kMaxOtherCommands && !out.has_flag(command_flag::kNestingLimit))
    out.flags.emplace_back(command_flag::kNestingLimit);
}

}  // namespace

bool is_host_program(std::string_view file_name) {
  return resolver::find_host(file_name) != nullptr;
}

ResolvedCommand resolve_command_line(std::string_view command_line,
                                     const ResolverContext& context) {
  ResolvedCommand out;
  const resolver::Setting setting{context};
  resolver::Resolution resolution{setting.context(), out};
  resolver::expand_text(resolution, command_line);
  if (out.expanded.empty()) {
    resolution.step("empty");
  } else {
    resolution.run_command(std::string{out.expanded});
    resolve_others(setting.context(), resolution.others(), out);
  }
  return out;
}

ResolvedCommand resolve_dll(std::string_view name, const ResolverContext& context) {
  ResolvedCommand out;
  const resolver::Setting setting{context};
  resolver::Resolution resolution{setting.context(), out};
  resolver::expand_text(resolution, name);
  if (out.expanded.empty()) {
    resolution.step("empty");
  } else {
    resolution.run_dll(out.expanded);
  }
  return out;
}

ResolvedCommand resolve_stored_file(const EvidencePath& file) {
  ResolvedCommand out;
  out.expanded = file.text();
  const ResolverContext context;
  resolver::Resolution resolution{context, out};
  resolver::note_characters(resolution, out.expanded);
  out.image = file.text();
  out.image_path = file;
  out.image_existence = Existence::exists;
  resolution.step("image: the file itself, by its name as stored");
  if (file.name().ends_with(' ') || file.name().ends_with('.')) {
    resolution.flag(command_flag::kTrailingDotOrSpace);
    resolution.step("its name ends with a dot or space, which most programs leave off");
  }
  return out;
}

}  // namespace hozen
