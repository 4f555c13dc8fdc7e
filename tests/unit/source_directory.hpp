/// Where the sources are: for tests that read documents and golden files.
#pragma once

#include <string_view>

namespace jeton::test {

extern const std::string_view source_directory;  ///< absolute, without a slash at the end

}  // namespace jeton::test
