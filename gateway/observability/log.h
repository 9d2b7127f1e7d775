#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gw::observability {

enum class Level : std::uint8_t { Trace, Debug, Info, Warn, Error, Off };

/// A field's text is written as a JSON string (or quoted text), so nothing in it can break a line.
struct LogField {
    std::string_view key;
    std::string_view value;
};

struct LogOptions {
    Level level = Level::Info;
    bool json = true;
    std::string file;          // empty: standard error
    std::size_t queue = 1024;  // entries, of about 400 bytes each; a full queue drops the oldest and counts
};

/// The one global of the gateway: set up once by app/, asynchronous, and before that it writes to standard error. [any]
void openLog(const LogOptions& options);
/// Writes what is queued; called before the process ends.
void closeLog();
void setLogLevel(Level level) noexcept;
[[nodiscard]] bool logEnabled(Level level) noexcept;

/// One structured line: time, level, channel (the folder's name), message, fields. Never message content, never a
/// secret.
void log(Level level, std::string_view channel, std::string_view message, std::span<const LogField> fields);
inline void log(Level level, std::string_view channel, std::string_view message,
                std::initializer_list<LogField> fields = {}) {
    log(level, channel, message, std::span<const LogField>(fields.begin(), fields.size()));
}
/// A line that is a JSON object already (the access log).
void logLine(std::string_view json);

}  // namespace gw::observability
