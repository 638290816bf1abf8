// A callable passed down a call: two pointers, no allocation, no copy of what it captures.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace hozen {

template <class Signature>
class FunctionRef;

/// Refers to a callable that must outlive the call it is passed to; never stored.
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  // Another FunctionRef is copied, not referred to: the constraint keeps it out.
  // NOLINTBEGIN(bugprone-forwarding-reference-overload)
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
           std::is_invocable_r_v<R, F&, Args...>) FunctionRef(F&& callable)
      : object_{const_cast<void*>(static_cast<const void*>(std::addressof(callable)))},
        call_{[](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
        }} {}
  // NOLINTEND(bugprone-forwarding-reference-overload)

  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

}  // namespace hozen
