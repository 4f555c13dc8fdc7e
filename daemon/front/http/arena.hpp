/// Memory of one request's head: a fixed block, reset and overwritten after each request.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <new>

namespace jeton::front {

/// Where the rest of an unusually large head goes: the heap, overwritten when it is given back.
class WipingHeap final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return ::operator new(bytes, std::align_val_t{alignment});
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        explicit_bzero(memory, bytes);
        ::operator delete(memory, bytes, std::align_val_t{alignment});
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

class Arena final : public std::pmr::memory_resource {
public:
    Arena() : resource_(block_.data(), block_.size(), &heap_) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() override { reset(); }

    /// Everything allocated so far is void.
    void reset() {
        resource_.release();
        explicit_bzero(block_.data(), std::min(used_, block_.size()));
        used_ = 0;
    }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        used_ += bytes + alignment;
        return resource_.allocate(bytes, alignment);
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    alignas(std::max_align_t) std::array<std::byte, 4096> block_;
    std::size_t used_ = 0;
    WipingHeap heap_;
    std::pmr::monotonic_buffer_resource resource_;
};

}  // namespace jeton::front
