#include "middleware_fixture.h"
#include "plugin_host/chain_entry.h"

namespace gw::plugin_host {
namespace {

using Verdict = Transaction::Verdict;

std::string traceOf(ChainFixture& f) {
    auto all = f.traced();
    f.trace.clear();
    return all;
}

}  // namespace

TEST_CASE("requests go inwards by order, answers outwards", "[plugin_host]") {
    ChainFixture f;
    f.add("guard", 500);
    f.add("edge", 100);
    f.add("observe", 900);
    f.begin();
    CHECK(traceOf(f) == "edge.request guard.request observe.request");
    OutboundRequest up;
    f.upstream(up);
    CHECK(traceOf(f) == "edge.upstream guard.upstream observe.upstream");
    f.event("a");
    CHECK(traceOf(f) == "observe.event guard.event edge.event");
    f.respond();
    CHECK(traceOf(f) == "observe.response guard.response edge.response");
    (void)f.error(Error(ErrorCode::Internal, "x"));
    CHECK(traceOf(f) == "observe.error guard.error edge.error");
    f.complete();
    CHECK(traceOf(f) == "observe.complete guard.complete edge.complete");
    CHECK(f.out.words() == "a");
}

TEST_CASE("links of one order keep the operator's", "[plugin_host]") {
    ChainFixture f;
    for (const char* name : {"a", "b", "c"}) f.add(name, 500);
    f.add("first", 100);
    f.begin();
    CHECK(f.traced() == "first.request a.request b.request c.request");
}

TEST_CASE("on_request runs up to a stage, and each link once", "[plugin_host]") {
    ChainFixture f;
    f.add("edge", 100);
    f.add("authz", 300);
    f.add("guard", 500);
    CHECK(f.request(300) == Verdict::Pass);
    CHECK(traceOf(f) == "edge.request");
    CHECK(f.request(300) == Verdict::Pass);
    CHECK(traceOf(f).empty());
    CHECK(f.request() == Verdict::Pass);
    CHECK(traceOf(f) == "authz.request guard.request");
}

TEST_CASE("a plugin is asked once what it wants and called for that only", "[plugin_host]") {
    ChainFixture f;
    auto& plain = f.add("plain", 500);
    plain.wants = GWP_MW_WANT_REQUEST;
    f.begin();
    CHECK_FALSE(f.chain->wantsEvents());
    f.event("a");
    f.respond();
    (void)f.error(Error(ErrorCode::Internal, "x"));
    f.complete();
    CHECK(plain.asked == 1);
    CHECK(f.traced() == "plain.request");
    CHECK(f.out.words() == "a");
}

TEST_CASE("the answer gathered or seen keeps bytes from passing through", "[plugin_host]") {
    ChainFixture f;
    auto& one = f.add("one", 500);
    one.wants = GENERATE(GWP_MW_WANT_EVENTS, GWP_MW_WANT_RESPONSE);
    f.begin();
    CHECK(f.chain->wantsEvents());
    CHECK(f.chain->wantsResponse() == (one.wants == GWP_MW_WANT_RESPONSE));
}

TEST_CASE("a table of an older plugin lacks its end", "[plugin_host]") {
    ChainFixture f;
    auto& fake = f.add("old", 500);
    gwp_middleware shorter = kMiddlewareTable;
    shorter.struct_size = offsetof(gwp_middleware, on_event);
    f.links.back().instance = std::make_shared<FakeInstance>(
        f.host, "old", std::map<std::string, const void*, std::less<>>{{GWP_IF_MIDDLEWARE, &shorter}}, &fake);
    f.begin();
    CHECK_FALSE(f.chain->wantsEvents());
    f.event("a");
    f.complete();
    CHECK(f.traced() == "old.request");
    CHECK(f.out.words() == "a");
}

TEST_CASE("an instance that is no middleware is refused", "[plugin_host]") {
    ChainFixture f;
    f.links.push_back(
        {std::make_shared<FakeInstance>(f.host, "x", std::map<std::string, const void*, std::less<>>{}, nullptr), 500});
    CHECK(thrownBy([&] { MiddlewareChain(f.links, {}); }).first == ErrorCode::PluginUnavailable);
}

TEST_CASE("a middleware may answer itself; links further in never see the request", "[plugin_host]") {
    ChainFixture f;
    auto& edge = f.add("edge", 100);
    auto& cache = f.add("cache", 600);
    auto& inner = f.add("inner", 900);
    // Said and then not meant: it must not stand in the answer of the next one.
    edge.on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        say(api->respond(txn), "never");
        return GWP_MW_PASS;
    };
    cache.on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        say(api->respond(txn), "a");
        say(api->respond(txn), "b");
        return GWP_MW_RESPOND;
    };
    CHECK(f.request() == Verdict::Responded);
    CHECK(f.request() == Verdict::Responded);
    CHECK(f.subject.answer.words() == "a|b");
    f.trace.clear();
    f.event("a");
    f.respond();
    f.complete();
    CHECK(f.traced() == "edge.event edge.response cache.complete edge.complete");
    CHECK(inner.completed == 0);
    CHECK(f.out.words() == "a");
}

TEST_CASE("a refusal reaches the client in the plugin's words", "[plugin_host]") {
    struct Row {
        gwp_status status;
        std::uint32_t http;
        const char* type;
        ErrorCode code;
    };
    const auto row = GENERATE(values<Row>({{GWP_E_DENIED, 403, "content_policy_violation", ErrorCode::Forbidden},
                                           {GWP_E_DENIED, 400, "content_filter", ErrorCode::ContentFiltered},
                                           {GWP_E_DENIED, 0, "", ErrorCode::ContentFiltered},
                                           {GWP_E_DENIED, 401, "", ErrorCode::Unauthenticated},
                                           {GWP_E_LIMIT, 429, "", ErrorCode::RateLimited},
                                           {GWP_E_LIMIT, 429, "insufficient_quota", ErrorCode::InsufficientQuota},
                                           {GWP_E_LIMIT, 0, "", ErrorCode::RateLimited},
                                           {GWP_E_INVALID, 418, "", ErrorCode::InvalidRequest},
                                           {GWP_E_DENIED, 403, "content_filter", ErrorCode::Forbidden}}));
    ChainFixture f;
    // Also of an open link: a refusal is no failure.
    auto& guard = f.add("guard", 500, true);
    auto& inner = f.add("inner", 900);
    guard.on_request = [row](gwp_txn*, const gwp_txn_api*, gwp_error* error) {
        return refuse(error, row.status, row.http, row.type, "not here");
    };
    const auto [code, words] = thrownBy([&] { (void)f.request(); });
    CHECK(code == row.code);
    CHECK(words == "not here");
    f.complete(false);
    CHECK(guard.completed == 1);
    CHECK(guard.result == GWP_E_INTERNAL);
    CHECK(inner.completed == 0);
}

TEST_CASE("on_failure decides about a phase that fails", "[plugin_host]") {
    // Unknown verdicts and those of other phases are failures.
    const gwp_status verdict = GENERATE(GWP_E_INTERNAL, GWP_E_IO, -77, 99, GWP_MW_DROP, GWP_MW_HOLD, GWP_MW_STOP);
    const bool open = GENERATE(false, true);
    ChainFixture f;
    auto& shaky = f.add("shaky", 500, open);
    f.add("inner", 900);
    shaky.on_request = [&](gwp_txn*, const gwp_txn_api*, gwp_error* error) {
        if (verdict == GWP_E_INTERNAL) refuse(error, GWP_E_INTERNAL, 0, "", "/etc/secret/path");
        return verdict;
    };
    const auto [code, words] = thrownBy([&] { (void)f.request(); });
    CHECK(words == (open ? "" : "the middleware 'shaky' failed"));
    if (!open) CHECK(code == ErrorCode::PluginUnavailable);
    CHECK(f.traced() == (open ? "shaky.request inner.request" : "shaky.request"));
    CHECK(f.host.metrics.text().find("gateway_middleware_failures_total{instance=\"shaky\"} 1") != std::string::npos);
}

TEST_CASE("every phase that can fail does so by on_failure", "[plugin_host]") {
    const bool open = GENERATE(false, true);
    ChainFixture f;
    auto& shaky = f.add("shaky", 500, open);
    f.begin();
    shaky.on_upstream = [](gwp_txn*, const gwp_txn_api*, const gwp_upstream_view*, gwp_error*) {
        return GWP_MW_PENDING;
    };
    shaky.on_event = [](gwp_txn*, const gwp_txn_api*, const gwp_event*, const gwp_event_sink* out, gwp_error*) {
        say(out, "half done");
        return GWP_E_IO;
    };
    shaky.on_response = [](gwp_txn*, const gwp_txn_api*, gwp_error*) { return GWP_MW_RESPOND; };
    const std::string words = open ? "" : "the middleware 'shaky' failed";
    OutboundRequest up;
    CHECK(thrownBy([&] { f.upstream(up); }).second == words);
    CHECK(thrownBy([&] { f.event("a"); }).second == words);
    CHECK(thrownBy([&] { f.respond(); }).second == words);
    CHECK(f.out.words() == (open ? "a" : ""));
}

TEST_CASE("complete and free come once, on every path", "[plugin_host]") {
    const std::string path =
        GENERATE(as<std::string>(), "ok", "failed", "gone", "cancelled", "never completed", "twice");
    ChainFixture f;
    auto& one = f.add("one", 500);
    auto& stateless = f.add("two", 600);
    one.on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        CHECK(api->state(txn) == nullptr);
        api->set_state(txn, txn);
        return GWP_MW_PASS;
    };
    one.on_response = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        CHECK(api->state(txn) == txn);
        return GWP_MW_PASS;
    };
    stateless.on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        CHECK(api->state(txn) == nullptr);  // each link has its own
        return GWP_MW_PASS;
    };
    f.begin();
    f.respond();
    if (path == "failed") (void)f.error(Error(ErrorCode::RateLimited, "slow down"));
    if (path == "cancelled") f.run([&] { f.cancellation.cancel(io::CancelReason::ClientGone); });
    if (path != "never completed") f.complete(path == "ok" || path == "twice", path == "gone");
    if (path == "twice") f.complete(false);
    f.destroy();
    CHECK(one.completed == 1);
    CHECK(one.freed == 1);
    CHECK(stateless.completed == 1);
    CHECK(stateless.freed == 0);
    const bool ok = path == "ok" || path == "twice";
    CHECK(one.result == (ok ? GWP_OK : path == "failed" ? GWP_E_LIMIT : GWP_E_CANCELLED));
}

TEST_CASE("a transaction that never began completes nothing", "[plugin_host]") {
    ChainFixture f;
    auto& one = f.add("one", 500);
    (void)f.transaction();
    f.complete(false);
    CHECK(one.completed == 0);
}

TEST_CASE("facts are written below the instance's name and read by all", "[plugin_host]") {
    ChainFixture f;
    auto& score = f.add("score", 500);
    auto& reader = f.add("reader", 600);
    score.on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        CHECK(api->set(txn, abi("score.value"), abi("7")) == GWP_OK);
        CHECK(api->set(txn, abi("score.value"), abi("8")) == GWP_OK);
        for (const char* name : {"score", "score.", "scores.x", "reader.x", "request.id", ""})
            CHECK(api->set(txn, abi(name), abi("x")) == GWP_E_DENIED);
        return GWP_MW_PASS;
    };
    reader.on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        CHECK(view(api->get(txn, abi("score.value"))) == "8");
        CHECK(view(api->get(txn, abi("request.id"))) == "req_1");
        CHECK(view(api->get(txn, abi("unknown"))).empty());
        CHECK(view(api->header(txn, abi("x-in"))) == "in");
        return GWP_MW_PASS;
    };
    f.begin();
}

TEST_CASE("request, response and respond belong to their phases", "[plugin_host]") {
    ChainFixture f;
    auto& one = f.add("one", 500);
    one.on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        CHECK(view(api->request_json(txn)) == "{}");
        CHECK(api->replace_request(txn, abi("")) == GWP_E_INVALID);
        CHECK(api->replace_request(txn, abi("{\"b\":2}")) == GWP_OK);
        CHECK(view(api->response_json(txn)).empty());
        CHECK(api->replace_response(txn, abi("{}")) == GWP_E_DENIED);
        return GWP_MW_PASS;
    };
    one.on_event = [](gwp_txn* txn, const gwp_txn_api* api, const gwp_event*, const gwp_event_sink*, gwp_error*) {
        CHECK(api->replace_request(txn, abi("{}")) == GWP_E_DENIED);
        CHECK(api->respond(txn) == nullptr);
        return GWP_MW_PASS;
    };
    one.on_response = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        const auto before = std::string(view(api->response_json(txn)));
        const auto replaced = api->replace_response(txn, abi("{\"c\":3}"));
        CHECK(before == R"({"a":1})");
        CHECK(replaced == (view(api->get(txn, abi("stream"))) == "true" ? GWP_E_DENIED : GWP_OK));
        return GWP_MW_PASS;
    };
    const bool stream = GENERATE(false, true);
    f.subject.facts["stream"] = stream ? "true" : "false";
    f.begin();
    f.event("a");
    f.respond();
    CHECK(f.subject.request == "{\"b\":2}");
    CHECK(f.subject.response == (stream ? "{\"a\":1}" : "{\"c\":3}"));
}

TEST_CASE("a response header cannot split the response", "[plugin_host]") {
    ChainFixture f;
    f.add("one", 500).on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        CHECK(api->set_response_header(txn, abi("x-a"), abi("1\r\nx-b: 2")) == GWP_E_INVALID);
        CHECK(api->set_response_header(txn, abi("x-a"), abi(std::string_view("1\0", 2))) == GWP_E_INVALID);
        CHECK(api->set_response_header(txn, abi("x a"), abi("1")) == GWP_E_INVALID);
        CHECK(api->set_response_header(txn, abi(""), abi("1")) == GWP_E_INVALID);
        CHECK(api->set_response_header(txn, abi("x-a"), abi("1")) == GWP_OK);
        return GWP_MW_PASS;
    };
    f.begin();
    CHECK(f.subject.response_headers == Headers{{"x-a", "1"}});
}

TEST_CASE("a principal is set by a granted link before AUTHZ, once", "[plugin_host]") {
    struct Row {
        std::uint32_t order;
        bool granted, taken;
        const char* id;
        gwp_status result;
    };
    const auto row = GENERATE(values<Row>({{200, true, false, "u1", GWP_OK},
                                           {299, true, false, "u1", GWP_OK},
                                           {300, true, false, "u1", GWP_E_DENIED},
                                           {200, false, false, "u1", GWP_E_DENIED},
                                           {200, true, true, "u1", GWP_E_EXISTS},
                                           {200, true, false, "", GWP_E_INVALID}}));
    ChainFixture f;
    auto& auth = f.add("auth", row.order);
    if (row.granted) f.instances[0]->context().grants = {"auth.principal"};
    if (row.taken) f.subject.principal = "first";
    gwp_status result = GWP_E_INTERNAL, later = GWP_OK;
    auth.on_request = [&](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        result = api->set_principal(txn, abi(row.id), abi("{}"));
        return GWP_MW_PASS;
    };
    auth.on_event = [&](gwp_txn* txn, const gwp_txn_api* api, const gwp_event*, const gwp_event_sink*, gwp_error*) {
        later = api->set_principal(txn, abi("u2"), abi("{}"));
        return GWP_MW_PASS;
    };
    f.begin();
    f.event("a");
    CHECK(result == row.result);
    CHECK(later == GWP_E_DENIED);
    CHECK(f.subject.principal == (row.taken ? "first" : row.result == GWP_OK ? "u1" : ""));
}

TEST_CASE("an edit adds or replaces headers and nothing else", "[plugin_host]") {
    ChainFixture f;
    auto& one = f.add("one", 500);
    std::string seen;
    one.on_upstream = [&](gwp_txn*, const gwp_txn_api*, const gwp_upstream_view* up, gwp_error*) {
        seen = std::string(view(up->provider_instance)) + " " + std::string(view(up->method)) + " " +
               std::string(view(up->url)) + " " + std::to_string(up->attempt) + " " + std::string(view(up->body));
        up->edit->header(up->edit->self, abi("X-Old"), abi("new"));
        up->edit->header(up->edit->self, abi("x-added"), abi("1"));
        CHECK(view(up->headers[0].value) == "old");  // what was lent stays as it was
        return GWP_MW_PASS;
    };
    f.begin();
    OutboundRequest up{"POST", "/chat", {{"x-old", "old"}, {"x-other", "o"}, {"x-old", "older"}}, "body"};
    f.upstream(up, 3);
    CHECK(seen == "main POST https://up.test/v1 3 body");
    CHECK(up.headers == Headers{{"x-other", "o"}, {"x-old", "new"}, {"x-added", "1"}});
}

TEST_CASE("an edit that would split or redirect the request is a failure", "[plugin_host]") {
    const bool open = GENERATE(false, true);
    const int attack = GENERATE(0, 1, 2, 3, 4);
    ChainFixture f;
    f.add("one", 500, open).on_upstream = [&](gwp_txn*, const gwp_txn_api*, const gwp_upstream_view* up, gwp_error*) {
        const auto* edit = up->edit;
        if (attack == 0) edit->header(edit->self, abi("x-a"), abi("1\r\nx-b: 2"));
        if (attack == 1) edit->header(edit->self, abi("x-a: 1\nx-b"), abi("2"));
        if (attack == 2) edit->header(edit->self, abi("x-a"), abi(std::string_view("1\0", 2)));
        if (attack == 3) edit->start(edit->self, abi("GET"), abi("/other"));
        if (attack == 4) edit->body(edit->self, abiBytes("other"));
        edit->header(edit->self, abi("x-good"), abi("1"));
        return GWP_MW_PASS;
    };
    f.begin();
    OutboundRequest up{"POST", "/chat", {}, "body"};
    CHECK(thrownBy([&] { f.upstream(up); }).second == (open ? "" : "the middleware 'one' failed"));
    CHECK(up.method + up.path_and_query + up.body == "POST/chatbody");
    CHECK(up.headers == Headers{{"x-good", "1"}});
}

TEST_CASE("on_error may rewrite the error, also its code", "[plugin_host]") {
    ChainFixture f;
    auto& outer = f.add("outer", 100);
    auto& inner = f.add("inner", 500);
    inner.on_error = [](gwp_txn*, const gwp_txn_api*, gwp_error* error) {
        CHECK(error->text == "the provider failed");
        CHECK(error->http_status == 502);
        refuse(error, GWP_E_BUSY, 503, "busy", "come back later");
    };
    outer.on_error = [](gwp_txn*, const gwp_txn_api*, gwp_error* error) {
        CHECK(error->text == "come back later");
        CHECK(error->type == "busy");
    };
    f.begin();
    const auto error = f.error(Error(ErrorCode::UpstreamError, "the provider failed", "why"));
    CHECK(error.code() == ErrorCode::Unavailable);
    CHECK(std::string(error.what()) == "come back later");
    CHECK(error.providerCode() == "busy");
    CHECK(error.detail().find("why") == 0);
}

TEST_CASE("an error that no link touches stays as it is", "[plugin_host]") {
    ChainFixture f;
    f.add("one", 500);
    f.begin();
    auto before = Error(ErrorCode::ModelNotFound, "no such model", "d");
    before.withParam("model");
    const auto after = f.error(before);
    CHECK(after.code() == ErrorCode::ModelNotFound);
    CHECK(after.param() == "model");
    CHECK(after.providerCode().empty());
    CHECK(after.detail() == "d");
}

}  // namespace gw::plugin_host
