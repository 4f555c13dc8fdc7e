#include "libclient/library/kept_page.hpp"

namespace jeton::library {

std::shared_ptr<const KeptPage> KeptPage::open(const std::string& socket_directory) {
    const auto directory = socket_directory + "/" + page::page_directory_name;
    auto kept = std::make_shared<KeptPage>();
    if (kept->mapped_.open(directory.c_str()) != page::PageProblem::none || !kept->mark_.is_free()) return nullptr;
    return kept;
}

}  // namespace jeton::library
