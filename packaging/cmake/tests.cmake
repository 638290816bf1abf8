# hozen_test(NAME [DIRECTORY dir] LINK targets... [LABEL label] [NEEDS_PROGRAM])
#
# hozen_NAME_test from DIRECTORY/*_test.cpp (default: the folder NAME), nothing while it has none.
# Under Wine and with sanitizers, where starting a program takes long, ctest sees one test a program,
# which leaves the results of each of its tests in <build>/reports/NAME.xml; otherwise every test.
# Tests run in the root of the checkout, with these variables set:
#   HOZEN_SOURCE_DIR  the root of the checkout
#   HOZEN_PROGRAM     the program built beside the tests
include(GoogleTest)

# All test programs have the same options, so that the first one's precompiled header serves all.
function(hozen_precompile target)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)  # the same bytes every time, so that a cache can know them
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  else()
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
  get_property(first GLOBAL PROPERTY HOZEN_PRECOMPILED_BY)
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/precompiled.h)
    set_property(GLOBAL PROPERTY HOZEN_PRECOMPILED_BY ${target})
  endif()
endfunction()

function(hozen_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NEEDS_PROGRAM" "DIRECTORY;LABEL" "LINK")
  if(NOT arg_DIRECTORY)
    set(arg_DIRECTORY ${name})
  endif()
  hozen_sources(sources ${arg_DIRECTORY}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  set(target hozen_${name}_test)
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE hozen_options ${arg_LINK} hozen_dep_gtest
    hozen_dep_zlib hozen_dep_pugixml hozen_dep_filesystem hozen_dep_spdlog hozen_dep_json
    hozen_dep_crypto)
  # The code under test is optimised, the tests need not be: this halves their compile time.
  target_compile_options(${target} PRIVATE -O0 -g0)
  if(HOZEN_SANITIZE MATCHES fuzzer)  # what a fuzzer counts is the code under test
    target_compile_options(${target} PRIVATE -fno-sanitize=fuzzer-no-link)
  endif()
  hozen_precompile(${target})
  if(arg_NEEDS_PROGRAM AND TARGET hozen)
    add_dependencies(${target} hozen)
  endif()
  set(environment HOZEN_SOURCE_DIR=${PROJECT_SOURCE_DIR}
    HOZEN_PROGRAM=${CMAKE_BINARY_DIR}/hozen${CMAKE_EXECUTABLE_SUFFIX})
  if(WIN32 OR HOZEN_SANITIZE)
    # Relative: a path from the root of Linux is none for a Windows program.
    file(RELATIVE_PATH reports ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR}/reports)
    add_test(NAME ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      COMMAND ${target} --gtest_output=xml:${reports}/${name}.xml)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}" TIMEOUT 1800)
    if(arg_LABEL)
      set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 7200)
    endif()
    return()
  endif()
  gtest_discover_tests(${target}
    TEST_PREFIX ${name}.
    TEST_LIST ${target}_TESTS
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    NO_PRETTY_VALUES  # a printed parameter may hold addresses, different on every run
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 120
    PROPERTIES TIMEOUT 300)
  # Properties whose value is a list do not survive gtest_discover_tests; ctest reads them here.
  set(properties "ENVIRONMENT \"${environment}\"")
  if(arg_LABEL)
    string(APPEND properties " LABELS ${arg_LABEL} TIMEOUT 7200")
  endif()
  set(include_file ${CMAKE_CURRENT_BINARY_DIR}/${target}_properties.cmake)
  file(WRITE ${include_file}
    "foreach(test IN LISTS ${target}_TESTS)
  set_tests_properties(\"\${test}\" PROPERTIES ${properties})
endforeach()
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include_file})
endfunction()
