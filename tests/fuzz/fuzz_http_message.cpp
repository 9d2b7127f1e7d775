// links: http
// HTTP heads and bodies, as the connection reads them. The first byte says how the rest is split: whatever the split,
// the verdict is the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/body_reader.h"
#include "http/head_parser.h"

namespace {

using namespace gw;
using namespace gw::http;

struct Outcome {
    int status = 0;  // 0: wants more; 200: a whole message
    std::string text;
    bool operator==(const Outcome&) const = default;
};

/// One message reader that is fed piece by piece.
class Reader {
public:
    void feed(std::string_view bytes) {
        if (!in_body_ && outcome_.status == 0) bytes.remove_prefix(feedHead(bytes));
        if (in_body_ && outcome_.status == 0) feedBody(bytes);
    }
    Outcome outcome() && {
        if (outcome_.status != 200) return std::move(outcome_);
        outcome_.text = request_.method + ' ' + request_.path + '?' + request_.query + '\n';
        for (const auto& [name, value] : request_.headers) outcome_.text += name + ':' + value + '\n';
        outcome_.text += request_.body;
        return std::move(outcome_);
    }

private:
    std::size_t feedHead(std::string_view bytes) {
        const Fed fed = head_.feed(bytes, request_);
        if (fed.used > bytes.size()) std::abort();
        if (fed.state == Feed::Failed) outcome_.status = httpStatus(head_.error().code());
        if (fed.state != Feed::Done) return bytes.size();
        in_body_ = true;
        body_.begin(head_.framing(), limits_.body);
        if (body_.failed()) outcome_.status = httpStatus(body_.error().code());
        if (body_.done()) outcome_.status = 200;
        return fed.used;
    }
    void feedBody(std::string_view bytes) {
        const Fed fed = body_.feed(bytes, &request_.body);
        if (fed.used > bytes.size() || request_.body.size() > limits_.body) std::abort();
        if (fed.state == Feed::Failed) outcome_.status = httpStatus(body_.error().code());
        if (fed.state == Feed::Done) outcome_.status = 200;
    }

    RequestLimits limits_{.head = 4096, .target = 512, .fields = 20, .field_name = 64, .body = 1024};
    Request request_;
    HeadParser head_{limits_};
    BodyReader body_;
    Outcome outcome_;
    bool in_body_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view raw(reinterpret_cast<const char*>(data) + 1, size - 1);
    Reader whole;
    whole.feed(raw);
    Reader pieces;
    const std::size_t step = data[0] % 16U + 1U;
    for (std::size_t at = 0; at < raw.size(); at += step) pieces.feed(raw.substr(at, step));
    if (std::move(whole).outcome() != std::move(pieces).outcome()) std::abort();
    return 0;
}
