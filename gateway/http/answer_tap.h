#pragma once
#include <string_view>

#include "io/task.h"

namespace gw::http {

/// Sees one answer as it goes out: the bytes of its body before chunking, and its end. Keep-alive comments are no part
/// of it. [loop]
class AnswerTap {
public:
    AnswerTap() = default;
    AnswerTap(const AnswerTap&) = delete;
    AnswerTap& operator=(const AnswerTap&) = delete;
    virtual ~AnswerTap() = default;
    virtual void onBody(std::string_view bytes) = 0;
    /// The answer is complete. Awaited before its last bytes are sent, so that who has read the end may rely on it.
    /// Must not throw.
    [[nodiscard]] virtual io::Task<void> onEnd(int status, std::string_view content_type) = 0;
};

}  // namespace gw::http
