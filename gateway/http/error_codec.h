#pragma once
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/strong_id.h"
#include "http/response.h"

namespace gw::http {

/// The door a path belongs to, for errors that come before its route is known. [any]
[[nodiscard]] Door doorOf(std::string_view path) noexcept;

/// An error as the JSON object that the door's clients read. Only what() and param() of the error are shown. [any]
[[nodiscard]] std::string encodeError(const Error& error, Door door, const RequestId& id);

/// The same as one server-sent event, for a stream that has begun. [any]
[[nodiscard]] std::string encodeErrorEvent(const Error& error, Door door, const RequestId& id);

}  // namespace gw::http
