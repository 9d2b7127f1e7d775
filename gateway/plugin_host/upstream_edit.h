#pragma once
#include <gwp/middleware.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "plugin_host/c_event.h"
#include "plugin_host/header_text.h"
#include "plugin_host/outbound.h"

namespace gw::plugin_host {

/// on_upstream's `edit`: headers to add or to replace, written into the request after the call, since the plugin still
/// looks at it. Of a header that comes several times all are replaced by all that were said. [call]
class UpstreamEdit {
public:
    explicit UpstreamEdit(OutboundRequest& request) noexcept
        : request_(request),
          table_{sizeof table_, 0, this, &UpstreamEdit::start, &UpstreamEdit::header, &UpstreamEdit::body} {}
    UpstreamEdit(const UpstreamEdit&) = delete;
    UpstreamEdit& operator=(const UpstreamEdit&) = delete;
    [[nodiscard]] const gwp_http_out* get() const noexcept { return &table_; }
    /// Whether the plugin tried what it may not: another target or body, a header with a line end.
    [[nodiscard]] bool refused() const noexcept { return refused_; }
    void apply() {
        std::erase_if(request_.headers, [this](const auto& old) {
            return std::ranges::any_of(edits_, [&](const auto& edit) { return edit.first == old.first; });
        });
        for (auto& edit : edits_) request_.headers.push_back(std::move(edit));
        edits_.clear();
    }

private:
    static UpstreamEdit& of(void* self) noexcept { return *static_cast<UpstreamEdit*>(self); }
    static void start(void* self, gwp_str /*method*/, gwp_str /*path*/) noexcept { of(self).refused_ = true; }
    static void body(void* self, gwp_bytes /*chunk*/) noexcept { of(self).refused_ = true; }
    static void header(void* self, gwp_str name, gwp_str value) noexcept {
        if (!isHeaderName(textOf(name)) || !isHeaderSafe(textOf(value)))
            of(self).refused_ = true;
        else
            of(self).edits_.emplace_back(asciiLower(textOf(name)), textOf(value));
    }
    OutboundRequest& request_;
    gwp_http_out table_;
    Headers edits_;
    bool refused_ = false;
};

/// An upstream request as on_upstream sees it; borrows all it is made of. [call]
class UpstreamView {
public:
    struct Target {
        std::string_view provider, url;
        std::uint32_t attempt;
    };
    UpstreamView(const Target& target, const OutboundRequest& request, const UpstreamEdit& edit) {
        headers_.reserve(request.headers.size());
        for (const auto& [name, value] : request.headers) headers_.push_back({strOf(name), strOf(value)});
        view_.struct_size = sizeof view_;
        view_.attempt = target.attempt;
        view_.provider_instance = strOf(target.provider);
        view_.method = strOf(request.method);
        view_.url = strOf(target.url);
        view_.headers = headers_.data();
        view_.n_headers = headers_.size();
        view_.body = {reinterpret_cast<const std::uint8_t*>(request.body.data()), request.body.size()};
        view_.edit = edit.get();
    }
    UpstreamView(const UpstreamView&) = delete;
    UpstreamView& operator=(const UpstreamView&) = delete;
    [[nodiscard]] const gwp_upstream_view* get() const noexcept { return &view_; }

private:
    std::vector<gwp_kv> headers_;
    gwp_upstream_view view_{};
};

}  // namespace gw::plugin_host
