# One program for each tests/fuzz/fuzz_<format>.cpp (LLVMFuzzerTestOneInput) and, beside it, for each
# tests/fuzz/seed_<format>.cpp (an ordinary main that writes its seed corpus into the folder argv[1]).
if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "fuzz targets need clang: cmake --preset fuzz")
endif()
hozen_sources(fuzzers fuzz/fuzz_*.cpp)
hozen_sources(seeders fuzz/seed_*.cpp)
foreach(source IN LISTS fuzzers seeders)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE hozen_options hozen_builders ${layers_all}
    hozen_dep_zlib hozen_dep_pugixml)
  if(name MATCHES "^fuzz_")
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endif()
endforeach()
