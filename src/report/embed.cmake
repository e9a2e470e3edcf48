# Turns page.css and page.js into C arrays, so that both stay readable files and the program
# stays one file. Included by CMakeLists.txt after sur_code exists.
set(folder ${PROJECT_SOURCE_DIR}/src/report)
set(generated "/* Made from src/report/page.css and page.js. */\n#include \"report/page.h\"\n")
foreach(name css js)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/page.${name})
  file(READ ${folder}/page.${name} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND generated "const unsigned char sur_page_${name}[] = {\n${bytes}0};\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/page_text.c CONTENT "${generated}" @ONLY)
target_sources(sur_code PRIVATE ${PROJECT_BINARY_DIR}/generated/page_text.c)
