# HOZEN_EMBEDDED_PROFILES: a generated source with every profiles/*.xml, byte for byte.
file(GLOB profiles CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/profiles/*.xml)
set(HOZEN_EMBEDDED_PROFILES ${CMAKE_BINARY_DIR}/generated/embedded_profiles.cpp)
set(profile_writer ${PROJECT_SOURCE_DIR}/packaging/cmake/write_embedded_profiles.cmake)
add_custom_command(OUTPUT ${HOZEN_EMBEDDED_PROFILES}
  COMMAND ${CMAKE_COMMAND} -D "PROFILES=${profiles}" -D OUTPUT=${HOZEN_EMBEDDED_PROFILES}
    -P ${profile_writer}
  DEPENDS ${profiles} ${profile_writer}
  VERBATIM
  COMMENT "Embedding the profiles")
