# embed_etc(TARGET): compiles etc/gateway.yaml and etc/plugins.d/*.yaml into TARGET, for a gateway without a directory.
function(embed_etc target)
  file(GLOB plugins CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/etc/plugins.d/*.yaml)
  list(SORT plugins)
  set(entries "")
  foreach(path IN ITEMS ${CMAKE_SOURCE_DIR}/etc/gateway.yaml ${plugins})
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${path})
    file(READ ${path} text)
    string(APPEND entries "    EmbeddedFile{\"${name}\", R\"etc(${text})etc\"},\n")
    file(REAL_PATH ${path} real)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${real})
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/embedded_etc.cpp @ONLY CONTENT
"#include \"config/embedded_etc.h\"

#include <array>

namespace gw::config {

namespace {
constexpr std::array kFiles{
@entries@};
}  // namespace

std::span<const EmbeddedFile> embeddedFiles() noexcept {
    return kFiles;
}

}  // namespace gw::config
")
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embedded_etc.cpp)
endfunction()
