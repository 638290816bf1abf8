# Language, warnings, hardening, reproducibility and compiler cache for our own code.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -fno-omit-frame-pointer")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# Paths of the building machine are mapped away. A compiler cache sees relative paths only (below
# its base directory), so that several checkouts share its results; otherwise paths are absolute.
find_program(HOZEN_CCACHE ccache)
if(HOZEN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      # Compilers tell what they included, so that nothing is preprocessed twice; without the sloppiness
      # nothing with a precompiled header would be kept.
      CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros
      ${HOZEN_CCACHE})
  file(RELATIVE_PATH source_from_build ${CMAKE_BINARY_DIR} ${PROJECT_SOURCE_DIR})
  set(prefix_map -ffile-prefix-map=${source_from_build}=)
else()
  set(prefix_map
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}/=)
endif()

# Everything of ours links this target privately; third-party sources do not.
add_library(hozen_options INTERFACE)
target_include_directories(hozen_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(hozen_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  $<$<BOOL:${HOZEN_WARNINGS_AS_ERRORS}>:-Werror>
  ${prefix_map})
# Checked operator[] of span, string_view, vector: an out-of-range access ends the program instead
# of reading past the evidence.
target_compile_definitions(hozen_options INTERFACE _GLIBCXX_ASSERTIONS)

find_package(Threads REQUIRED)
target_link_libraries(hozen_options INTERFACE Threads::Threads)

if(WIN32)
  target_compile_definitions(hozen_options INTERFACE
    _WIN32_WINNT=0x0601 WINVER=0x0601 UNICODE _UNICODE NOMINMAX WIN32_LEAN_AND_MEAN)
  target_link_options(hozen_options INTERFACE
    -static -Wl,--no-insert-timestamp -Wl,--dynamicbase -Wl,--high-entropy-va -Wl,--nxcompat
    $<$<CONFIG:Release>:-s>)
else()
  target_compile_options(hozen_options INTERFACE -fstack-protector-strong)
  target_link_options(hozen_options INTERFACE -Wl,-z,relro,-z,now)
endif()

if(HOZEN_SANITIZE)
  target_compile_options(hozen_options INTERFACE
    -fsanitize=${HOZEN_SANITIZE} -fno-sanitize-recover=all)
  # The runtime of libFuzzer brings main(); only the fuzz targets link it.
  string(REPLACE "fuzzer-no-link," "" link_sanitizers "${HOZEN_SANITIZE}")
  target_link_options(hozen_options INTERFACE -fsanitize=${link_sanitizers})
else()
  target_compile_options(hozen_options INTERFACE
    $<$<AND:$<CONFIG:Release>,$<NOT:$<PLATFORM_ID:Windows>>>:-U_FORTIFY_SOURCE>
    $<$<AND:$<CONFIG:Release>,$<NOT:$<PLATFORM_ID:Windows>>>:-D_FORTIFY_SOURCE=2>)
endif()
