#include "files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace sqlite_store {
namespace {

gwp::error systemError(const std::string& what) {
    const int reason = errno;
    const bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
    return {GWP_E_IO, what + ": " + std::strerror(reason), full ? "storage_full" : "storage_io"};
}

class File {
public:
    File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
        if (fd_ < 0) throw systemError(path);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() { ::close(fd_); }
    int fd() const noexcept { return fd_; }

private:
    int fd_;
};

void createDirectories(const std::string& path) {
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const std::string directory = path.substr(0, slash);
        if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) throw systemError(directory);
    }
}

void syncPath(const std::string& path, int flags) {
    const File file(path, flags);
    if (::fsync(file.fd()) != 0) throw systemError(path);
}

struct FinishBackup {
    void operator()(sqlite3_backup* backup) const noexcept { sqlite3_backup_finish(backup); }
};

Db openDb(const std::string& path, int flags) {
    sqlite3* db = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    Db owner(db);
    if (code != SQLITE_OK) throw failure(db, "open");
    return owner;
}

// The open read transaction pins one state of the source, so that writers do not make the copy start over.
bool copyPages(const std::string& from, const std::string& to, const std::atomic<bool>& stop) {
    constexpr int kPagesPerStep = 512;
    const Db source = openDb(from, SQLITE_OPEN_READWRITE),
             target = openDb(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    execute(source.get(), "BEGIN; SELECT count(*) FROM sqlite_schema");
    const std::unique_ptr<sqlite3_backup, FinishBackup> backup(
        sqlite3_backup_init(target.get(), "main", source.get(), "main"));
    if (!backup) throw failure(target.get(), "backup");
    int code = SQLITE_OK;
    while (code == SQLITE_OK && !stop) code = sqlite3_backup_step(backup.get(), kPagesPerStep);
    if (code != SQLITE_OK && code != SQLITE_DONE) throw failure(target.get(), "backup");
    return code == SQLITE_DONE;
}

}  // namespace

void FileLock::acquire(const std::string& database) {
    const std::string path = database + ".lock";
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) throw systemError(path);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 32> owner{};
        const ssize_t size = ::pread(fd_, owner.data(), owner.size() - 1, 0);
        release();
        throw gwp::error(GWP_E_BUSY,
                         "another gateway (process " + (size > 0 ? std::string(owner.data()) : "unknown") +
                             ") has this database file open: SQLite serves one gateway, several need a database server",
                         "database_in_use");
    }
    const std::string mine = std::to_string(::getpid());
    // For people only: the lock counts, not the number.
    if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, mine.data(), mine.size(), 0) < 0) throw systemError(path);
}

void FileLock::release() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

void createFile(const std::string& path) {
    createDirectories(path);
    const File file(path, O_RDWR | O_CREAT);
}

bool copyDatabase(const std::string& from, const std::string& to, const std::atomic<bool>& stop) {
    const std::string unfinished = to + ".new";
    std::remove(unfinished.c_str());
    createFile(unfinished);
    if (!copyPages(from, unfinished, stop)) {
        std::remove(unfinished.c_str());
        return false;
    }
    syncPath(unfinished, O_RDONLY);
    if (std::rename(unfinished.c_str(), to.c_str()) != 0) throw systemError(to);
    const std::size_t slash = to.rfind('/');
    syncPath(slash == std::string::npos ? "." : to.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    return true;
}

}  // namespace sqlite_store
