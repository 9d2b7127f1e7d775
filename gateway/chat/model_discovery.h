#pragma once
#include <vector>

#include "chat/dispatcher.h"
#include "chat/generation.h"
#include "routing/model_catalog.h"

namespace gw::chat {

/// Asks a provider which models it has. Throws Error when it does not say. [loop]
[[nodiscard]] io::Task<std::vector<routing::ModelEntry>> discoverModels(Dispatcher& dispatcher,
                                                                        const Generation& generation,
                                                                        ProviderName provider,
                                                                        io::Cancellation& cancellation);

}  // namespace gw::chat
