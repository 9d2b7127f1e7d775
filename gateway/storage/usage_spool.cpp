#include "storage/usage_spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>

#include "protocol/json.h"
#include "protocol/json_writer.h"

namespace gw::storage {
namespace {

constexpr std::size_t kRowsPerTransaction = 500;
constexpr std::size_t kSumCharacters = 16;

std::string checksum(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a: against torn lines, not against attackers
    for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    char hex[kSumCharacters + 1];  // NOLINT(modernize-avoid-c-arrays): snprintf's
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(hash));
    return hex;
}

std::string toLine(const UsageRecord& record) {
    protocol::JsonWriter json;
    json.beginArray();
    for (const std::string* text : {&record.id, &record.request.str(), &record.user.str(), &record.key.str(),
                                    &record.provider.str(), &record.model.str(), &record.operation, &record.outcome})
        json.string(*text);
    const protocol::Usage& usage = record.usage;
    for (const std::int64_t number :
         {record.status, usage.input, usage.output, usage.cached_read, usage.cached_write, usage.reasoning,
          std::int64_t{record.estimated ? 1 : 0}, record.ttft_us, record.total_us, toMicros(record.created_at)})
        json.number(number);
    json.endArray();
    const std::string text = json.take();
    return checksum(text) + " " + text + "\n";
}

std::optional<UsageRecord> fromLine(const std::string& line) {
    if (line.size() <= kSumCharacters + 1) return std::nullopt;
    std::string text = line.substr(kSumCharacters + 1);
    if (line.compare(0, kSumCharacters, checksum(text)) != 0) return std::nullopt;
    const protocol::JsonDocument document(std::move(text));
    std::size_t next = 0;
    const auto item = [&] { return document.root().item(next++); };
    const auto words = [&] { return std::string(item()->str()); };
    const auto number = [&] { return item()->i64(-1); };
    UsageRecord record;
    record.id = words();
    record.request = RequestId(words());
    record.user = UserId(words());
    record.key = KeyId(words());
    record.provider = ProviderName(words());
    record.model = ModelName(words());
    record.operation = words();
    record.outcome = words();
    record.status = number();
    for (std::int64_t* told : {&record.usage.input, &record.usage.output, &record.usage.cached_read,
                               &record.usage.cached_write, &record.usage.reasoning})
        *told = number();
    record.estimated = number() == 1;
    record.ttft_us = number();
    record.total_us = number();
    record.created_at = fromMicros(number());
    return record;
}

}  // namespace

UsageSpool::UsageSpool(std::string file, std::size_t max_bytes) : file_(std::move(file)), max_bytes_(max_bytes) {
    struct stat facts{};
    if (::stat(file_.c_str(), &facts) == 0) bytes_ = static_cast<std::size_t>(facts.st_size);
}

UsageSpool::~UsageSpool() {
    if (fd_ >= 0) ::close(fd_);
}

bool UsageSpool::openFile() {
    if (fd_ < 0) fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return fd_ >= 0;
}

std::size_t UsageSpool::append(std::span<const UsageRecord> records) {
    const std::lock_guard lock(mutex_);
    std::string text;
    std::size_t written = 0;
    for (const UsageRecord& record : records) {
        const std::string line = toLine(record);
        if (bytes_ + text.size() + line.size() > max_bytes_) break;
        text += line;
        ++written;
    }
    const bool ok = !text.empty() && openFile() &&
                    ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    ::fdatasync(fd_) == 0;
    if (!ok) {
        // What was half written is cut off again, so that the next line begins on a line of its own.
        if (fd_ >= 0 && ::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) bytes_ = max_bytes_;
        written = 0;
    } else {
        bytes_ += text.size();
    }
    dropped_ += records.size() - written;
    return written;
}

bool UsageSpool::empty() const {
    const std::lock_guard lock(mutex_);
    return bytes_ == 0;
}

std::uint64_t UsageSpool::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

std::vector<UsageRecord> UsageSpool::readAll() {
    std::ifstream in(file_, std::ios::binary);
    std::vector<UsageRecord> records;
    for (std::string line; std::getline(in, line);)
        if (auto record = fromLine(line)) records.push_back(std::move(*record));
    return records;
}

std::size_t UsageSpool::drain(Store& store) {
    const std::lock_guard lock(mutex_);
    if (bytes_ == 0) return 0;
    const std::vector<UsageRecord> records = readAll();
    // A row that a crash leaves in the file although it is in the database is known by its id, and not counted again.
    for (std::size_t at = 0; at < records.size(); at += kRowsPerTransaction) {
        const std::span batch = std::span(records).subspan(at, std::min(kRowsPerTransaction, records.size() - at));
        store.inTransaction([batch](StoreSession& session) { UsageRepository(session).insertBatch(batch); });
    }
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    if (std::remove(file_.c_str()) == 0 || errno == ENOENT) bytes_ = 0;
    return records.size();
}

}  // namespace gw::storage
