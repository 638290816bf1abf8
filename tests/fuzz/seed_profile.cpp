// Seeds of fuzz_profile: the shipped profiles.
#include <fstream>

#include "collector/engine/embedded_profiles.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (const auto& profile : hozen::embedded_profiles()) {
    std::ofstream file{std::string{argv[1]} + "/" + std::string{profile.name} + ".xml",
                       std::ios::binary};
    file << profile.xml;
    if (!file.flush()) return 1;
  }
  return 0;
}
