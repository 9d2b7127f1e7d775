#include "plugin_host/plugin_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/text.h"
#include "plugin_host/refusal.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GW_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GW_SANITIZED 1
#endif
#endif

namespace gw::plugin_host {

namespace {

constexpr off_t kMostBytes = 256 << 20;
#ifdef GW_SANITIZED
constexpr bool kSanitized = true;  // its run-time library adds dependencies of its own
#else
constexpr bool kSanitized = false;
#endif

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw Refusal(path + ": " + why);
}
std::string systemError() {
    return std::generic_category().message(errno);
}

class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

std::string resolve(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), std::free);
    return resolved ? std::string(resolved.get()) : std::string();
}

/// The plugin directory (resolved) that holds `path`, or empty.
std::string homeOf(const FilePolicy& policy, const std::string& path) {
    for (const std::string& dir : policy.dirs) {
        const std::string home = resolve(dir);
        if (!home.empty() && path.size() > home.size() && path.starts_with(home) && path[home.size()] == '/')
            return home;
    }
    return {};
}

std::string locate(const FilePolicy& policy, const std::string& library) {
    if (library.starts_with('/')) return resolve(library);
    for (const std::string& dir : policy.dirs)
        if (std::string path = resolve(std::string(dir).append("/").append(library)); !path.empty()) return path;
    return {};
}

void checkRights(const struct stat& status, const FilePolicy& policy, const std::string& path) {
    const uid_t owner = policy.owner.value_or(::geteuid());
    if (status.st_uid != 0 && status.st_uid != owner)
        refuse(path, "belongs to user " + std::to_string(status.st_uid) + ", not to root or the plugin owner");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        refuse(path, (status.st_mode & S_IWOTH) != 0 ? "is world-writable" : "is group-writable");
}

void checkParents(const FilePolicy& policy, const std::string& path, const std::string& home) {
    std::string dir = path;
    do {
        dir.erase(dir.rfind('/'));
        struct stat status{};
        if (::lstat(dir.c_str(), &status) != 0) refuse(dir, systemError());
        checkRights(status, policy, dir);
    } while (dir.size() > home.size());
}

std::string readAll(int fd, std::size_t size, const std::string& path) {
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got = ::read(fd, bytes.data() + done, size - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse(path, systemError());
        if (got == 0) refuse(path, "became shorter while it was read");
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

void writeAll(int fd, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) refuse(path, systemError());
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
}

bool isOrdinaryLibrary(std::string_view name) {
    static constexpr std::array<std::string_view, 6> kOrdinary = {"libc.so.6",  "libm.so.6",  "libpthread.so.0",
                                                                  "libdl.so.2", "librt.so.1", "libgcc_s.so.1"};
    return name.starts_with("ld-linux") || std::ranges::find(kOrdinary, name) != kOrdinary.end();
}

void makePrivateDir(const std::string& dir) {
    for (std::size_t end = dir.find('/', 1); end != std::string::npos; end = dir.find('/', end + 1))
        ::mkdir(dir.substr(0, end).c_str(), 0755);  // what is there already says so below
    if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) refuse(dir, systemError());
    struct stat status{};
    if (::lstat(dir.c_str(), &status) != 0) refuse(dir, systemError());
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) refuse(dir, "is not a directory of this user");
    if ((status.st_mode & 077) != 0 && ::chmod(dir.c_str(), 0700) != 0) refuse(dir, systemError());
}

bool holdsAlready(const std::string& path, const PluginFile& file) {
    const Descriptor existing(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (existing.get() < 0 || ::fstat(existing.get(), &status) != 0) return false;
    if (static_cast<std::size_t>(status.st_size) != file.bytes.size()) return false;
    return readAll(existing.get(), file.bytes.size(), path) == file.bytes;
}

void syncDir(const std::string& dir) {
    const Descriptor directory(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0) refuse(dir, systemError());
}

}  // namespace

std::string sha256Hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        throw Refusal("SHA-256 is not available");
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += kDigits[digest.at(i) >> 4];
        text += kDigits[digest.at(i) & 15];
    }
    return text;
}

PluginFile readPluginFile(const FilePolicy& policy, const std::string& library, std::string_view sha256_pin) {
    const std::string path = locate(policy, library);
    if (path.empty()) refuse(library, "not found in the plugin directories");
    const std::string home = homeOf(policy, path);
    if (home.empty()) refuse(library, "lies outside the plugin directories (" + path + ")");
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0) refuse(path, systemError());
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) refuse(path, systemError());
    if (!S_ISREG(status.st_mode)) refuse(path, "is not a regular file");
    if (status.st_size > kMostBytes) refuse(path, "is larger than 256 MiB");
    checkRights(status, policy, path);
    checkParents(policy, path, home);
    PluginFile result{path, readAll(file.get(), static_cast<std::size_t>(status.st_size), path), {}};
    result.sha256 = sha256Hex(result.bytes);
    if (!sha256_pin.empty() && asciiLower(sha256_pin) != result.sha256)
        refuse(path, "its SHA-256 is " + result.sha256 + ", not the pinned one");
    return result;
}

std::vector<LintFinding> lint(const ElfFacts& elf, const Manifest& manifest) {
    std::vector<LintFinding> findings;
    const auto add = [&](std::string text, bool fatal = true) { findings.push_back({std::move(text), fatal}); };
    if (elf.executable_stack) add("asks for an executable stack");
    if (elf.text_relocations) add("has text relocations (build with -fPIC)");
    for (const std::string& run_path : elf.run_paths)
        if (!run_path.starts_with("$ORIGIN")) add("has the run path " + run_path);
    for (const std::string& name : elf.exports)
        if (!name.starts_with("gwp_entry_")) add("exports " + name + "; only gwp_entry_* may be visible");
    for (const std::string& name : elf.needed) {
        const auto& announced = manifest.system_libs;
        if (isOrdinaryLibrary(name) || std::ranges::find(announced, name) != announced.end()) continue;
        add("needs " + name + ", which its manifest does not list under system_libs", !kSanitized);
    }
    return findings;
}

std::string storePrivateCopy(const std::string& dir, const PluginFile& file, std::string_view suffix) {
    makePrivateDir(dir);
    const std::string path = dir + "/" + file.sha256 + std::string(suffix) + ".so";
    if (holdsAlready(path, file)) return path;
    const std::string fresh = path + "." + std::to_string(::getpid());
    ::unlink(fresh.c_str());
    {
        const Descriptor copy(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0500));
        if (copy.get() < 0) refuse(fresh, systemError());
        writeAll(copy.get(), file.bytes, fresh);
        if (::fsync(copy.get()) != 0) refuse(fresh, systemError());
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) refuse(path, systemError());
    syncDir(dir);
    return path;
}

}  // namespace gw::plugin_host
