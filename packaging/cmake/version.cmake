# hozen_version: version() from project(VERSION) and git_revision() from the checkout, looked up on
# every build so that it follows HEAD; for Windows also hozen_resources, the version resource, icon
# and manifest of the program.
set(generated ${CMAKE_BINARY_DIR}/generated)
add_custom_target(hozen_version_stamp
  COMMAND ${CMAKE_COMMAND}
    -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D VERSION=${PROJECT_VERSION} -D OUTPUT_DIR=${generated}
    -P ${PROJECT_SOURCE_DIR}/packaging/cmake/write_version.cmake
  BYPRODUCTS ${generated}/version.cpp ${generated}/hozen.rc
  COMMENT "Looking up the git revision")
add_library(hozen_version ${generated}/version.cpp)
add_dependencies(hozen_version hozen_version_stamp)
target_link_libraries(hozen_version PRIVATE hozen_options)
set_target_properties(hozen_version PROPERTIES DEFINE_SYMBOL "")

if(WIN32)
  enable_language(RC)
  set(windows ${PROJECT_SOURCE_DIR}/packaging/windows)
  add_library(hozen_resources OBJECT ${generated}/hozen.rc)
  add_dependencies(hozen_resources hozen_version_stamp)
  target_include_directories(hozen_resources PRIVATE ${windows})
  set_source_files_properties(${generated}/hozen.rc PROPERTIES
    OBJECT_DEPENDS "${windows}/hozen.ico;${windows}/hozen.manifest")
endif()
