#include "observability/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/text.h"

namespace gw::observability {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames{"trace", "debug", "info", "warn", "error"};

/// Lines of the access log, gathered so that the log's thread is woken some times a second and not once per request: a
/// wake-up costs more than the line.
class LineBatch {
public:
    explicit LineBatch(std::shared_ptr<spdlog::async_logger> logger)
        : logger_(std::move(logger)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

    void add(std::string_view line) {
        const std::scoped_lock lock(mutex_);
        if (!lines_.empty()) lines_ += '\n';
        lines_ += line;
        if (lines_.size() >= kBatchBytes) wake_.notify_one();
    }

private:
    static constexpr std::size_t kBatchBytes = 64u << 10;
    static constexpr std::chrono::milliseconds kBatchTime{100};

    /// What has gathered, at the latest after kBatchTime; `stopping` when it is the last.
    std::string take(const std::stop_token& stop, bool& stopping) {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, kBatchTime, [this] { return lines_.size() >= kBatchBytes; });
        stopping = stop.stop_requested();  // what is there goes out first
        return std::exchange(lines_, {});
    }
    void run(const std::stop_token& stop) {
        for (bool stopping = false; !stopping;) {
            const auto batch = take(stop, stopping);
            if (!batch.empty()) logger_->log(spdlog::level::info, spdlog::string_view_t(batch.data(), batch.size()));
        }
    }

    std::shared_ptr<spdlog::async_logger> logger_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::string lines_;
    std::jthread thread_;  // last: it uses everything above
};

struct LogState {
    std::atomic<Level> level{Level::Info};
    std::atomic<bool> json{true};
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> logger;
    std::unique_ptr<LineBatch> lines;
};

LogState& state() {
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): outlives every static
    static auto* const instance = new LogState;
    return *instance;
}

void emit(std::string_view line) {
    const auto& logger = state().logger;
    if (logger) {
        logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
        return;
    }
    std::string whole(line);
    whole += '\n';
    std::fwrite(whole.data(), 1, whole.size(), stderr);
}

void appendText(std::string& out, std::string_view text) {
    const bool plain = !text.empty() && text.find_first_of(" \"\\=\n\r\t") == std::string_view::npos;
    if (plain)
        out += text;
    else
        appendJsonString(out, text);
}

std::string jsonLine(Level level, std::string_view channel, std::string_view message,
                     std::span<const LogField> fields) {
    std::string line = R"({"ts":")";
    line += rfc3339(SystemClock().wall());
    line += R"(","level":")";
    line += kLevelNames[static_cast<std::size_t>(level)];
    line += R"(","channel":")";
    line += channel;
    line += R"(","msg":)";
    appendJsonString(line, message);
    for (const auto& field : fields) {
        line += ',';
        appendJsonString(line, field.key);
        line += ':';
        appendJsonString(line, field.value);
    }
    line += '}';
    return line;
}

std::string textLine(Level level, std::string_view channel, std::string_view message,
                     std::span<const LogField> fields) {
    std::string line = rfc3339(SystemClock().wall());
    line += ' ';
    line += kLevelNames[static_cast<std::size_t>(level)];
    line += " [";
    line += channel;
    line += "] ";
    for (const char c : message) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    for (const auto& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        appendText(line, field.value);
    }
    return line;
}

}  // namespace

void openLog(const LogOptions& options) {
    auto& log = state();
    log.level = options.level;
    log.json = options.json;
    log.pool = std::make_shared<spdlog::details::thread_pool>(options.queue, 1);
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (options.file.empty())
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
        sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    log.logger = std::make_shared<spdlog::async_logger>("gateway", std::move(sink), log.pool,
                                                        spdlog::async_overflow_policy::overrun_oldest);
    log.logger->set_pattern("%v");
    log.logger->flush_on(spdlog::level::off);
    log.lines = std::make_unique<LineBatch>(log.logger);
    spdlog::register_logger(log.logger);
    spdlog::flush_every(std::chrono::seconds(1));
}

void closeLog() {
    auto& log = state();
    if (!log.logger) return;
    log.lines.reset();
    log.logger->flush();
    spdlog::shutdown();
    log.logger.reset();
    log.pool.reset();  // joins its thread, which writes what is queued first
}

void setLogLevel(Level level) noexcept {
    state().level = level;
}
bool logEnabled(Level level) noexcept {
    return level >= state().level.load(std::memory_order_relaxed);
}

void log(Level level, std::string_view channel, std::string_view message, std::span<const LogField> fields) {
    if (level >= Level::Off || !logEnabled(level)) return;
    emit(state().json.load(std::memory_order_relaxed) ? jsonLine(level, channel, message, fields)
                                                      : textLine(level, channel, message, fields));
}

void logLine(std::string_view json) {
    if (const auto& lines = state().lines)
        lines->add(json);
    else
        emit(json);
}

}  // namespace gw::observability
