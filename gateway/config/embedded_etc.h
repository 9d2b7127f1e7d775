#pragma once
#include <span>
#include <string_view>

namespace gw::config {

struct EmbeddedFile {
    std::string_view path;  // "etc/gateway.yaml"
    std::string_view text;
};

/// The files of etc/ at build time, the main file first; cmake/embed_etc.cmake makes it.
[[nodiscard]] std::span<const EmbeddedFile> embeddedFiles() noexcept;

}  // namespace gw::config
