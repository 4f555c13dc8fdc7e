/// docs/openapi.yaml and the route tables, held against each other in both directions.
#include <fstream>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "daemon/front/routes/health.hpp"
#include "daemon/front/routes/metrics.hpp"
#include "daemon/front/routes/route.hpp"
#include "daemon/front/routes/token.hpp"
#include "libclient/protocol/errors.hpp"
#include "tests/unit/source_directory.hpp"

using namespace jeton;
using namespace jeton::front;

namespace {

const std::string description = std::string{jeton::test::source_directory} + "/docs/openapi.yaml";

/// `METHOD path` of each operation: the description keeps paths two blanks deep and methods four.
std::set<std::string> described() {
    std::set<std::string> operations;
    std::ifstream file{description};
    REQUIRE(file);
    std::string path;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("  /")) path = line.substr(2, line.find_last_not_of(" :") - 1);
        for (const std::string_view method : {"get", "post", "put", "delete", "patch"}) {
            if (!path.empty() && line == "    " + std::string{method} + ":") {
                std::string upper{method};
                for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
                operations.insert(upper + " " + path);
            }
        }
        if (line.starts_with("components:")) break;
    }
    return operations;
}

std::set<std::string> routed() {
    std::set<std::string> operations{"GET " + std::string{health_path}, "GET " + std::string{metrics_path}};
    for (const auto tables : {control_routes(), token_socket_routes()}) {
        for (const auto& table : tables) {
            for (const auto& route : table)
                operations.insert(std::string{route.method} + " " + std::string{route.pattern});
        }
    }
    for (const auto path : token_paths()) operations.insert("POST " + std::string{path});
    return operations;
}

}  // namespace

TEST_CASE("the API description names every route, and no other") { CHECK(described() == routed()); }

TEST_CASE("the API description names every error code of the closed list") {
    std::ifstream file{description};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    for (const auto& word : protocol::error_words) {
        INFO(word.name);
        CHECK(text.find(word.name) != std::string::npos);
    }
}
