#pragma once
#include <stdexcept>

namespace gw::plugin_host {

/// Why a plugin, a class or an instance is not used: one sentence for the operator. Never leaves plugin_host but as
/// text.
class Refusal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace gw::plugin_host
