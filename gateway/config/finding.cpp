#include "config/finding.h"

#include <algorithm>

namespace gw::config {

bool hasErrors(const Findings& findings) noexcept {
    return std::ranges::any_of(findings, [](const Finding& each) { return each.severity == Finding::Severity::Error; });
}

std::string toText(const Finding& finding) {
    std::string text = finding.file;
    if (finding.line > 0) text += ':' + std::to_string(finding.line);
    text += ": ";
    if (!finding.field.empty()) text += finding.field + ": ";
    if (finding.severity == Finding::Severity::Warning) text += "warning: ";
    return text + finding.reason;
}

}  // namespace gw::config
