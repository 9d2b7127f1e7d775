#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gw::upstream {

/// Whether a numeric address belongs to the public internet: not loopback, private, link-local (cloud metadata),
/// shared, multicast, reserved, nor an IPv6 form that carries such an IPv4 address. [any]
[[nodiscard]] bool isPublicAddress(const sockaddr* address) noexcept;
/// The same for text as inet_pton reads it; what it cannot read is not public. [any]
[[nodiscard]] bool isPublicAddress(std::string_view text) noexcept;

/// Why a URL is not to be requested at all, or empty. Only the shape is looked at. [any]
[[nodiscard]] std::string_view urlProblem(std::string_view url) noexcept;
/// What is asked beyond that of a URL that a user supplies: no user part, no odd characters, no port of another
/// service. Names are not resolved here: the address that was connected is what counts. [any]
[[nodiscard]] std::string_view suppliedUrlProblem(std::string_view url) noexcept;

}  // namespace gw::upstream
