# hozen_version: version() from project(VERSION) and git_revision() from the checkout, looked up on
# every build so that it follows HEAD. The file changes only when the revision does.
set(version_source ${CMAKE_BINARY_DIR}/generated/version.cpp)
add_custom_target(hozen_version_stamp
  COMMAND ${CMAKE_COMMAND}
    -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D VERSION=${PROJECT_VERSION} -D OUTPUT=${version_source}
    -P ${PROJECT_SOURCE_DIR}/packaging/cmake/write_version.cmake
  BYPRODUCTS ${version_source}
  COMMENT "Looking up the git revision")
add_library(hozen_version STATIC ${version_source})
add_dependencies(hozen_version hozen_version_stamp)
target_link_libraries(hozen_version PRIVATE hozen_options)
