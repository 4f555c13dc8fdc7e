/// The one way to write fields into bytes without ambiguity, for associated data, MACs and sealed rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "daemon/base/encoding.hpp"

namespace jeton::vault {

/// Fields one after the other: a text or byte string as its length (64 bits, little-endian) and its bytes, a number as
/// 64 bits little-endian. For one purpose the list of kinds is fixed, so that no two lists give the same bytes.
class Fields {
public:
    Fields() { bytes_.reserve(usual_size); }
    /// Goes on behind what is there.
    explicit Fields(Bytes begun) : bytes_(std::move(begun)) {}
    /// `purpose`, the first field, separates the uses of the same key.
    explicit Fields(std::string_view purpose) : Fields() { text(purpose); }
    Fields& text(std::string_view value) { return bytes(bytes_of(value)); }
    Fields& bytes(std::span<const unsigned char> value);
    Fields& number(std::int64_t value);
    [[nodiscard]] std::span<const unsigned char> span() const { return bytes_; }
    [[nodiscard]] Bytes take() { return std::move(bytes_); }

private:
    static constexpr std::size_t usual_size = 768;  ///< of a row: it does not grow step by step

    Bytes bytes_;
};

/// Reads them back; nothing where the bytes end too early.
class FieldReader {
public:
    explicit FieldReader(std::span<const unsigned char> bytes) : rest_(bytes) {}
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] std::optional<std::int64_t> number();
    /// Points into the bytes given at construction.
    [[nodiscard]] std::optional<std::span<const unsigned char>> bytes();

private:
    std::span<const unsigned char> rest_;
};

}  // namespace jeton::vault
