# What `cmake --install` puts where: library, headers, program, its man page and completions,
# and the files by which pkg-config and CMake find the library.
include(CMakePackageConfigHelpers)

install(TARGETS surplus EXPORT surplus)
install(TARGETS sur_program)
install(DIRECTORY include/surplus TYPE INCLUDE)
set_target_properties(sur_program PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

configure_file(cmake/surplus.pc.in surplus.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/surplus.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/surplus)
install(EXPORT surplus NAMESPACE surplus:: DESTINATION ${cmake_folder} FILE surplus-config.cmake)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/surplus-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/surplus-config-version.cmake DESTINATION ${cmake_folder})

# The man page and the completions are printed by the program from its option tables.
foreach(page IN ITEMS man bash zsh)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/share/${page}
    COMMAND ${CMAKE_COMMAND} -E make_directory share
    COMMAND sur_program __${page} > share/${page}
    DEPENDS sur_program WORKING_DIRECTORY ${PROJECT_BINARY_DIR} VERBATIM)
  list(APPEND pages ${PROJECT_BINARY_DIR}/share/${page})
endforeach()
add_custom_target(sur_pages ALL DEPENDS ${pages})
install(FILES ${PROJECT_BINARY_DIR}/share/man DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 RENAME surplus.1)
install(FILES ${PROJECT_BINARY_DIR}/share/bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME surplus)
install(FILES ${PROJECT_BINARY_DIR}/share/zsh
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _surplus)
