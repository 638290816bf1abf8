// Functions of Windows' own DLLs that are not KnownDLLs or that older systems lack: looked up at
// run time, in System32 only.
#pragma once

#include <bit>

namespace hozen {

using AnyFunction = void (*)();

/// The function `name` of `dll` ("iphlpapi.dll"), which is loaded from System32 by its full path
/// and stays loaded; nullptr when the system lacks either. Safe to call from several threads.
AnyFunction system_function(const wchar_t* dll, const char* name);

/// system_function() as the type its documentation gives it.
template <class Function>
Function* system_function_as(const wchar_t* dll, const char* name) {
  return std::bit_cast<Function*>(system_function(dll, name));
}

/// Takes the folder of the program, the current folder and the PATH out of the search for DLLs, as
/// far as this Windows can. The first thing main() does: the program may lie in a folder that the
/// intruder can write to.
void restrict_dll_search();

}  // namespace hozen
