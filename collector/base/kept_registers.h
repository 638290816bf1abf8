// Registers that a function on Windows must leave as they were.
#pragma once

namespace hozen {

/// Whoever calls a function on Windows finds xmm6 to xmm15 as they were. isa-l's assembly changes
/// some of them (seen: the upper half of xmm6), and what a caller of ours held there was lost. A
/// function that calls isa-l, this, and is not inlined, saves and restores them for its caller.
inline void forget_kept_registers() {
#if defined(_WIN64) && defined(__x86_64__)
  asm volatile("" ::
                   : "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                     "xmm15");
#endif
}

}  // namespace hozen
