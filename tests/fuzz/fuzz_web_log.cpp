// Access logs of web servers and proxies, of every format, packed or not.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/web_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto bytes = std::as_bytes(std::span{data, size});
  (void)web_log::looks_like_web_log(bytes);
  MemorySource file{{bytes.begin(), bytes.end()}};
  std::uint64_t last = 0, requests = 0;
  const auto log = web_log::read(file, {540}, [&](const web_log::Request& request) {
    // Each line is its own, in order, and says no more than it holds: an escaped byte takes four.
    if (request.line <= last) std::abort();
    last = request.line;
    ++requests;
    std::size_t text = 0;
    for (const std::string_view part :
         {request.client, request.user, request.method, request.scheme, request.host, request.path,
          request.query, request.user_agent, request.referer, request.server, request.forwarded,
          request.mailbox, request.action, request.unparsed})
      text += part.size();
    if (text > 5 * web_log::kMaxLineBytes) std::abort();
    if (request.status && (*request.status < 100 || *request.status > 599)) std::abort();
    return true;
  });
  if (!log) return 0;
  if (log->requests != requests || log->lines < requests ||
      log->problems.size() > web_log::kMaxListedProblems + 1)
    std::abort();
  return 0;
}
