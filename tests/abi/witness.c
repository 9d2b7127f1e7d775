/* Exports one function per table and struct, so that abidiff sees the types that cross the boundary. */
#include <gwp/middleware.h>
#include <gwp/storage.h>

#define WITNESS(T) GWP_EXPORT void witness_##T(const T *p); void witness_##T(const T *p) { (void)p; }
WITNESS(gwp_host)
WITNESS(gwp_svc_log)
WITNESS(gwp_svc_metrics)
WITNESS(gwp_svc_secrets)
WITNESS(gwp_svc_timer)
WITNESS(gwp_svc_task)
WITNESS(gwp_svc_http)
WITNESS(gwp_svc_kv)
WITNESS(gwp_svc_json)
WITNESS(gwp_svc_thread_check)
WITNESS(gwp_library)
WITNESS(gwp_provider)
WITNESS(gwp_storage)
WITNESS(gwp_middleware)
WITNESS(gwp_txn_api)
WITNESS(gwp_upstream_view)
WITNESS(gwp_schema)
