# The static libraries for Windows, built by packaging/deps_windows.sh.
set(HOZEN_DEPS_DIR "$ENV{HOZEN_DEPS_DIR}" CACHE PATH
  "Folder made by packaging/deps_windows.sh; empty: its default")
set(deps ${HOZEN_DEPS_DIR})
if(NOT deps)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/packaging/deps_windows.sh --print-dir
    OUTPUT_VARIABLE deps OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
if(NOT EXISTS ${deps}/complete)
  message(FATAL_ERROR "the libraries for Windows are not in ${deps}; "
    "run packaging/deps_windows.sh first, or set HOZEN_DEPS_DIR to where it put them")
endif()
message(STATUS "Windows libraries: ${deps}")

# hozen_dependency(NAME [INCLUDE dir] [DEFINE macros...] [LIBRARIES names...])
function(hozen_dependency name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "INCLUDE" "DEFINE;LIBRARIES;LINK")
  add_library(hozen_dep_${name} INTERFACE)
  target_include_directories(hozen_dep_${name} SYSTEM INTERFACE ${deps}/include/${arg_INCLUDE})
  target_compile_definitions(hozen_dep_${name} INTERFACE ${arg_DEFINE})
  foreach(library IN LISTS arg_LIBRARIES)
    target_link_libraries(hozen_dep_${name} INTERFACE ${deps}/lib/lib${library}.a)
  endforeach()
  target_link_libraries(hozen_dep_${name} INTERFACE ${arg_LINK})
endfunction()

hozen_dependency(zlib LIBRARIES z)
hozen_dependency(pugixml LIBRARIES pugixml)
hozen_dependency(filesystem INCLUDE boost-only LIBRARIES boost_filesystem
  DEFINE BOOST_FILESYSTEM_STATIC_LINK=1)
hozen_dependency(spdlog LIBRARIES spdlog fmt DEFINE SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
# All of these are KnownDLLs; packaging/windows/imports.txt is the whole list of what may be imported.
hozen_dependency(crypto LIBRARIES crypto LINK ws2_32 advapi32 user32)
if(HOZEN_WITH_ISAL)
  hozen_dependency(isal LIBRARIES isal DEFINE HOZEN_WITH_ISAL)
else()
  hozen_dependency(isal)
endif()
hozen_dependency(cli11)
hozen_dependency(json)
hozen_dependency(gtest LIBRARIES gtest)
if(HOZEN_BUILD_BENCHMARKS)
  message(FATAL_ERROR "benchmarks are built for Linux only")
endif()
