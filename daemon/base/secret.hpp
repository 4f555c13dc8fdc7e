/// Memory for what must never leave a process: locked, out of core dumps, overwritten before it is given back.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace jeton {

/// Size of the locked arena of this process, bytes. A process may lock 8 MiB on a stock host: three processes, each
/// well below.
inline constexpr std::size_t secure_arena_size = 1024UZ * 1024;

/// Locks the arena now. Throws std::runtime_error with the reason and the mend where the kernel refuses to lock it.
/// Called once, early in `main`; a later first use calls it too. Not thread-safe before it has returned once.
void prepare_secure_memory();

namespace detail {
/// Throws std::bad_alloc when the arena is full. Thread-safe.
void* secure_allocate(std::size_t bytes);
void secure_deallocate(void* memory, std::size_t bytes) noexcept;
}  // namespace detail

template <class T>
struct SecureAllocator {
    using value_type = T;
    SecureAllocator() = default;
    template <class U>
    SecureAllocator(const SecureAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): allocators convert
    T* allocate(std::size_t count) { return static_cast<T*>(detail::secure_allocate(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t count) noexcept { detail::secure_deallocate(memory, count * sizeof(T)); }
    template <class U>
    bool operator==(const SecureAllocator<U>&) const noexcept {
        return true;
    }
};

/// A secret byte string in the locked arena. Movable, copied only on purpose (`copy()`); has no formatter, so it cannot
/// be logged.
class SecretBytes {
public:
    SecretBytes() = default;
    explicit SecretBytes(std::size_t size) : bytes_(size) {}
    explicit SecretBytes(std::span<const unsigned char> bytes) : bytes_(bytes.begin(), bytes.end()) {}
    SecretBytes(SecretBytes&&) noexcept = default;
    SecretBytes& operator=(SecretBytes&&) noexcept = default;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
    ~SecretBytes() = default;

    [[nodiscard]] unsigned char* data() { return bytes_.data(); }
    [[nodiscard]] const unsigned char* data() const { return bytes_.data(); }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    [[nodiscard]] std::span<const unsigned char> span() const { return bytes_; }
    [[nodiscard]] std::span<unsigned char> span() { return bytes_; }
    [[nodiscard]] SecretBytes copy() const { return SecretBytes{span()}; }
    void clear() { std::vector<unsigned char, SecureAllocator<unsigned char>>{}.swap(bytes_); }

private:
    std::vector<unsigned char, SecureAllocator<unsigned char>> bytes_;
};

/// A secret text (a client secret, a recovery key), same memory and same rules as `SecretBytes`.
class SecretText {
public:
    SecretText() = default;
    explicit SecretText(std::string_view text) : text_(text.begin(), text.end()) {}
    SecretText(SecretText&&) noexcept = default;
    SecretText& operator=(SecretText&&) noexcept = default;
    SecretText(const SecretText&) = delete;
    SecretText& operator=(const SecretText&) = delete;
    ~SecretText() = default;

    [[nodiscard]] std::string_view reveal() const { return {text_.data(), text_.size()}; }
    [[nodiscard]] std::size_t size() const { return text_.size(); }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    [[nodiscard]] SecretText copy() const { return SecretText{reveal()}; }
    void append(std::string_view more) { text_.insert(text_.end(), more.begin(), more.end()); }

private:
    std::vector<char, SecureAllocator<char>> text_;
};

/// Compares without telling by its time where two texts differ (their lengths are public).
[[nodiscard]] bool equal_constant_time(std::string_view left, std::string_view right);

}  // namespace jeton
