#include "upstream/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <string>

namespace gw::upstream {
namespace {

struct Range4 {
    std::uint32_t network;  // host order
    int bits;
};

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return a << 24 | b << 16 | c << 8 | d;
}

// IANA's special-purpose registry: everything that is not globally reachable.
constexpr std::array kRefused4{
    Range4{ip(0, 0, 0, 0), 8},        Range4{ip(10, 0, 0, 0), 8},     Range4{ip(100, 64, 0, 0), 10},
    Range4{ip(127, 0, 0, 0), 8},      Range4{ip(169, 254, 0, 0), 16}, Range4{ip(172, 16, 0, 0), 12},
    Range4{ip(192, 0, 0, 0), 24},     Range4{ip(192, 0, 2, 0), 24},   Range4{ip(192, 88, 99, 0), 24},
    Range4{ip(192, 168, 0, 0), 16},   Range4{ip(198, 18, 0, 0), 15},  Range4{ip(198, 51, 100, 0), 24},
    Range4{ip(203, 0, 113, 0), 24},   Range4{ip(224, 0, 0, 0), 4},    Range4{ip(240, 0, 0, 0), 4},
    Range4{ip(168, 63, 129, 16), 32},  // Azure's metadata and wire server
};

bool isPublic4(std::uint32_t address) noexcept {
    return std::ranges::none_of(
        kRefused4, [address](const Range4& range) { return (address ^ range.network) >> (32 - range.bits) == 0; });
}

using Bytes16 = std::array<std::uint8_t, 16>;

std::uint32_t embedded4(const Bytes16& bytes, std::size_t at) noexcept {
    return ip(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

bool startsWith(const Bytes16& bytes, std::initializer_list<std::uint8_t> prefix) noexcept {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool isPublic6(const Bytes16& bytes) noexcept {
    // Only 2000::/3 is global unicast; 64:ff9b::/96 reaches IPv4 through a translator.
    if (startsWith(bytes, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return isPublic4(embedded4(bytes, 12));
    if ((bytes[0] & 0xe0) != 0x20) return false;
    if (startsWith(bytes, {0x20, 0x02})) return isPublic4(embedded4(bytes, 2));  // 6to4
    if (startsWith(bytes, {0x20, 0x01}) && bytes[2] < 0x02) return false;        // 2001::/23: Teredo, ORCHID, benchmark
    if (startsWith(bytes, {0x20, 0x01, 0x0d, 0xb8})) return false;               // documentation
    return !startsWith(bytes, {0x3f, 0xff, 0x00});                               // documentation too
}

// Services that answer to HTTP by doing harm.
constexpr std::array<std::uint16_t, 14> kRefusedPorts{2375, 2376, 2379, 3306,  5432,  5672,  6379,
                                                      6443, 9092, 9200, 10250, 11211, 15672, 27017};

bool portAllowed(std::string_view text) noexcept {
    if (text.empty()) return true;
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return false;
    if (port < 1024) return port == 80 || port == 443;
    return std::ranges::find(kRefusedPorts, port) == kRefusedPorts.end();
}

/// "host:port" of a URL; starts behind "//".
std::string_view authorityOf(std::string_view url) noexcept {
    url.remove_prefix(url.find("//") + 2);
    return url.substr(0, url.find_first_of("/?#"));
}

std::string_view bracketedProblem(std::string_view authority) noexcept {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return "an open bracket";
    if (!isPublicAddress(authority.substr(1, end - 1))) return "an address that is not public";
    const std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return "a malformed host";
    return rest.empty() || portAllowed(rest.substr(1)) ? "" : "a port that is not for HTTP";
}

std::string_view authorityProblem(std::string_view authority) noexcept {
    if (authority.find_first_of("@%") != std::string_view::npos) return "a user or an escape before the host's end";
    if (authority.starts_with('[')) return bracketedProblem(authority);
    const std::size_t colon = authority.find(':');
    if (colon == 0) return "no host in the URL";
    const bool allowed = colon == std::string_view::npos || portAllowed(authority.substr(colon + 1));
    return allowed ? "" : "a port that is not for HTTP";
}

}  // namespace

bool isPublicAddress(const sockaddr* address) noexcept {
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        return isPublic4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family != AF_INET6) return false;
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    return isPublic6(std::bit_cast<Bytes16>(v6.sin6_addr));
}

bool isPublicAddress(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN> zero_ended{};
    if (text.size() >= zero_ended.size()) return false;
    std::ranges::copy(text, zero_ended.begin());
    in_addr v4{};
    if (inet_pton(AF_INET, zero_ended.data(), &v4) == 1) return isPublic4(ntohl(v4.s_addr));
    in6_addr v6{};
    return inet_pton(AF_INET6, zero_ended.data(), &v6) == 1 && isPublic6(std::bit_cast<Bytes16>(v6));
}

std::string_view urlProblem(std::string_view url) noexcept {
    if (!url.starts_with("https://") && !url.starts_with("http://")) return "neither http nor https";
    if (std::ranges::any_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
        return "a space or a control character in the URL";
    return authorityOf(url).empty() ? "no host in the URL" : "";
}

std::string_view suppliedUrlProblem(std::string_view url) noexcept {
    if (const auto problem = urlProblem(url); !problem.empty()) return problem;
    const auto odd = [](char c) { return static_cast<unsigned char>(c) >= 0x80 || c == '\\' || c == '#'; };
    if (std::ranges::any_of(url, odd)) return "a character that readers of URLs disagree about";
    return authorityProblem(authorityOf(url));
}

}  // namespace gw::upstream
