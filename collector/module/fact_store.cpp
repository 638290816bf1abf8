#include "collector/module/fact_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hozen {
namespace {

/// A string of up to 15 bytes needs no memory of its own.
std::size_t heap_bytes(std::size_t size) { return size > 15 ? size + 16 : 0; }

std::size_t bytes_of_fact(const Fact& fact) {
  return sizeof(Fact) + heap_bytes(fact.record.size()) + heap_bytes(fact.subject.size()) +
         heap_bytes(fact.values.bytes());
}

}  // namespace

void FactStore::add(Fact fact) {
  Shelf& shelf = shelves_.at(static_cast<std::size_t>(fact.kind));
  shelf.bytes += bytes_of_fact(fact);
  shelf.stated.push_back(std::move(fact));
  while (shelf.bytes > limit_) {
    shelf.bytes -= bytes_of_fact(shelf.stated.front());
    shelf.stated.pop_front();
    ++shelf.dropped;
  }
}

void FactStore::settle() {
  for (Shelf& shelf : shelves_) {
    std::move(shelf.stated.begin(), shelf.stated.end(), std::back_inserter(shelf.sorted));
    shelf.stated.clear();
    std::stable_sort(shelf.sorted.begin(), shelf.sorted.end(),
                     [](const Fact& a, const Fact& b) { return a.time < b.time; });
  }
}

}  // namespace hozen
