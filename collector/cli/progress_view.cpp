#include "collector/cli/progress_view.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/cli/console.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/host.h"
#include "collector/engine/report/words.h"

namespace hozen::cli {
namespace {

// Shortest time between two updates, by form.
constexpr std::uint64_t kLineTicks = kTicksPerSecond / 5;
constexpr std::uint64_t kPlainTicks = 10 * kTicksPerSecond;
constexpr std::uint64_t kJsonTicks = kTicksPerSecond;

std::string fixed(double value, int decimals) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  return buffer.data();
}

std::string sentence(const ProgressState& state, double seconds) {
  std::string text = printable(state.phase) + "  " + counted(state.files, "file") + "  " +
                     byte_size_text(state.bytes);
  if (seconds >= 1)
    text += "  " +
            byte_size_text(static_cast<std::uint64_t>(static_cast<double>(state.bytes) / seconds)) +
            "/s";
  return text + "  " + fixed(seconds, 0) + " s";
}

}  // namespace

ProgressView::ProgressView(ProgressForm form) : form_{form}, started_{monotonic_ticks()} {}

double ProgressView::seconds() const {
  return static_cast<double>(monotonic_ticks() - started_) / kTicksPerSecond;
}

void ProgressView::update(const ProgressState& state) {
  if (form_ == ProgressForm::none) return;
  const std::uint64_t now = monotonic_ticks();
  const std::uint64_t interval = form_ == ProgressForm::line    ? kLineTicks
                                 : form_ == ProgressForm::plain ? kPlainTicks
                                                                : kJsonTicks;
  if (state.phase == phase_ && now - shown_at_ < interval) return;
  shown_at_ = now;
  phase_ = state.phase;
  if (form_ == ProgressForm::line) draw_line(state);
  if (form_ == ProgressForm::plain) print_error("hozen: " + sentence(state, seconds()) + "\n");
  if (form_ == ProgressForm::json) print_json(state);
}

/// Overwrites the line with itself and blanks: works on terminals without escape sequences as well.
void ProgressView::draw_line(const ProgressState& state) {
  const std::size_t width = std::max<std::size_t>(terminal_width(), 20) - 1;
  std::string text = shortened(sentence(state, seconds()), width);
  text.resize(std::max(text.size(), width), ' ');
  print_error("\r" + text);
}

void ProgressView::print_json(const ProgressState& state) {
  std::string json = "{\"phase\":";
  append_json_string(json, state.phase);
  const auto number = [&](std::string_view name, std::uint64_t value) {
    json += ",\"" + std::string{name} + "\":";
    append_json_number(json, value);
  };
  number("files", state.files);
  number("bytes", state.bytes);
  number("records", state.records);
  number("findings", state.findings);
  print_error(json + ",\"seconds\":" + fixed(seconds(), 3) + "}\n");
}

void ProgressView::finish() {
  if (form_ != ProgressForm::line || shown_at_ == 0) return;
  const std::size_t width = std::max<std::size_t>(terminal_width(), 20) - 1;
  print_error("\r" + std::string(width, ' ') + "\r");
}

}  // namespace hozen::cli
