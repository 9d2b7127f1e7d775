#pragma once
#include <cstdint>
#include <gwp/gwp.hpp>
#include <string>
#include <string_view>

namespace echo {

/// What the operator chose; immutable.
struct Pace {
    std::uint64_t first_delay_ms = 0, delay_ms = 0;
};

/// Answers one operation from the request itself: there is no upstream, so the host asks on_end() for the answer until
/// it is told. [call]
class Exchange : public gwp::exchange {
public:
    Exchange(Pace pace, gwp::json request, const gwp_op& op) : pace_(pace), request_(request), op_(op) {}
    gwp_status on_end(gwp_status why, gwp::events events, std::uint64_t& wait_ms);

private:
    void begin(gwp::events events);
    gwp_status goOn(gwp::events events, std::uint64_t& wait_ms);
    void finish(gwp::events events, bool all_said) const;
    void listModels(gwp::events events) const;
    void embed(gwp::events events) const;

    Pace pace_;
    gwp::json request_;
    const gwp_op& op_;
    bool begun_ = false;
    std::string question_;
    std::string_view unsaid_;                        // of the question
    std::int64_t said_ = 0, limit_ = 0, heard_ = 0;  // words
};

}  // namespace echo
