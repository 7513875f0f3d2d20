# CantilEmbed.cmake - migrations compiled into a program, for CMake:
#
#     find_package(PkgConfig REQUIRED)
#     pkg_check_modules(CANTIL REQUIRED IMPORTED_TARGET cantil)
#     pkg_get_variable(CANTIL_EMBED_DIR cantil embeddir)
#     include(${CANTIL_EMBED_DIR}/CantilEmbed.cmake)
#
#     add_executable(device device.c)
#     target_link_libraries(device PkgConfig::CANTIL)
#     cantil_embed(device db/migrations NAME app_migrations)
#
# The program then has a variable app_migrations (without NAME: migrations), declared in app_migrations.h, with the
# revisions of the folder. It is made anew when a revision is edited, added or removed; a broken one fails the build.
# CANTIL_PROGRAM is the program that does it, when it is not the installed one (cross builds).

if(NOT CANTIL_PROGRAM)
  find_program(CANTIL_PROGRAM cantil
    HINTS "${CMAKE_CURRENT_LIST_DIR}/../../bin" REQUIRED)
endif()

function(cantil_embed target folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "NAME" "")
  set(name migrations)
  if(arg_NAME)
    set(name "${arg_NAME}")
  endif()
  get_filename_component(folder "${folder}" ABSOLUTE)
  set(base "${CMAKE_CURRENT_BINARY_DIR}/${name}")
  add_custom_command(
    OUTPUT "${base}.c" "${base}.h"
    COMMAND "${CANTIL_PROGRAM}" embed "${folder}" --name "${name}"
      --output "${base}.c" --header "${base}.h" --depfile "${base}.d"
    DEPENDS "${folder}" "${folder}/versions"
    DEPFILE "${base}.d"
    COMMENT "Embedding ${folder}"
    VERBATIM)
  target_sources("${target}" PRIVATE "${base}.c" "${base}.h")
  target_include_directories("${target}" PRIVATE "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()
