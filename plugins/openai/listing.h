#pragma once
#include "emitter.h"
#include "json_value.h"

namespace openai {

/// An embeddings answer to EMBEDDING and USAGE events; base64 becomes packed floats. Throws gwp::error when it is none.
void readEmbeddings(Json root, gwp_arena* scratch, Emitter& out);
/// A model list to MODEL events: {"data":[…]}, {"models":[…]}, [...], of objects or names. Throws gwp::error when it is
/// none.
void readModels(Json root, Emitter& out);

}  // namespace openai
