// What a fresh fake Windows holds.
#pragma once

#include "tests/builders/fake_windows.h"

namespace hozen::fake {

/// Names, versions, folders and environment: what makes it a machine.
void add_machine_values(FakeWindows& windows, const Options& options, const EvidencePath& root);
/// The usual autostart places as Windows fills them.
void add_default_values(FakeWindows& windows, const EvidencePath& root);
/// Programs and libraries that default values and command lines lead to.
void add_system_files(FakeWindows& windows, const Options& options, const EvidencePath& root);

}  // namespace hozen::fake
