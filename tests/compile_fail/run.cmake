# Compiles one program twice: with CORRECT defined it must compile, and as it stands it must not, with a message that matches the
# expression in its first line. So what is refused is the mistake and nothing else.
#
#   cmake -D COMPILER=gcc -D SOURCE=file.c -D INCLUDES=folder -P run.cmake
set(command ${COMPILER} -std=c11 -fsyntax-only -I${INCLUDES})

execute_process(COMMAND ${command} -DCORRECT ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE output)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "The correct form does not compile:\n${output}")
endif()

file(STRINGS ${SOURCE} first LIMIT_COUNT 1)
if(NOT first MATCHES "^/\\* expect: (.*) \\*/$")
    message(FATAL_ERROR "The first line does not say /* expect: regular expression */")
endif()
set(expected ${CMAKE_MATCH_1})
execute_process(COMMAND ${command} ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE output)
if(result EQUAL 0)
    message(FATAL_ERROR "The mistake compiles:\n${output}")
endif()
if(NOT output MATCHES "error: [^\n]*(${expected})")
    message(FATAL_ERROR "No error matches \"${expected}\":\n${output}")
endif()
