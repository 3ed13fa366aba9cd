# Language level, warnings, hardening and sanitizers. Two interface targets carry them: weft_flags goes on everything in this tree,
# weft_internal adds what sees the library's internals (its sources, tests and stress programs).
include(CheckCCompilerFlag)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

if(NOT CMAKE_C_COMPILER_LAUNCHER)
    find_program(WEFT_CCACHE ccache)
    mark_as_advanced(WEFT_CCACHE)
    if(WEFT_CCACHE)
        set(CMAKE_C_COMPILER_LAUNCHER ${WEFT_CCACHE})
    endif()
endif()

add_library(weft_flags INTERFACE)
target_compile_options(weft_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
    -Wundef -Wvla -Wformat=2 $<$<BOOL:${WEFT_WERROR}>:-Werror>
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)

foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-plt)
    string(MAKE_C_IDENTIFIER "WEFT_HAS${flag}" has_flag)
    check_c_compiler_flag(${flag} ${has_flag})
    if(${has_flag})
        target_compile_options(weft_flags INTERFACE ${flag})
    endif()
endforeach()
target_link_options(weft_flags INTERFACE LINKER:-z,relro,-z,now)
# Neighbouring fields that are set to constants become one load of a vector, from a page that nothing else on the way needs.
check_c_compiler_flag(-fno-tree-slp-vectorize WEFT_HAS_no_slp)
if(WEFT_HAS_no_slp)
    target_compile_options(weft_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-fno-tree-slp-vectorize>)
endif()

if(WEFT_SANITIZE)
    target_compile_options(weft_flags INTERFACE
        -fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
    target_link_options(weft_flags INTERFACE -fsanitize=${WEFT_SANITIZE})
else()
    # Fortify needs optimisation, and its wrappers hide calls from the sanitizers.
    target_compile_options(weft_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
endif()

if(NOT WEFT_SYNC MATCHES "^(ck|c11|explore)$")
    message(FATAL_ERROR "WEFT_SYNC must be ck, c11 or explore, not '${WEFT_SYNC}'")
endif()
string(TOUPPER ${WEFT_SYNC} sync_name)
add_library(weft_internal INTERFACE)
target_compile_definitions(weft_internal INTERFACE WEFTI_SYNC_${sync_name}=1)
target_include_directories(weft_internal INTERFACE ${PROJECT_SOURCE_DIR}/src)
