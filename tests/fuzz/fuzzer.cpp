/// The same targets under libFuzzer: `fuzzer --target=NAME FOLDER [-max_total_time=SECONDS …]`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sanitizer/lsan_interface.h>

#include <openssl/rand.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/issuer/libcrypto.hpp"
#include "tests/fuzz/target.hpp"

namespace {

const jeton::fuzz::Target* chosen = nullptr;

/// libcrypto keeps its generators as long as the process lives, in locked memory, where nobody looks for pointers: to
/// whoever searches for leaks they seem lost.
void make_generators() {
    const __lsan::ScopedDisabler unseen;
    jeton::vault::prepare_libcrypto();
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1 || RAND_priv_bytes(&byte, 1) != 1) std::abort();
}

}  // namespace

/// However it is started: by itself the runtime tells of undefined behaviour and goes on, and the run would end well.
extern "C" const char* __ubsan_default_options();  // NOLINT(bugprone-reserved-identifier): so clang's runtime calls it
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:print_stacktrace=1"; }

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
    constexpr std::string_view option = "--target=";
    make_generators();
    jeton::log::set_level(jeton::log::Level::error);  // a warning of each broken frame is most of its time
    for (int i = 1; i < *count; ++i) {
        const std::string_view word{(*words)[i]};
        if (!word.starts_with(option)) continue;
        for (const auto& target : jeton::fuzz::targets()) {
            if (word.substr(option.size()) == target.name) chosen = &target;
        }
    }
    if (chosen != nullptr) return 0;
    std::fprintf(stderr, "name one: --target=");
    for (const auto& target : jeton::fuzz::targets()) std::fprintf(stderr, "%s ", target.name);
    std::fprintf(stderr, "\n");
    std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    chosen->feed({reinterpret_cast<const char*>(data), size});
    return 0;
}
