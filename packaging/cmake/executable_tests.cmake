# What the linked hozen.exe must be: its imports and its resources. The checks run on the building
# machine, so they are plain commands, not Windows programs under Wine.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(executable ${PROJECT_SOURCE_DIR}/tests/executable)
set(after_windows_7 ${executable}/after_windows_7.txt)
function(check_imports name allowed)
  add_test(NAME executable.${name} COMMAND ${Python3_EXECUTABLE} ${executable}/check_imports.py
    $<TARGET_FILE:hozen> ${allowed} ${ARGN})
endfunction()

check_imports(imports ${PROJECT_SOURCE_DIR}/packaging/windows/imports.txt ${after_windows_7})
# The check itself: an unlisted library, and a function of the list of later ones, are found.
file(WRITE ${CMAKE_BINARY_DIR}/generated/no_imports.txt "")
file(WRITE ${CMAKE_BINARY_DIR}/generated/close_handle.txt "CloseHandle\n")
check_imports(unlisted_import_is_found ${CMAKE_BINARY_DIR}/generated/no_imports.txt ${after_windows_7})
check_imports(later_function_is_found ${PROJECT_SOURCE_DIR}/packaging/windows/imports.txt
  ${CMAKE_BINARY_DIR}/generated/close_handle.txt)
set_tests_properties(executable.unlisted_import_is_found PROPERTIES PASS_REGULAR_EXPRESSION
  "imports kernel32.dll, which is not in")
set_tests_properties(executable.later_function_is_found PROPERTIES PASS_REGULAR_EXPRESSION
  "imports CloseHandle, which Windows 7 lacks")

add_test(NAME executable.resources COMMAND ${Python3_EXECUTABLE} ${executable}/check_resources.py
  $<TARGET_FILE:hozen> ${PROJECT_VERSION})

# Planted DLLs, which the program must not load.
add_test(NAME executable.sideload COMMAND ${Python3_EXECUTABLE} ${executable}/check_sideload.py
  $<TARGET_FILE:hozen> ${CMAKE_BINARY_DIR}/sideload)
set_tests_properties(executable.sideload PROPERTIES TIMEOUT 900)

# A process with planted DLLs, which the program must find while it runs.
add_test(NAME executable.live_modules COMMAND ${Python3_EXECUTABLE} ${executable}/check_live_modules.py
  $<TARGET_FILE:hozen> ${CMAKE_BINARY_DIR}/live_modules)
set_tests_properties(executable.live_modules PROPERTIES TIMEOUT 900)

# A signed program that loads a planted DLL: its pair while it runs, and on an image of its volume.
add_test(NAME executable.live_side_loading COMMAND ${Python3_EXECUTABLE}
  ${executable}/check_live_side_loading.py $<TARGET_FILE:hozen> ${CMAKE_BINARY_DIR}/live_side_loading)
set_tests_properties(executable.live_side_loading PROPERTIES TIMEOUT 900 SKIP_REGULAR_EXPRESSION
  "ntfs-3g cannot mount here")

# The whole way: an example Windows under Wine, the real program, its bundle. The Linux program of
# the preset "linux" verifies it.
add_test(NAME example.collect COMMAND ${Python3_EXECUTABLE}
  ${PROJECT_SOURCE_DIR}/tests/example/check_example.py $<TARGET_FILE:hozen>
  ${PROJECT_SOURCE_DIR}/build/linux/hozen ${CMAKE_BINARY_DIR}/example)
set_tests_properties(example.collect PROPERTIES TIMEOUT 900)
