// What is particular to storage_sqlite: its files, its locks, its death.
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>

#include "base/error.h"
#include "tests/support/catch.h"
#include "tests/unit/storage/database.h"

namespace gw::storage {
namespace {

using namespace std::chrono_literals;
using plugin_host::RecordSession;
using test::SqliteDatabase;

constexpr const char* kPathVariable = "GATEWAY_TEST_DATABASE";

plugin_host::Row user(const std::string& id, const std::string& name) {
    return {{"id", id},          {"username", name},         {"role", std::string("user")},
            {"disabled", false}, {"created_at", WallTime{}}, {"updated_at", WallTime{}}};
}

/// This program again, running one hidden test case; its standard output is `out`.
struct Child {
    Child(const char* test, const std::string& database) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        ::setenv(kPathVariable, database.c_str(), 1);
        pid = ::fork();
        if (pid == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::execl("/proc/self/exe", "unit_storage", test, static_cast<char*>(nullptr));
            ::_exit(127);
        }
        ::close(ends[1]);
        out = ends[0];
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        ::close(out);
        if (pid > 0) end(SIGKILL);
    }
    void end(int signal) {
        ::kill(pid, signal);
        ::waitpid(pid, nullptr, 0);
        pid = 0;
    }
    std::string readAll() const {
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t n = 0; (n = ::read(out, part.data(), part.size())) > 0;)
            text.append(part.data(), static_cast<std::size_t>(n));
        return text;
    }
    pid_t pid = 0;
    int out = -1;
};

void openElsewhere(test::StoragePlugin& plugin, const std::string& path, std::string& reason) {
    auto made = plugin.make(R"({"path":")" + path + R"("})");
    reason = made.reason;
    plugin.end(std::move(made.instance));
}

TEST_CASE("child: writes until it is killed", "[.child]") {
    const char* path = std::getenv(kPathVariable);
    REQUIRE(path != nullptr);
    test::StoragePlugin plugin;
    const auto made = plugin.make(R"({"path":")" + std::string(path) + R"("})");
    REQUIRE(made.instance);
    plugin_host::RecordStore store(made.instance, plugin.workers(), 4);
    store.open(config::loadSchema(std::string(GATEWAY_SOURCE_DIR) + "/migrations"));
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t)
        writers.emplace_back([&store, t] {
            for (int i = 0; i < 1'000'000; ++i) {
                const std::string id = std::to_string(t) + "-" + std::to_string(i);
                const auto outcome =
                    store.withSession([&](RecordSession& session) { return session.insert("users", user(id, id)); });
                if (outcome != RecordSession::Outcome::Done) return;
                const std::string line = "ACK " + id + "\n";  // one write, so lines do not mix
                if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return;
            }
        });
    for (std::thread& writer : writers) writer.join();
}

TEST_CASE("what was acknowledged survives SIGKILL in mid-write", "[storage]") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.file("killed.db");
    std::size_t acknowledged = 0;
    for (int round = 0; round < 3; ++round) {
        std::filesystem::remove_all(directory.path());
        Child child("child: writes until it is killed", path);
        std::string text;
        std::array<char, 4096> part{};
        // Killed after so much was acknowledged, at no particular moment of the next write.
        const std::size_t enough = 4000 + 3000 * static_cast<std::size_t>(round);
        while (text.size() < enough) {
            const ssize_t n = ::read(child.out, part.data(), part.size());
            REQUIRE(n > 0);
            text.append(part.data(), static_cast<std::size_t>(n));
        }
        child.end(SIGKILL);
        text += child.readAll();
        test::StoragePlugin plugin;
        auto made = plugin.make(R"({"path":")" + path + R"("})");
        INFO(made.reason);
        REQUIRE(made.instance);
        plugin_host::RecordStore store(made.instance, plugin.workers(), 1);
        store.open(config::loadSchema(std::string(GATEWAY_SOURCE_DIR) + "/migrations"));
        std::size_t lost = 0;
        for (std::size_t at = text.find("ACK "); at != std::string::npos; at = text.find("ACK ", at + 1)) {
            const std::size_t end = text.find('\n', at);
            if (end == std::string::npos) break;
            plugin_host::Query query;
            query.collection = "users";
            query.where = {{"id", plugin_host::Compare::Eq, text.substr(at + 4, end - at - 4)}};
            const auto page = store.withSession([&](RecordSession& session) { return session.find(query); });
            ++acknowledged;
            if (page.rows.size() != 1) ++lost;
        }
        CHECK(lost == 0);
    }
    CHECK(acknowledged > 1000);
}

TEST_CASE("child: opens the same file", "[.child]") {
    test::StoragePlugin plugin;
    std::string reason;
    openElsewhere(plugin, std::getenv(kPathVariable), reason);
    std::printf("REASON %s\n", reason.c_str());
}

TEST_CASE("a second gateway on the same file is refused and told why", "[storage]") {
    SqliteDatabase database;
    const std::string said = Child("child: opens the same file", database.file()).readAll();
    CHECK(said.find("another gateway (process " + std::to_string(::getpid())) != std::string::npos);
    database.close();
    const std::string later = Child("child: opens the same file", database.file()).readAll();
    CHECK(later.find("REASON \n") != std::string::npos);
}

TEST_CASE("files and directories are for their owner alone", "[storage]") {
    const test::TemporaryDirectory directory;
    test::StoragePlugin plugin;
    const std::string path = directory.file("a/b/gateway.db");
    auto made = plugin.make(R"({"path":")" + path + R"("})");
    REQUIRE(made.instance);
    plugin_host::RecordStore store(made.instance, plugin.workers(), 1);
    store.open(config::loadSchema(std::string(GATEWAY_SOURCE_DIR) + "/migrations"));
    (void)store.withSession([](RecordSession& session) { return session.insert("users", user("a", "a")); });
    for (const char* name : {"a", "a/b"}) {
        struct stat facts{};
        REQUIRE(::stat(directory.file(name).c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0700);
    }
    for (const char* name : {"a/b/gateway.db", "a/b/gateway.db-wal", "a/b/gateway.db-shm", "a/b/gateway.db.lock"}) {
        struct stat facts{};
        INFO(name);
        REQUIRE(::stat(directory.file(name).c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0600);
    }
}

TEST_CASE("a full disk fails writes, not reads, and writes go on when there is room", "[storage]") {
    SqliteDatabase database;
    const auto insert = [&](const std::string& id) {
        return database.with([&](RecordSession& session) { return session.insert("users", user(id, id)); });
    };
    REQUIRE(insert("before") == RecordSession::Outcome::Done);
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto previous = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{std::filesystem::file_size(database.file() + "-wal") + 200'000, old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    int written = 0;
    std::optional<ErrorCode> code;
    std::string detail;
    for (; !code && written < 10'000; ++written) {
        try {
            (void)insert("w" + std::to_string(written));
        } catch (const Error& error) {
            code = error.code();
            detail = error.detail();
        }
    }
    std::size_t found = 0;
    std::optional<ErrorCode> in_transaction;
    try {
        plugin_host::Query query;
        query.collection = "users";
        query.limit = 10'000;
        found = database.with([&](RecordSession& session) { return session.find(query); }).rows.size();
        database.store().inTransaction([&](RecordSession& session) {
            for (int i = 0; i < 1000; ++i)
                (void)session.insert("users", user("t" + std::to_string(i), "t" + std::to_string(i)));
        });
    } catch (const Error& error) {
        in_transaction = error.code();
        detail += " then " + error.detail();
    }
    ::setrlimit(RLIMIT_FSIZE, &old);
    (void)std::signal(SIGXFSZ, previous);
    INFO(detail);
    CHECK(code == ErrorCode::StorageFull);
    CHECK(in_transaction == ErrorCode::StorageFull);
    CHECK(found == static_cast<std::size_t>(written));  // "before", and every write but the failed one
    CHECK(insert("after") == RecordSession::Outcome::Done);
    CHECK(insert("t0") == RecordSession::Outcome::Done);  // nothing of the failed transaction is left
}

TEST_CASE("a damaged or foreign file is refused at start", "[storage]") {
    const test::TemporaryDirectory directory;
    test::StoragePlugin plugin;
    std::string reason;
    std::ofstream(directory.file("text.db")) << std::string(8192, 'x');
    openElsewhere(plugin, directory.file("text.db"), reason);
    CHECK(reason.find("not a database") != std::string::npos);
    const std::string path = [] {
        SqliteDatabase database;
        database.store().inTransaction([](RecordSession& session) {
            for (int i = 0; i < 3000; ++i)
                (void)session.insert("users", user("u" + std::to_string(i), "n" + std::to_string(i)));
        });
        database.close();
        const std::string copy = "/tmp/gw-damaged-" + std::to_string(::getpid()) + ".db";
        std::filesystem::copy_file(database.file(), copy, std::filesystem::copy_options::overwrite_existing);
        return copy;
    }();
    {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) - 3 * 4096));
        file << std::string(4096, '\x7f');
    }
    openElsewhere(plugin, path, reason);
    CHECK(reason.find("damaged") != std::string::npos);
    for (const char* suffix : {"", ".lock", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}

TEST_CASE("a periodic copy is whole while writers go on", "[storage]") {
    const test::TemporaryDirectory directory;
    test::StoragePlugin plugin;
    const std::string copy = directory.file("copies/gateway.copy.db");
    auto made = plugin.make(R"({"path":")" + directory.file("gateway.db") + R"(","backup_path":")" + copy +
                            R"(","backup_interval_s":1})");
    INFO(made.reason);
    REQUIRE(made.instance);
    plugin_host::RecordStore store(made.instance, plugin.workers(), 2);
    store.open(config::loadSchema(std::string(GATEWAY_SOURCE_DIR) + "/migrations"));
    int written = 0;
    const auto begun = std::chrono::steady_clock::now();
    while (!std::filesystem::exists(copy) && std::chrono::steady_clock::now() - begun < 30s) {
        const std::string id = std::to_string(written++);
        (void)store.withSession([&](RecordSession& session) { return session.insert("users", user(id, id)); });
    }
    REQUIRE(std::filesystem::exists(copy));
    const std::string second = directory.file("restored.db");
    std::filesystem::copy_file(copy, second);
    auto restored = plugin.make(R"({"path":")" + second + R"(","integrity_check":"full"})");
    INFO(restored.reason);
    REQUIRE(restored.instance);
    plugin_host::RecordStore other(restored.instance, plugin.workers(), 1);
    other.open(config::loadSchema(std::string(GATEWAY_SOURCE_DIR) + "/migrations"));
    plugin_host::Query query;
    query.collection = "users";
    query.limit = 10'000;
    const auto page = other.withSession([&](RecordSession& session) { return session.find(query); });
    CHECK_FALSE(page.rows.empty());
}

TEST_CASE("a file that may not be written is refused", "[storage]") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.file("gateway.db");
    {
        SqliteDatabase database;
        database.close();
        std::filesystem::copy_file(database.file(), path);
    }
    ::chmod(path.c_str(), 0444);
    ::chmod(directory.path().c_str(), 0755);
    test::StoragePlugin plugin;
    // Permissions do not bind root, so the thread that opens the file does it as nobody.
    const bool root = ::getuid() == 0;
    if (root) plugin.onControl([] { ::setfsuid(65534); });
    std::string reason;
    openElsewhere(plugin, path, reason);
    if (root) plugin.onControl([] { ::setfsuid(0); });
    CHECK(reason.find("Permission denied") != std::string::npos);
}

}  // namespace
}  // namespace gw::storage
