#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/fixture.h"
#include "tests/conformance/test_host.h"

namespace conformance {

/// What a provider wrote and told in one exchange.
struct Outcome {
    std::string method, path, body;
    Headers headers;
    std::vector<std::string> events, frames;
    std::vector<std::uint64_t> waits;
    bool finished = false;
    std::string error;  // as Fixture::error; empty: it went well
};

/// Gives the body of the response to `feed` in pieces.
using Cutter = std::function<void(std::string_view body, const std::function<void(std::string_view)>& feed)>;
[[nodiscard]] Cutter whole();
[[nodiscard]] Cutter byteByByte();
[[nodiscard]] Cutter cutAt(std::size_t place);

/// Runs the exchange as the gateway does: build, head, frames, end. A body of its own stands in for the fixture's.
[[nodiscard]] Outcome runProvider(LoadedInstance& instance, const Fixture& fixture, const Cutter& cutter,
                                  const std::optional<std::string>& body = std::nullopt);

}  // namespace conformance
