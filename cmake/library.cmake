# Every layer adds its files to one object library, from which the static and the shared library are made.
add_library(weft_objects OBJECT)
set_target_properties(weft_objects PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
target_include_directories(weft_objects PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(weft_objects PRIVATE weft_flags weft_internal ${WEFT_PRIVATE_LIBRARIES})
target_compile_definitions(weft_objects PRIVATE WEFT_VERSION_TEXT="${PROJECT_VERSION}")

foreach(layer IN ITEMS base type driver pool schema sql engine object load unit session scoped migrate)
    if(EXISTS ${PROJECT_SOURCE_DIR}/src/${layer}/CMakeLists.txt)
        add_subdirectory(src/${layer})
    endif()
endforeach()
if(EXISTS ${PROJECT_SOURCE_DIR}/src/weft.c)
    target_sources(weft_objects PRIVATE src/weft.c)
endif()

add_library(weft_static STATIC $<TARGET_OBJECTS:weft_objects>)
add_library(weft SHARED $<TARGET_OBJECTS:weft_objects>)
add_library(weft::weft ALIAS weft)
add_library(weft::weft_static ALIAS weft_static)

foreach(library IN ITEMS weft weft_static)
    set_target_properties(${library} PROPERTIES OUTPUT_NAME weft LINKER_LANGUAGE C)
    target_compile_features(${library} PUBLIC c_std_11)
    target_include_directories(${library} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${library} PRIVATE $<BUILD_INTERFACE:weft_flags> ${WEFT_PRIVATE_LIBRARIES})
endforeach()

set_target_properties(weft PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/weft.map)
# nodelete: threads and thread-exit destructors may still run the library's code after a dlclose.
target_link_options(weft PRIVATE LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/weft.map LINKER:-z,nodelete)
if(NOT WEFT_SANITIZE)
    target_link_options(weft PRIVATE LINKER:--no-undefined)
endif()
