/// What a session has read and not yet answered. Overwritten as it is consumed: requests may carry secrets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

namespace jeton::front {

class InputBuffer {
public:
    InputBuffer() : bytes_(usual_size) {}
    InputBuffer(const InputBuffer&) = delete;
    InputBuffer& operator=(const InputBuffer&) = delete;
    ~InputBuffer() { explicit_bzero(bytes_.data() + begin_, end_ - begin_); }

    [[nodiscard]] std::string_view view() const { return {bytes_.data() + begin_, end_ - begin_}; }
    [[nodiscard]] char* room() { return bytes_.data() + end_; }
    [[nodiscard]] std::size_t room_size() const { return bytes_.size() - end_; }

    /// Makes room for at least one more byte; views taken before are void.
    void make_room() {
        if (end_ < bytes_.size()) return;
        if (begin_ > 0) {
            const auto kept = end_ - begin_;
            std::memmove(bytes_.data(), bytes_.data() + begin_, kept);
            explicit_bzero(bytes_.data() + kept, begin_);
            begin_ = 0;
            end_ = kept;
            return;
        }
        resize(bytes_.size() * 2);
    }
    void commit(std::size_t count) { end_ += count; }

    void consume(std::size_t count) {
        explicit_bzero(bytes_.data() + begin_, count);
        begin_ += count;
        if (begin_ < end_) return;
        begin_ = end_ = 0;
        if (bytes_.size() > usual_size) resize(usual_size);
    }

private:
    static constexpr std::size_t usual_size = 4096;

    void resize(std::size_t size) {
        std::vector<char> other(size);
        std::copy_n(bytes_.data(), end_, other.data());
        explicit_bzero(bytes_.data(), end_);
        bytes_.swap(other);
    }

    std::vector<char> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace jeton::front
