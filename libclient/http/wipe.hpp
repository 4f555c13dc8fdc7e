/// Text that may hold a token or a secret: its memory is overwritten before it is given back.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <string.h>

namespace jeton::client {

/// Overwrites the characters of `text`, its spare capacity included, and empties it.
inline void wipe(std::string& text) noexcept {
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

/// A growing text that never leaves a copy behind: it is moved, and wiped when it grows, is assigned or ends.
class WipedText {
public:
    WipedText() = default;
    explicit WipedText(std::string&& text) : text_(std::move(text)) {
        wipe(text);
    }  // a short text is copied, not moved
    WipedText(WipedText&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
    WipedText& operator=(WipedText&& other) noexcept {
        if (this != &other) {
            wipe(text_);
            text_ = std::move(other.text_);
            wipe(other.text_);
        }
        return *this;
    }
    WipedText(const WipedText&) = delete;
    WipedText& operator=(const WipedText&) = delete;
    ~WipedText() { wipe(text_); }

    void append(std::string_view more) {
        if (text_.size() + more.size() > text_.capacity()) grow(text_.size() + more.size());
        text_.append(more);
    }
    void erase_front(std::size_t count) { text_.erase(0, count); }
    void truncate(std::size_t size) { text_.resize(size); }

    [[nodiscard]] std::string_view view() const noexcept { return text_; }
    [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

private:
    void grow(std::size_t needed) {
        std::string larger;
        larger.reserve(needed + needed / 2 + 64);
        larger.append(text_);
        wipe(text_);
        text_.swap(larger);
    }

    std::string text_;
};

}  // namespace jeton::client
