#pragma once
#include "plugin_host/record_store.h"

namespace gw::storage {

/// What the folders above know of the storage plugin: they run repositories in a session of it, and nothing else.
using Store = plugin_host::RecordStore;
using StoreSession = plugin_host::RecordSession;

}  // namespace gw::storage
