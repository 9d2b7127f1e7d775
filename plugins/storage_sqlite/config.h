// storage_sqlite/config.h - the instance's configuration, as the host validated it.
#pragma once
#include <string_view>

#include "connection.h"

namespace sqlite_store {

inline constexpr std::string_view kConfigSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "path": {"type": "string", "minLength": 1, "maxLength": 4096, "default": "var/gateway.db",
      "description": "The database file; its directory is made when absent."},
    "synchronous": {"type": "string", "enum": ["full", "normal"], "default": "full",
      "description": "full: what was acknowledged survives a power cut. normal: it survives a crash of the gateway only."},
    "busy_timeout_ms": {"type": "integer", "minimum": 0, "maximum": 60000, "default": 5000, "x-gwp-unit": "ms"},
    "integrity_check": {"type": "string", "enum": ["quick", "full", "off"], "default": "quick",
      "description": "What is examined at start."},
    "cache_kib": {"type": "integer", "minimum": 64, "maximum": 1048576, "default": 2048, "x-gwp-unit": "KiB",
      "description": "Page cache of each session."},
    "backup_path": {"type": "string", "maxLength": 4096, "default": "",
      "description": "Where a consistent copy is written, replaced whole each time. Empty: no copies."},
    "backup_interval_s": {"type": "integer", "minimum": 1, "maximum": 2592000, "default": 3600, "x-gwp-unit": "s"}
  }
})json";

/// Absent members keep their default. Throws GWP_E_INVALID for a text that is not a flat JSON object.
Options readConfig(std::string_view json);

}  // namespace sqlite_store
