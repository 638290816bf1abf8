// Progress on standard error: one line on a terminal, lines elsewhere, JSON for programs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "collector/engine/progress.h"

namespace hozen::cli {

enum class ProgressForm { line, plain, json, none };

class ProgressView final : public ProgressListener {
 public:
  explicit ProgressView(ProgressForm form);
  void update(const ProgressState& state) override;
  /// Takes the line off the terminal.
  void finish();

 private:
  void draw_line(const ProgressState& state);
  void print_json(const ProgressState& state);
  double seconds() const;

  const ProgressForm form_;
  const std::uint64_t started_;
  std::uint64_t shown_at_ = 0;
  std::string phase_;
};

}  // namespace hozen::cli
