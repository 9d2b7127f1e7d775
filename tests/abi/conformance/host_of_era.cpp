#include "tests/abi/conformance/host_of_era.h"

namespace gw::conformance {

namespace {

gwp_host withServices(const void* (*get_service)(gwp_hctx*, gwp_str)GWP_NX) {
    gwp_host host = plugin_host::gwpHost();
    host.get_service = get_service;
    return host;
}

}  // namespace

HostOfEra::HostOfEra(Era era) : era_(era), host_(era, withServices(getService)) {
    context_.name = "conformance";
    context_.self = life_;
    context_.grants = {"net", "kv", "secrets.reveal", "threads", "state_dir", "auth.principal"};
    context_.metrics.bind(metrics_, "conformance");
    context_.defining = true;
    current_ = this;
}

const void* HostOfEra::getService(gwp_hctx* hc, gwp_str id) noexcept {
    const void* table = plugin_host::gwpHost().get_service(hc, id);
    return table == nullptr ? nullptr : current_->dress(plugin_host::view(id), table);
}

const void* HostOfEra::dress(std::string_view id, const void* table) {
    std::uint32_t size = 0;
    std::memcpy(&size, table, sizeof size);  // every table begins with its struct_size
    const bool vital = id == GWP_SVC_JSON;
    if (era_ == Era::Older && !vital && id != GWP_SVC_LOG) return nullptr;
    auto& bytes = dressed_[std::string(id)];
    if (!bytes.empty()) return bytes.data();
    bytes.assign(size + 64, era_ == Era::NewerFilled ? 0xAA : 0);
    std::memcpy(bytes.data(), table, size);
    std::uint32_t told = era_ >= Era::NewerZero ? size + 64 : size;
    if (era_ == Era::Older && !vital) told = offsetof(gwp_svc_log, write);  // enabled() is there, write() is not
    std::memcpy(bytes.data(), &told, sizeof told);
    if (told < size) std::memset(bytes.data() + told, 0xAA, size - told);  // whoever reads on, crashes
    return bytes.data();
}

}  // namespace gw::conformance
