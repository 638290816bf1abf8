// Paths of programs of services, in the many ways in which services and shares name them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hozen {

/// The same file has the same text, however its folder is named: the program of a command line
/// (`"C:\a b\c.exe" -x`) in upper case, the folder of Windows as "<W>", shares of drives as drives,
/// ".EXE" where no ending is given, without "." and "..". Of shares of any host.
std::string file_key(std::string_view image);
/// Of a path that has no arguments behind it.
std::string file_key_of_path(std::string_view path);

/// Of the program of a command line and of files that its arguments name, at most 8:
/// `rundll32.exe C:\Windows\a.dll,Start`.
std::vector<std::string> file_keys(std::string_view image);

/// Whether an access mask in hex ("0x2", of event 5145) has a right with which a file is written:
/// FILE_WRITE_DATA, FILE_APPEND_DATA, GENERIC_WRITE, GENERIC_ALL (winnt.h). One that is not told
/// may.
bool is_write_mask(std::string_view mask);

/// Whether a program lies on an administrative share: \\10.0.0.9\ADMIN$\a.exe.
bool is_on_share(std::string_view image);

}  // namespace hozen
