#include "tests/unit/source_directory.hpp"

namespace jeton::test {

constinit const std::string_view source_directory = JETON_SOURCE_DIR;

}  // namespace jeton::test
