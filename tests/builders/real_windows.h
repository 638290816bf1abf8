// A Windows volume laid out from real hives, for tests over whole machines. See testdata.h: only
// where the artifacts are.
#pragma once

#include "tests/builders/fake_windows.h"

namespace hozen {

/// C: with SYSTEM of a Windows 7 (two control sets), a SOFTWARE made here, SAM, SECURITY, DEFAULT,
/// and the users
///   vibranium (clean), tony (dirty, no logs), trent (dirty, both logs), nfury (with deleted shell
///   bags in UsrClass.dat), runner (Run and RunOnce), the service account NetworkService, and
///   `former`, whose profile ProfileList does not name.
/// write_to() lays it out in a folder; machine() keeps it in memory.
fake::FakeWindows real_windows();

/// D:, a second installation: SYSTEM of a Windows 10 that is dirty, with both logs, and the user
/// `carol`.
fake::FakeWindows real_second_windows();

}  // namespace hozen
