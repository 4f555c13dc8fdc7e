#include "daemon/vault/issuer/libcrypto.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include <malloc.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "daemon/vault/issuer/libcrypto_handles.hpp"

namespace jeton::vault {
namespace {

/// An RSA key of 3072 bits needs about 2 KiB, and one key is in use at a time.
constexpr std::size_t locked_heap_size = 64UZ * 1024;
constexpr std::size_t locked_heap_unit = 32;

// NOLINTBEGIN(cppcoreguidelines-no-malloc): these are the allocator
void* take(std::size_t size, const char* /*file*/, int /*line*/) { return std::malloc(size); }

/// Overwritten first, as all memory of our processes is (base/wiped_heap): OpenSSL leaves parts of private keys in
/// what it frees.
void give_back(void* memory, const char* /*file*/, int /*line*/) {
    if (memory != nullptr) explicit_bzero(memory, ::malloc_usable_size(memory));
    std::free(memory);
}
// NOLINTEND(cppcoreguidelines-no-malloc)

void* take_other(void* memory, std::size_t size, const char* file, int line) {
    void* const other = take(size, file, line);
    if (other == nullptr || memory == nullptr) return other;
    std::memcpy(other, memory, std::min(size, ::malloc_usable_size(memory)));
    give_back(memory, file, line);
    return other;
}

bool set_up() {
    if (CRYPTO_set_mem_functions(take, take_other, give_back) != 1) {
        throw std::logic_error("libcrypto has taken memory before it was told to wipe what it frees");
    }
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) {
        throw_libcrypto_fault();
    }
    // 2: there, but neither locked nor guarded.
    if (CRYPTO_secure_malloc_init(locked_heap_size, locked_heap_unit) != 1) {
        throw std::runtime_error(
            "the kernel refuses to lock 64 KiB of memory for signing keys; raise LimitMEMLOCK= of the unit, or "
            "`ulimit -l`, to 8 MiB");
    }
    return true;
}

}  // namespace

void prepare_libcrypto() {
    static const bool done = set_up();
    (void)done;
}

void throw_libcrypto_fault() {
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    forget_errors();
    throw std::runtime_error("libcrypto: " + std::string{reason.data()});
}

void require_success(int result) {
    if (result != 1) throw_libcrypto_fault();
}

void forget_errors() noexcept { ERR_clear_error(); }

}  // namespace jeton::vault
