// The reader of .job files.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/job_file.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  looks_like_job_file(bytes);
  const auto job = parse_job_file(bytes);
  if (!job) return 0;
  for (const auto* text :
       {&job->application, &job->parameters, &job->working_directory, &job->author, &job->comment})
    require(is_wtf8(*text));
  require(job->triggers.size() <= kMaxTaskTriggers);
  for (const auto& trigger : job->triggers) require(!trigger.kind.empty());
  for (const auto& problem : job->problems) require(!problem.text().empty());
  return 0;
}
