#include "tests/conformance/provider_run.h"

#include "protocol/frame_reader.h"

namespace conformance {
namespace {

constexpr std::size_t kFrameLimit = std::size_t{1} << 20;
constexpr int kTurnLimit = 1000;

std::uint32_t operationOf(const std::string& name) {
    if (name == "embed") return GWP_OP_EMBED;
    return name == "models" ? GWP_OP_MODELS : GWP_OP_CHAT;
}

std::string errorLine(const gwp_error& error, gwp_status returned) {
    if (error.code == GWP_OK) return "status " + std::to_string(returned);
    std::string line = std::to_string(error.status) + ' ' + error.type;
    if (error.retry_ms != 0)
        line += " retry=" + (error.retry_ms < 0 ? std::string("never") : std::to_string(error.retry_ms));
    return line + ' ' + error.text;
}

/// One exchange in progress.
class Run {
public:
    Run(LoadedInstance& instance, const Fixture& fixture)
        : table_(instance.table<gwp_provider>(GWP_IF_PROVIDER)), fixture_(fixture) {
        op_.struct_size = sizeof op_;
        op_.kind = operationOf(fixture.operation);
        op_.stream = fixture.stream ? 1 : 0;
        op_.owner = 1;
        op_.arena = &arena_;
        op_.request_id = GWP_STR("req_1");
        op_.model = gwp::str(fixture.model);
        if (op_.kind != GWP_OP_MODELS) {
            op_.request_json = gwp::str(fixture.request);
            op_.request = parseJson(arena_, fixture.request);
        }
        if (const gwp_status status = table_.open(instance.handle(), &op_, &exchange_, &error_); status != GWP_OK)
            fail(status);
    }
    ~Run() {
        if (exchange_ != nullptr) table_.close(exchange_);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    Outcome go(const Cutter& cutter, std::string_view body) {
        if (!failed_) build();
        if (!failed_ && !outcome_.method.empty()) respond(cutter, body);
        if (!failed_) end();
        outcome_.events = log_.lines();
        outcome_.finished = log_.finished();
        return std::move(outcome_);
    }

private:
    void fail(gwp_status status) {
        failed_ = true;
        outcome_.error = errorLine(error_, status);
    }

    void build() {
        const gwp_http_out out{sizeof(gwp_http_out), 0, &outcome_, start, header, append};
        if (const gwp_status status = table_.build(exchange_, 0, &out, &error_); status != GWP_OK) fail(status);
    }
    static void start(void* self, gwp_str method, gwp_str path) noexcept {
        static_cast<Outcome*>(self)->method = gwp::sv(method);
        static_cast<Outcome*>(self)->path = gwp::sv(path);
    }
    static void header(void* self, gwp_str name, gwp_str value) noexcept {
        static_cast<Outcome*>(self)->headers.emplace_back(gwp::sv(name), gwp::sv(value));
    }
    static void append(void* self, gwp_bytes chunk) noexcept { static_cast<Outcome*>(self)->body += gwp::sv(chunk); }

    void respond(const Cutter& cutter, std::string_view body) {
        std::vector<gwp_kv> headers;
        for (const auto& [name, value] : fixture_.headers) headers.push_back({gwp::str(name), gwp::str(value)});
        const gwp_http_head head{sizeof(gwp_http_head), fixture_.status, headers.data(), headers.size()};
        std::uint32_t framing = 0;
        if (const gwp_status status = table_.on_head(exchange_, &head, &framing, &error_); status != GWP_OK)
            return fail(status);
        gw::protocol::FrameReader reader(static_cast<gw::protocol::Framing>(framing), kFrameLimit);
        const auto take = [this](const gw::protocol::Frame& frame) { onFrame(frame); };
        cutter(body, [&](std::string_view piece) {
            if (!failed_) reader.feed(piece, take);
        });
        if (!fixture_.cut && !failed_) reader.finish(take);
    }

    void onFrame(const gw::protocol::Frame& frame) {
        if (failed_) return;
        gwp_arena scratch;
        const gwp_frame wire{sizeof(gwp_frame), static_cast<std::uint32_t>(frame.framing), gwp::str(frame.name),
                             gwp::bytes(frame.data), &scratch};
        const gwp_status status = table_.on_data(exchange_, &wire, &log_.sink(), &error_);
        if (status < 0) return fail(status);
        outcome_.frames.emplace_back(status == GWP_REFORM ? "reform" : "ok");
    }

    void end() {
        for (int turn = 0; turn < kTurnLimit; ++turn) {
            std::uint64_t wait_ms = 0;
            const gwp_status why = fixture_.cut ? GWP_E_IO : GWP_OK;
            const gwp_status status = table_.on_end(exchange_, why, &log_.sink(), &wait_ms, &error_);
            if (status == GWP_OK) return;
            if (status != GWP_AGAIN) return fail(status);
            outcome_.waits.push_back(wait_ms);
        }
        outcome_.error = "endless";
    }

    const gwp_provider& table_;
    const Fixture& fixture_;
    gwp_arena arena_;
    gwp_op op_{};
    gwp_error error_;
    gwp_exchange* exchange_ = nullptr;
    EventLog log_;
    Outcome outcome_;
    bool failed_ = false;
};

}  // namespace

Cutter whole() {
    return [](std::string_view body, const auto& feed) { feed(body); };
}

Cutter byteByByte() {
    return [](std::string_view body, const auto& feed) {
        for (std::size_t i = 0; i < body.size(); ++i) feed(body.substr(i, 1));
    };
}

Cutter cutAt(std::size_t place) {
    return [place](std::string_view body, const auto& feed) {
        feed(body.substr(0, place));
        feed(body.substr(place));
    };
}

Outcome runProvider(LoadedInstance& instance, const Fixture& fixture, const Cutter& cutter,
                    const std::optional<std::string>& body) {
    return Run(instance, fixture).go(cutter, body ? *body : fixture.body);
}

}  // namespace conformance
