# What `cmake --install` puts where: library, headers, program, pkg-config file.
install(TARGETS surplus sur_program)
install(DIRECTORY include/surplus TYPE INCLUDE)
configure_file(cmake/surplus.pc.in surplus.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/surplus.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
