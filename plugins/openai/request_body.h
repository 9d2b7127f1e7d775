#pragma once
#include <string_view>

#include "json_value.h"

namespace openai {

/// What must be changed in the client's body before it travels on.
struct BodyEdits {
    std::string_view model;   // the upstream's name
    bool set_stream = false;  // chat only: `stream` must say what the exchange does
    bool stream = false;
    bool ask_usage = false;  // stream_options.include_usage: true
};

/// Writes `text`, whose parsed root is `root`, with the edits to `out`; every other byte stays as the client sent it.
/// Throws gwp::error if the root is no object. [call]
void writeBody(std::string_view text, Json root, const BodyEdits& edits, gwp::request_writer out);

}  // namespace openai
