#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "storage/usage_repository.h"

namespace gw::storage {

/// Usage rows on disk while the database is lost: one file, one checked line per row, appended and synced; a torn last
/// line (a crash) is skipped. Beyond `max_bytes` rows are refused, so an outage cannot fill the disk. [worker], any
/// thread.
class UsageSpool {
public:
    /// The directory must exist; the file is made when needed, mode 0600.
    UsageSpool(std::string file, std::size_t max_bytes);
    UsageSpool(const UsageSpool&) = delete;
    UsageSpool& operator=(const UsageSpool&) = delete;
    ~UsageSpool();

    /// How many of them were written; the rest did not fit (or the disk is full) and are lost.
    [[nodiscard]] std::size_t append(std::span<const UsageRecord> records);
    [[nodiscard]] bool empty() const;
    [[nodiscard]] std::uint64_t dropped() const;
    /// Writes what is spooled to the database in transactions of at most 500 rows and removes the file when all is in.
    /// Throws what the store throws; nothing is lost or counted twice then.
    std::size_t drain(Store& store);

private:
    [[nodiscard]] bool openFile();
    [[nodiscard]] std::vector<UsageRecord> readAll();

    const std::string file_;
    const std::size_t max_bytes_;
    mutable std::mutex mutex_;
    int fd_ = -1;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace gw::storage
