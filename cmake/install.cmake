# Headers, both libraries, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/weft DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS weft EXPORT weft-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS weft_static EXPORT weft-static-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

if(WEFT_BUILD_COMMAND)
    install(TARGETS weft_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(TARGETS weft_command EXPORT weft-command-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(TARGETS weft_lint EXPORT weft-lint-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(FILES tools/weft/weft.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES tools/weft/weft.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME weft)
endif()

set(WEFT_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
foreach(kind IN ITEMS weft-targets weft-static-targets)
    install(EXPORT ${kind} NAMESPACE weft:: FILE ${kind}.cmake DESTINATION ${WEFT_CMAKE_DIR})
endforeach()
if(WEFT_BUILD_COMMAND)
    install(EXPORT weft-command-targets NAMESPACE weft:: FILE weft-command-targets.cmake DESTINATION ${WEFT_CMAKE_DIR})
    install(EXPORT weft-lint-targets NAMESPACE weft:: FILE weft-lint-targets.cmake DESTINATION ${WEFT_CMAKE_DIR})
endif()
configure_package_config_file(cmake/weft-config.cmake.in ${PROJECT_BINARY_DIR}/weft-config.cmake
    INSTALL_DESTINATION ${WEFT_CMAKE_DIR} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/weft-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/weft-config.cmake ${PROJECT_BINARY_DIR}/weft-config-version.cmake DESTINATION ${WEFT_CMAKE_DIR})

# The paths in weft.pc are relative to where it lies, so an installed tree may be moved.
file(RELATIVE_PATH WEFT_PC_PREFIX /x/${CMAKE_INSTALL_LIBDIR}/pkgconfig /x)
configure_file(weft.pc.in ${PROJECT_BINARY_DIR}/weft.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/weft.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
