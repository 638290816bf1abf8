// Seeds of fuzz_process_memory: a list of the loader of each size with two images and a command
// line, a table of two processes, one of connections.
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::uint64_t kBegin = 0x1000;

class Memory {
 public:
  void put(std::size_t offset, std::uint64_t value, std::size_t size) {
    if (bytes_.size() < offset + size) bytes_.resize(offset + size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes_[offset + i] = static_cast<char>(value >> (8 * i));
  }
  void text(std::size_t offset, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      put(offset + 2 * i, static_cast<unsigned char>(text[i]), 2);
  }
  bool write(const std::string& path) const {
    std::ofstream file{path, std::ios::binary};
    file << bytes_;
    return static_cast<bool>(file);
  }

 private:
  std::string bytes_;
};

/// Offsets as in collector/source/loaded_modules.cpp.
struct Layout {
  std::size_t pointer, ldr, parameters, first, base, size, name, command_line;
};
constexpr Layout k64{8, 0x18, 0x20, 0x10, 0x30, 0x40, 0x48, 0x70};
constexpr Layout k32{4, 0x0C, 0x10, 0x0C, 0x18, 0x20, 0x24, 0x40};

Memory process(const Layout& layout) {
  constexpr std::size_t kData = 0x80, kEntries = 0x100, kEntryBytes = 0xA0, kText = 0x280,
                        kParameters = 0x300, kEnd = 0x400;
  Memory memory;
  const auto pointer = [&](std::size_t offset, std::uint64_t to) {
    memory.put(offset, to, layout.pointer);
  };
  const auto text_at = [&](std::size_t offset, std::string_view text, std::size_t place) {
    memory.put(offset, 2 * text.size(), 2);
    memory.put(offset + 2, 2 * text.size() + 2, 2);
    pointer(offset + layout.pointer, kBegin + place);
    memory.text(place, text);
  };
  pointer(layout.ldr, kBegin + kData);
  pointer(layout.parameters, kBegin + kParameters);
  const std::uint64_t head = kBegin + kData + layout.first;
  pointer(kData + layout.first, kBegin + kEntries);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t at = kEntries + i * kEntryBytes;
    pointer(at, i == 0 ? kBegin + kEntries + kEntryBytes : head);
    pointer(at + layout.base, 0x40'0000 * (i + 1));
    memory.put(at + layout.size, 0x5000, 4);
    text_at(at + layout.name, i == 0 ? "C:\\a\\host.exe" : "C:\\a\\v.dll", kText + 0x40 * i);
  }
  text_at(kParameters + layout.command_line, "host.exe -k", kParameters + 0x80);
  memory.put(kEnd, 0, 4);
  return memory;
}

Memory processes() {
  constexpr std::size_t kEntry = 0x100;
  constexpr std::string_view kName = "host.exe";
  Memory memory;
  memory.put(0, kEntry, 4);
  memory.put(kEntry + 0x38, 2 * kName.size(), 2);
  memory.put(kEntry + 0x40, kBegin + 2 * kEntry, 8);
  memory.put(kEntry + 0x50, 4712, 8);
  memory.text(2 * kEntry, kName);
  return memory;
}

Memory connections() {
  Memory memory;
  memory.put(0, 2, 4);
  for (std::size_t i = 0; i < 2 * 56; ++i) memory.put(4 + i, i * 7 % 251, 1);
  return memory;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/process_memory_";
  const bool done = process(k64).write(folder + "64") && process(k32).write(folder + "32") &&
                    processes().write(folder + "table") &&
                    connections().write(folder + "connections");
  return done ? 0 : 1;
}
