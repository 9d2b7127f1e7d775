// storage_sqlite/files.h - the files beside the database: directory, lock, copies.
#pragma once
#include <atomic>
#include <string>

#include "sqlite.h"

namespace sqlite_store {

/// A held lock on "PATH.lock": one gateway per database file. Released by the kernel when the process ends, however it
/// ends.
class FileLock {
public:
    FileLock() = default;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock() { release(); }
    /// Throws GWP_E_BUSY, type "database_in_use", naming the other process.
    void acquire(const std::string& database);
    void release() noexcept;

private:
    int fd_ = -1;
};

/// Makes the missing directories (0700) and the file (0600).
void createFile(const std::string& path);
/// A consistent copy while writers go on; the old copy stays until the new one is whole and synced. False: `stop` was
/// set.
bool copyDatabase(const std::string& from, const std::string& to, const std::atomic<bool>& stop);

}  // namespace sqlite_store
