#include "plugin_host/plugin_files.h"
#include "plugin_host/refusal.h"
#include "plugin_host_fixture.h"

namespace gw::plugin_host {

namespace {

std::string refusalOf(const FilePolicy& policy, const std::string& library, const std::string& pin = {}) {
    try {
        static_cast<void>(readPluginFile(policy, library, pin));
    } catch (const Refusal& refusal) {
        return refusal.what();
    }
    return "accepted";
}

bool says(const std::string& text, const std::string& words) {
    INFO(text);
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a plugin file must be what and where the operator expects", "[plugin_host]") {
    PluginHostFixture host;
    const std::string file = host.install("plain_c");
    const FilePolicy policy = host.options().files;
    CHECK(refusalOf(policy, "plain_c.so") == "accepted");
    CHECK(refusalOf(policy, file) == "accepted");
    CHECK(says(refusalOf(policy, "absent.so"), "not found"));
    CHECK(says(refusalOf(policy, PluginHostFixture::built("plain_c")), "outside the plugin directories"));
    CHECK(says(refusalOf(policy, "../plugins/../../../etc/passwd"), "outside the plugin directories"));

    ::symlink(PluginHostFixture::built("plain_c").c_str(), (host.root + "/plugins/link.so").c_str());
    CHECK(says(refusalOf(policy, "link.so"), "outside the plugin directories"));
    ::symlink("plain_c.so", (host.root + "/plugins/inside.so").c_str());
    CHECK(refusalOf(policy, "inside.so") == "accepted");
    std::filesystem::create_directory(host.root + "/plugins/folder.so");
    CHECK(says(refusalOf(policy, "folder.so"), "not a regular file"));
    REQUIRE(::mkfifo((host.root + "/plugins/pipe.so").c_str(), 0600) == 0);
    CHECK(says(refusalOf(policy, "pipe.so"), "not a regular file"));
}

TEST_CASE("nobody else may be able to change a plugin file", "[plugin_host]") {
    PluginHostFixture host;
    const std::string file = host.install("plain_c");
    FilePolicy policy = host.options().files;
    ::chmod(file.c_str(), 0777);
    CHECK(says(refusalOf(policy, "plain_c.so"), "world-writable"));
    ::chmod(file.c_str(), 0775);
    CHECK(says(refusalOf(policy, "plain_c.so"), "group-writable"));
    ::chmod(file.c_str(), 0755);
    ::chmod((host.root + "/plugins").c_str(), 0777);
    CHECK(says(refusalOf(policy, "plain_c.so"), "world-writable"));
    ::chmod((host.root + "/plugins").c_str(), 0755);
    if (::geteuid() != 0 || ::chown(file.c_str(), 12345, 12345) != 0) return;  // needs root
    CHECK(says(refusalOf(policy, "plain_c.so"), "belongs to user 12345"));
    policy.owner = 12345;
    CHECK(refusalOf(policy, "plain_c.so") == "accepted");
}

TEST_CASE("a pin accepts one content only", "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_c");
    const FilePolicy policy = host.options().files;
    const std::string right = readPluginFile(policy, "plain_c.so").sha256;
    CHECK(refusalOf(policy, "plain_c.so", right) == "accepted");
    CHECK(says(refusalOf(policy, "plain_c.so", std::string(64, '0')), "not the pinned one"));
}

TEST_CASE("the private copy is read-only, in a directory of its own, and repaired when it was changed",
          "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_c");
    const PluginFile file = readPluginFile(host.options().files, "plain_c.so");
    const std::string dir = host.root + "/run/plugins";
    const std::string copy = storePrivateCopy(dir, file, "");
    CHECK(copy == dir + "/" + file.sha256 + ".so");
    struct stat status{};
    REQUIRE(::stat(copy.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0500);
    REQUIRE(::stat(dir.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    ::chmod(copy.c_str(), 0700);
    std::ofstream(copy, std::ios::app) << "tail";
    CHECK(storePrivateCopy(dir, file, "") == copy);
    CHECK(std::filesystem::file_size(copy) == file.bytes.size());
}

}  // namespace gw::plugin_host
