# gateway_module(NAME DEPENDS ...): one folder of gateway/ = one static library gw_NAME with every .cpp of the folder.
# gateway_plugin(NAME): one folder of plugins/ = one shared object in lib/ai-gateway/plugins.
# gateway_unit_test(FOLDER): tests/unit/FOLDER/*_test.cpp = one executable, one ctest per executable.

find_program(GATEWAY_CCACHE ccache)
if(GATEWAY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${GATEWAY_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GATEWAY_CCACHE})
endif()

add_library(gw_warnings INTERFACE)
target_compile_options(gw_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)

if(GATEWAY_SANITIZE)
  add_compile_options(-fsanitize=${GATEWAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GATEWAY_SANITIZE})
endif()
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

function(gateway_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(gw_${name} STATIC ${sources})
    target_include_directories(gw_${name} PUBLIC ${CMAKE_SOURCE_DIR}/gateway)
    target_link_libraries(gw_${name} PRIVATE gw_warnings)
    set(scope PUBLIC)
  else()
    add_library(gw_${name} INTERFACE)
    target_include_directories(gw_${name} INTERFACE ${CMAKE_SOURCE_DIR}/gateway)
    set(scope INTERFACE)
  endif()
  foreach(other IN LISTS ARG_DEPENDS)
    target_link_libraries(gw_${name} ${scope} gw_${other})
  endforeach()
  target_link_libraries(gw_${name} ${scope} ${ARG_LIBRARIES})
endfunction()

function(gateway_plugin name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.c)
  add_library(${name} MODULE ${sources})
  target_link_libraries(${name} PRIVATE gwp::plugin gw_warnings ${ARG_LIBRARIES})
  set_target_properties(${name} PROPERTIES PREFIX ""
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/ai-gateway/plugins)
  install(TARGETS ${name} DESTINATION lib/ai-gateway/plugins)  # also on Debian, where LIBDIR names the machine: one place to look
endfunction()

function(gateway_unit_test folder)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(unit_${folder} ${sources} ${CMAKE_SOURCE_DIR}/tests/support/main.cpp)
  target_include_directories(unit_${folder} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(unit_${folder} PRIVATE gw_${folder} Catch2::Catch2 gw_warnings ${ARG_LIBRARIES})
  target_compile_definitions(unit_${folder} PRIVATE GATEWAY_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    GATEWAY_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME unit_${folder} COMMAND unit_${folder})
  # Debian's libstdc++ and Poco are not instrumented: what they synchronise among themselves (the count of a thrown exception)
  # ThreadSanitizer cannot see, and reports.
  set_tests_properties(unit_${folder} PROPERTIES TIMEOUT 300 LABELS unit
    ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1")
endfunction()
