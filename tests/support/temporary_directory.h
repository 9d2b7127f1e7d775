#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>

namespace gw::test {

/// A directory of its own, gone with all its files at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = "/tmp/gw-test-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace gw::test
