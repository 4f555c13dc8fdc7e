/// A file descriptor with one owner.
#pragma once

#include <utility>

#include <unistd.h>

namespace jeton::client {

class UniqueHandle {
public:
    UniqueHandle() = default;
    explicit UniqueHandle(int handle) : handle_(handle) {}
    UniqueHandle(UniqueHandle&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    UniqueHandle& operator=(UniqueHandle&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    UniqueHandle(const UniqueHandle&) = delete;
    UniqueHandle& operator=(const UniqueHandle&) = delete;
    ~UniqueHandle() {
        if (handle_ >= 0) ::close(handle_);
    }

    [[nodiscard]] int get() const noexcept { return handle_; }
    explicit operator bool() const noexcept { return handle_ >= 0; }

private:
    int handle_ = -1;
};

}  // namespace jeton::client
