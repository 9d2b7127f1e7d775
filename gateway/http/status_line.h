#pragma once
#include <string_view>

namespace gw::http {

/// RFC 9110's phrase for a status the gateway may send; "Status" for any other. [any]
[[nodiscard]] std::string_view reasonPhrase(int status) noexcept;

/// The value of a Date header, made anew once per second and thread. Valid until the thread's next call. [any]
[[nodiscard]] std::string_view httpDate();

}  // namespace gw::http
