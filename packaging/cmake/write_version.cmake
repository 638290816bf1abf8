# cmake -D SOURCE_DIR=... -D VERSION=MAJOR.MINOR.PATCH -D OUTPUT_DIR=... -P write_version.cmake
# Writes version.cpp and hozen.rc; each file changes only when its content does.
set(REVISION "unknown")
find_program(GIT git)
if(GIT AND EXISTS ${SOURCE_DIR}/.git)
  # The checkout may belong to another user than the one who builds.
  set(git ${GIT} -c safe.directory=* -C ${SOURCE_DIR})
  execute_process(COMMAND ${git} rev-parse --verify HEAD
    OUTPUT_VARIABLE head RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT failed)
    execute_process(COMMAND ${git} status --porcelain --untracked-files=no
      OUTPUT_VARIABLE changes ERROR_QUIET)
    set(REVISION ${head})
    if(changes)
      string(APPEND REVISION "+modified")
    endif()
  endif()
endif()
string(REPLACE "." ";" parts ${VERSION})
list(GET parts 0 VERSION_MAJOR)
list(GET parts 1 VERSION_MINOR)
list(GET parts 2 VERSION_PATCH)
configure_file(${CMAKE_CURRENT_LIST_DIR}/version.cpp.in ${OUTPUT_DIR}/version.cpp @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/../windows/hozen.rc.in ${OUTPUT_DIR}/hozen.rc @ONLY)
