#include "config/config_loader.h"
#include "config/embedded_etc.h"

namespace gw::config {

SourceTree embeddedTree() {
    SourceTree tree;
    for (const EmbeddedFile& each : embeddedFiles()) {
        SourceFile file{"(embedded) " + std::string(each.path), std::string(each.text)};
        if (tree.main.path.empty())
            tree.main = std::move(file);
        else
            tree.plugins.push_back({std::move(file), {}});
    }
    return tree;
}

}  // namespace gw::config
