#include "config/option_table.h"

namespace gw::config {

namespace {

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kDay = std::int64_t{24} * 3'600 * kSecond;
constexpr std::int64_t kMaxPort = 65'535;

/// Collects options in the order in which they are printed.
class Adder {
public:
    Option& operator()(const char* path, Slot slot, const char* help) {
        Option option;
        option.path = path;
        option.slot = slot;
        option.help = help;
        const bool duration = std::holds_alternative<std::chrono::milliseconds*>(slot) ||
                              std::holds_alternative<std::chrono::seconds*>(slot);
        if (duration) option.range(1, kDay);
        return table_.emplace_back(std::move(option));
    }
    [[nodiscard]] OptionTable take() { return std::move(table_); }

private:
    OptionTable table_;
};

void addListener(Adder& add, ServerOptions& server) {
    http::HttpOptions& http = server.http;
    add("server.address", &http.address, "Address to listen on; `::` also takes IPv4.");
    add("server.port", &http.port, "Port to listen on; 0 lets the kernel choose.").range(0, kMaxPort);
    add("server.backlog", &http.backlog, "Connections that wait in the kernel to be accepted.").range(1, 65'535);
    add("server.reuse_port", &http.reuse_port,
        "A listening socket per loop (SO_REUSEPORT), so that a second process can share the port.");
    add("server.loops", &server.loops, "Event loops, a thread each; 0: one per core.").range(0, 256);
    add("server.max_connections", &http.max_connections, "Open connections; beyond, 503.").range(1, 10'000'000);
    add("server.server_header", &http.server_header, "The Server field of responses; empty: none.");
}

void addLimits(Adder& add, http::RequestLimits& limits) {
    add("server.limits.head", &limits.head, "Bytes of a request's head; beyond, 431.").size(1'024);
    add("server.limits.target", &limits.target, "Bytes of the request target; beyond, 414.").size(64);
    add("server.limits.fields", &limits.fields, "Header fields; beyond, 431.").range(8, 10'000);
    add("server.limits.field_name", &limits.field_name, "Bytes of one field's name; beyond, 431.").size(16);
    add("server.limits.body", &limits.body, "Bytes of a request's body; beyond, 413.").size(1'024);
}

void addTimeouts(Adder& add, ServerOptions& server) {
    http::HttpOptions& http = server.http;
    add("server.timeouts.head", &http.head_timeout, "From a head's first byte to its last; beyond, 408.");
    add("server.timeouts.body", &http.body_timeout, "For a whole body; beyond, 408.");
    add("server.timeouts.body_grace", &http.body_grace, "Before `body_min_rate` counts.");
    add("server.timeouts.body_min_rate", &http.body_min_rate, "Slowest rate of a body in bytes per second.").range(0);
    add("server.timeouts.idle", &http.idle_timeout, "Between two requests of a connection.");
    add("server.timeouts.request", &http.request_timeout, "From a request's first byte to the end of its answer.");
    add("server.timeouts.write", &http.write_stall, "How long a client may take no byte of its answer.");
    add("server.timeouts.linger", &http.linger, "Reading on after an error answer, so that it arrives.");
    add("server.timeouts.drain", &server.drain_timeout, "On SIGTERM: how long open answers may go on.");
}

void addCors(Adder& add, http::CorsOptions& cors) {
    add("server.cors.origins", &cors.origins, "Origins whose pages may call the gateway; empty: no CORS. `*`: any.");
    add("server.cors.methods", &cors.methods, "Methods such a page may use.").only("server.cors.origins");
    add("server.cors.headers", &cors.headers, "Header fields such a page may send.").only("server.cors.origins");
    add("server.cors.exposed", &cors.exposed, "Header fields such a page may read.").only("server.cors.origins");
    add("server.cors.max_age", &cors.max_age, "How long browsers remember the answer.").only("server.cors.origins");
    add("server.cors.credentials", &cors.credentials, "Cookies and login data go along; not together with `*`.")
        .only("server.cors.origins");
}

void addFront(Adder& add, GatewayOptions& options) {
    add("tls.certificate", &options.tls.certificate, "PEM file, own certificate first. SIGHUP reads it again.")
        .only("tls.key");
    add("tls.key", &options.tls.key, "PEM file of its key, without a passphrase.").only("tls.certificate");
    add("metrics.enabled", &options.metrics.enabled, "Serve GET /metrics.");
    add("metrics.port", &options.metrics.port, "A port of its own for /metrics; 0: the server's port.")
        .range(0, kMaxPort);
    add("metrics.address", &options.metrics.address, "Address of that port.").only("metrics.port");
    add("log.level", &options.log.log.level, "What is written: this level and above.")
        .oneOf({"trace", "debug", "info", "warn", "error", "off"})
        .live();
    add("log.format", &options.log.log.json, "One JSON object or one text per line.").oneOf({"text", "json"});
    add("log.file", &options.log.log.file, "Where the log goes; empty: standard error.");
    add("log.queue", &options.log.log.queue,
        "Lines that wait to be written; beyond, the oldest are dropped and counted.")
        .range(64, 10'000'000);
    add("log.access", &options.log.access, "One line per request, never with message content.").live();
}

void addInside(Adder& add, GatewayOptions& options) {
    add("auth.bootstrap_key", &options.auth.bootstrap_key,
        "Key of the first administrator, at least 32 characters. Empty: one is made on an empty database and shown "
        "once.");
    add("auth.cache.fresh", &options.auth.fresh, "A key is asked of the database again after this.");
    add("auth.cache.stale", &options.auth.stale, "How long a known key keeps working without a database.")
        .range(0, kDay);
    add("auth.cache.keys", &options.auth.cached_keys, "Keys remembered.").range(1, 100'000'000);
    add("workers.threads", &options.workers.threads, "Threads for what blocks: storage, files.").range(1, 1'024);
    add("workers.queue", &options.workers.queue, "Jobs that wait for a thread; beyond, 503.").range(1, 1'000'000);
    add("storage.instance", &options.storage.instance, "The storage plugin's instance that holds the data.");
    add("storage.migrations", &options.storage.migrations, "Directory of the schema; empty: the one shipped.");
    add("storage.migrate", &options.storage.migrate, "Bring the database to the current schema at start.");
    add("storage.spool", &options.storage.spool, "File where usage waits while the database is away.");
}

void addPlugins(Adder& add, PluginOptions& plugins) {
    add("plugins.dirs", &plugins.dirs,
        "Where libraries are looked for, in this order; empty: lib/ai-gateway/plugins beside the binary's directory.");
    add("plugins.owner", &plugins.owner,
        "Who may own a library besides root: a user's name, or `self` for the user the gateway runs as.");
    add("plugins.runtime_dir", &plugins.runtime_dir,
        "Where private copies of libraries are kept; empty: a directory of the user's own below /tmp.");
    add("plugins.state_dir", &plugins.state_dir, "Where plugins that are granted `state_dir` may write.");
    add("plugins.probe_timeout", &plugins.probe_timeout, "For loading a library in a child process first.");
    add("plugins.start_timeout", &plugins.start_timeout, "For a required instance's start.");
    add("plugins.drafts", &plugins.drafts, "Libraries that may use draft interfaces.");
    add("plugins.hold.bytes", &plugins.hold.bytes, "What a middleware may hold back of an answer.").size(1'024);
    add("plugins.hold.time", &plugins.hold.time, "And for how long.");
}

void addModels(Adder& add, GatewayOptions& options) {
    add("models.default", &options.models.fallback, "For requests that name no model: `provider/model` or an alias.")
        .live();
    add("models.aliases", &options.models.aliases,
        "Names of your own: alias -> `provider/model`, or a list of them, best first.")
        .live();
    add("routing.attempts", &options.routing.attempts, "Candidates asked per request at most.").range(1, 20).live();
    add("routing.rest.failures", &options.routing.health.failures, "Failures in a row after which a provider rests.")
        .range(1, 1'000);
    add("routing.rest.time", &options.routing.health.rest, "How long it rests.");
    add("history.messages", &options.history.messages, "Messages of a session that are sent along, the newest.")
        .range(1, 10'000);
    add("history.bytes", &options.history.bytes, "And their size at most.").size();
}

void addUpstream(Adder& add, upstream::UpstreamOptions& upstream) {
    add("upstream.read_size", &upstream.read_size, "Bytes read at once, held per open transfer.").size(1'024);
    add("upstream.buffer", &upstream.buffer_limit, "Unread bytes at which an upstream is paused.").size(1'024);
    add("upstream.head", &upstream.head_limit, "Bytes of a provider's response head.").size(1'024);
    add("upstream.idle_handles", &upstream.idle_handles, "Prepared requests kept for reuse, per loop.")
        .range(0, 100'000);
    add("upstream.idle_connections", &upstream.idle_connections, "Open connections kept for reuse, per loop.")
        .range(0, 1'000'000);
    add("upstream.max_connections", &upstream.max_connections, "Connections per loop; 0: no limit.")
        .range(0, 1'000'000);
    add("upstream.max_connections_per_host", &upstream.max_connections_per_host, "The same per host; 0: no limit.")
        .range(0, 1'000'000);
    add("upstream.idle_age", &upstream.idle_age, "An idle connection older than this is not used again.");
    add("upstream.connection_life", &upstream.connection_life,
        "After this a connection is renewed, so that DNS changes count.");
}

}  // namespace

OptionTable gatewayTable(GatewayOptions& options) {
    Adder add;
    addListener(add, options.server);
    addLimits(add, options.server.http.limits);
    addTimeouts(add, options.server);
    addCors(add, options.server.http.cors);
    addFront(add, options);
    addInside(add, options);
    addPlugins(add, options.plugins);
    addModels(add, options);
    addUpstream(add, options.upstream);
    return add.take();
}

OptionTable providerTable(ProviderOptions& options) {
    plugin_host::Endpoint& to = options.endpoint;
    Adder add;
    add("base_url", &to.base_url, "Where requests go, with the path's start: `https://api.openai.com/v1`.").live();
    add("proxy", &to.proxy, "Proxy URL; empty: http_proxy, https_proxy and no_proxy of the environment.").live();
    add("ca_file", &to.ca_file, "PEM file of trusted authorities; empty: the system's.").live();
    add("tls_verify", &to.verify_tls, "false accepts any certificate, and is said loudly at each start.").live();
    add("http2", &to.http2, "Use HTTP/2 where the provider offers it.").live();
    add("connect_timeout", &to.connect_timeout, "For a connection, TLS included.").live();
    add("first_byte_timeout", &to.first_byte_timeout, "From the request's end to the response's head.").live();
    add("idle_timeout", &to.idle_timeout, "Between two pieces of the response.").live();
    add("total_timeout", &to.total_timeout, "For the whole exchange.").live();
    add("max_response_bytes", &to.max_response_bytes, "Size of a response at most.").size(1'024).live();
    add("models", &options.models, "The models it serves; empty: it is asked for its list.").live();
    add("model_refresh", &options.model_refresh, "How often its model list is asked for; 0s: never.")
        .range(0, kDay)
        .live();
    return add.take();
}

OptionTable middlewareTable(MiddlewareOptions& options) {
    Adder add;
    add("order", &options.order, "Place in the chain; 0: the stage of its class.").range(0, 1'000).live();
    add("routes", &options.routes, "Routes it sees; `*`: all.").live();
    add("on_failure", &options.fail_open, "What a failure of its own means: the request fails, or goes on.")
        .oneOf({"closed", "open"})
        .live();
    add("timeout", &options.timeout, "For a phase that waits.").live();
    return add.take();
}

}  // namespace gw::config
