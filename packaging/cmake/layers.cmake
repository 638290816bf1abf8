# hozen_layer(NAME DIRECTORY [STATIC] [LINK targets of ours...] [PRIVATE third-party targets...])
#
# One target for one layer: a library (shared with BUILD_SHARED_LIBS, unless STATIC) of DIRECTORY's
# .cpp files (not below it), or an INTERFACE library while the layer has headers only. *_win32.cpp
# are compiled for Windows only, *_posix.cpp elsewhere only.
function(hozen_sources result)
  file(GLOB files CONFIGURE_DEPENDS ${ARGN})
  if(WIN32)
    list(FILTER files EXCLUDE REGEX "_posix(_test)?\\.cpp$")
  else()
    list(FILTER files EXCLUDE REGEX "_win32(_test)?\\.cpp$")
  endif()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

function(hozen_layer name directory)
  cmake_parse_arguments(PARSE_ARGV 2 arg "STATIC" "" "LINK;PRIVATE;SOURCES")
  hozen_sources(sources ${directory}/*.cpp)
  list(APPEND sources ${arg_SOURCES})
  if(sources)
    set(kind "")
    if(arg_STATIC)
      set(kind STATIC)
    endif()
    add_library(${name} ${kind} ${sources})
    # Compiled alike whichever it becomes.
    set_target_properties(${name} PROPERTIES DEFINE_SYMBOL "")
    target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE hozen_options ${arg_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_LINK})
  endif()
endfunction()
