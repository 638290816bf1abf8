# Third-party libraries under one name each, whatever the target:
#   hozen_dep_{zlib,pugixml,filesystem,spdlog,crypto,isal,cli11,json,gtest,benchmark}
# For Linux they are the system's packages; for Windows they come from HOZEN_DEPS_DIR, which
# packaging/deps_windows.sh fills. Their headers are SYSTEM: warnings in them are not ours.

if(WIN32)
  include(dependencies_windows)
  return()
endif()

function(hozen_dependency name)
  add_library(hozen_dep_${name} INTERFACE)
  target_link_libraries(hozen_dep_${name} INTERFACE ${ARGN})
endfunction()

set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
find_package(ZLIB REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(pugixml REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_path(HOZEN_ISAL_INCLUDE isa-l/igzip_lib.h REQUIRED)
find_library(HOZEN_ISAL_LIBRARY isal REQUIRED)

hozen_dependency(zlib ZLIB::ZLIB)
hozen_dependency(pugixml pugixml::pugixml)
hozen_dependency(filesystem Boost::filesystem)
hozen_dependency(spdlog spdlog::spdlog)
hozen_dependency(crypto OpenSSL::Crypto)
hozen_dependency(isal ${HOZEN_ISAL_LIBRARY})
target_include_directories(hozen_dep_isal SYSTEM INTERFACE ${HOZEN_ISAL_INCLUDE})
hozen_dependency(cli11 CLI11::CLI11)
hozen_dependency(json nlohmann_json::nlohmann_json)
if(HOZEN_BUILD_TESTS)
  find_package(GTest REQUIRED)
  hozen_dependency(gtest GTest::gmock GTest::gtest GTest::gtest_main)
endif()
if(HOZEN_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
  hozen_dependency(benchmark benchmark::benchmark benchmark::benchmark_main)
endif()
