# Compiles one program with its mistakes, which no compiler may accept: with CORRECT defined it must compile, and as it stands it must
# not, with a message that matches the expression in its first line. So what is refused is the mistake and nothing else. Mistakes are
# tried with weft's headers in a folder of the system's, of which compilers hide warnings, and where WEFT_TEST_LONG is set in one of
# the program's, too, where compilers say only more.
#
# A second line that says /* variants: N */ stands for N programs, which are told by VARIANT, 1 to N.
#
#   cmake -D COMPILER=gcc -D SOURCE=file.c -D INCLUDES=folder -P run.cmake
file(STRINGS ${SOURCE} lines LIMIT_COUNT 2)
list(GET lines 0 first)
list(GET lines 1 second)
if(NOT first MATCHES "^/\\* expect: (.*) \\*/$")
    message(FATAL_ERROR "The first line does not say /* expect: regular expression */")
endif()
set(expected ${CMAKE_MATCH_1})
set(variants 1)
if(second MATCHES "^/\\* variants: ([0-9]+) \\*/$")
    set(variants ${CMAKE_MATCH_1})
endif()

set(options -isystem)
if(DEFINED ENV{WEFT_TEST_LONG})
    list(APPEND options -I)
endif()
foreach(variant RANGE 1 ${variants})
    set(command ${COMPILER} -std=c11 -fsyntax-only -DVARIANT=${variant})
    execute_process(COMMAND ${command} -I ${INCLUDES} -DCORRECT -Wall -Wextra -Wpedantic -Werror ${SOURCE}
        RESULT_VARIABLE result ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${variant}: the correct form does not compile:\n${output}")
    endif()
    foreach(option IN LISTS options)
        execute_process(COMMAND ${command} ${option} ${INCLUDES} ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE output)
        if(result EQUAL 0)
            message(FATAL_ERROR "${option}, ${variant}: the mistake compiles:\n${output}")
        endif()
        if(NOT output MATCHES "error: [^\n]*(${expected})")
            message(FATAL_ERROR "${option}, ${variant}: no error matches \"${expected}\":\n${output}")
        endif()
    endforeach()
endforeach()
