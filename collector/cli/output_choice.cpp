#include "collector/cli/output_choice.h"

#include <boost/filesystem/operations.hpp>
#include <memory>
#include <utility>

#include "collector/base/native_path.h"
#include "collector/base/text.h"

namespace hozen::cli {
namespace {

namespace fs = boost::filesystem;

constexpr unsigned kMaxSameName = 99;

Error refused(const std::string& given, const std::string& why) {
  return Error{Errc::io, given, {}, why};
}

bool is_taken(const NativePath& folder, const std::string& name) {
  boost::system::error_code failure;
  return fs::exists(native_child(folder, name), failure) ||
         fs::exists(native_child(folder, name + ".partial"), failure) ||
         fs::exists(native_child(folder, name + ".seal"), failure);
}

OutputFactory file_in(NativePath folder) {
  return [folder = std::move(folder)](const std::string& name) {
    // Two hosts of one name, or two runs, may want the same name in the same second.
    std::string free_name = name;
    for (unsigned number = 2; is_taken(folder, free_name) && number <= kMaxSameName; ++number)
      free_name = name.substr(0, name.rfind('.')) + '-' + std::to_string(number) +
                  name.substr(name.rfind('.'));
    return create_output_file(native_text(native_child(folder, free_name)));
  };
}

}  // namespace

bool lies_inside(const std::string& output, const std::string& root) {
  if (output == "-") return false;
  boost::system::error_code failure;
  NativePath place = fs::absolute(native_path(output));
  // The second time for a link behind a folder that is not there yet: `new/../link`.
  for (int i = 0; i < 2; ++i)
    if (const NativePath resolved = fs::weakly_canonical(place, failure); !failure)
      place = resolved;
  const NativePath evidence = native_path(root);
  // Folders are compared by what they are: a folder has several names, and what is yet to be made
  // has none.
  for (; !place.empty(); place = place.parent_path()) {
    if (fs::equivalent(place, evidence, failure) && !failure) return true;
    if (place == place.parent_path()) break;
  }
  return false;
}

Result<OutputFactory> choose_output(const std::string& given) {
  if (given == "-") return OutputFactory{[](const std::string&) { return open_standard_output(); }};
  const NativePath path = native_path(given);
  boost::system::error_code failure;
  if (fs::is_directory(path, failure)) return OutputFactory{file_in(path)};
  if (fs::exists(path, failure))
    return refused(given, "exists already and is not a folder; nothing is overwritten");
  const bool is_file = ends_with_fold(given, ".zip");
  failure.clear();
  // Boost makes no folder of the name "." or "..", which are there.
  const NativePath folder = is_file ? path.parent_path() : path;
  if (boost::system::error_code absent; !folder.empty() && !fs::is_directory(folder, absent))
    fs::create_directories(folder, failure);
  if (failure) return refused(given, "cannot make the folder: " + failure.message());
  if (const std::string seal = given + ".seal"; is_file && fs::exists(native_path(seal), failure))
    return refused(seal, "the seal of another bundle is there already; nothing is overwritten");
  if (is_file)
    return OutputFactory{[given](const std::string&) { return create_output_file(given); }};
  return OutputFactory{file_in(path)};
}

}  // namespace hozen::cli
