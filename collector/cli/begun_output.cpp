#include "collector/cli/begun_output.h"

#include <boost/filesystem/operations.hpp>
#include <utility>

#include "collector/base/native_path.h"
#include "collector/base/text.h"

namespace hozen::cli {
namespace {

class TrackedOutput final : public BundleOutput {
 public:
  TrackedOutput(std::unique_ptr<BundleOutput> output, BegunOutput& begun)
      : output_{std::move(output)}, begun_{begun} {
    begun_.path = output_->path();
  }
  Result<void> write(std::span<const std::byte> bytes) override { return output_->write(bytes); }
  Result<void> flush() override { return output_->flush(); }
  Result<void> complete() override {
    HOZEN_CHECK(output_->flush());
    begun_.all_written = true;
    return output_->complete();
  }
  std::string path() const override { return output_->path(); }
  void discard() override { output_->discard(); }
  Result<std::unique_ptr<ScratchFile>> open_scratch() override { return output_->open_scratch(); }

 private:
  std::unique_ptr<BundleOutput> output_;
  BegunOutput& begun_;
};

}  // namespace

std::unique_ptr<BundleOutput> tracked_output(std::unique_ptr<BundleOutput> output,
                                             BegunOutput& begun) {
  return std::make_unique<TrackedOutput>(std::move(output), begun);
}

std::string what_is_left(const BegunOutput& begun) {
  if (begun.path.empty() || begun.path == "-") return {};
  const std::string path = printable(begun.path);
  boost::system::error_code failure;
  if (!boost::filesystem::exists(native_path(begun.path), failure))
    return "Nothing is left of it: " + path + " was removed during the run";
  if (begun.all_written)
    return "All of it was written to " + path +
           ", which only lacks its name: rename it to a free name that ends in .zip; hozen verify "
           "checks it and prints its seal";
  return "What was written until then is left as it is: " + path;
}

}  // namespace hozen::cli
