// Files beside a program that have Windows or .NET load other code into it: `a.exe.local`,
// `a.exe.manifest`, `a.exe.config`.
//
// Source: Microsoft, "Dynamic-Link Library Redirection", "Manifest files", "<appDomainManagerType>
// element", "<codeBase> element".
#pragma once

#include <string>
#include <vector>

#include "collector/module/side_load_folders.h"

namespace hozen::side_load {

struct Redirection {
  std::string program{};  ///< file name, lower case
  std::string dll{};      ///< file name, lower case; "" for all of the folder (.local)
  std::string fact{};     ///< a whole sentence
  bool is_strong = true;  ///< a manifest's list of files is everyday
};

/// Of the files in `folder.redirections`; DLLs in a folder `a.exe.local` become members of
/// `folder.below`.
std::vector<Redirection> redirections_of(ModuleContext& context, Folder& folder);

}  // namespace hozen::side_load
