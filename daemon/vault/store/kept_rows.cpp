#include "daemon/vault/store/kept_rows.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace jeton::vault {

void KeptRows::change() {
    answers_.clear();
    size_ = 0;
    changing_ = true;
}

/// Two questions differ in a byte: every part stands behind its kind and its length.
std::string KeptRows::question_of(std::size_t table, std::string_view clause, std::span<const Value> parameters) {
    std::string question;
    question.reserve(128);
    const auto number = [&](std::uint64_t value) {
        question.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    const auto text = [&](const void* bytes, std::size_t size) {
        number(size);
        question.append(static_cast<const char*>(bytes), size);
    };
    number(table);
    text(clause.data(), clause.size());
    for (const auto& parameter : parameters) {
        number(parameter.index());
        std::visit(
            [&](const auto& cell) {
                using T = std::decay_t<decltype(cell)>;
                if constexpr (std::is_same_v<T, std::int64_t>) number(static_cast<std::uint64_t>(cell));
                if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>)
                    text(cell.data(), cell.size());
            },
            parameter);
    }
    return question;
}

void KeptRows::keep(const std::string& question, std::shared_ptr<const void> rows, std::size_t count) {
    if (size_ + count + 1 > limit) {
        answers_.clear();
        size_ = 0;
    }
    answers_.emplace(question, std::move(rows));
    size_ += count + 1;
}

}  // namespace jeton::vault
