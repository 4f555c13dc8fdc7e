#include "daemon/vault/store/mac_index.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "daemon/base/encoding.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t first_slots = 16;

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

std::optional<MacIndex::Key> MacIndex::key_of(std::string_view id) {
    Key key{};
    if (id.size() != 2 * key.size()) return std::nullopt;
    for (std::size_t i = 0; i < key.size(); ++i) {
        const auto high = digit_of(id[2 * i]);
        const auto low = digit_of(id[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        key[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return key;
}

std::size_t MacIndex::home_of(const Key& key) const {
    std::uint64_t bits = 0;
    std::memcpy(&bits, key.data(), sizeof bits);
    return static_cast<std::size_t>(bits) & (slots_.size() - 1);
}

std::size_t MacIndex::slot_of(const Key& key) const {
    auto slot = home_of(key);
    while (slots_[slot] != vacant && entries_[slots_[slot]].key != key) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
}

const Mac* MacIndex::find(std::string_view id) const {
    const auto key = key_of(id);
    if (!key) {
        const auto other = others_.find(id);
        return other == others_.end() ? nullptr : &other->second;
    }
    if (slots_.empty()) return nullptr;
    const auto at = slots_[slot_of(*key)];
    return at == vacant ? nullptr : &entries_[at].mac;
}

void MacIndex::insert_or_assign(std::string_view id, const Mac& mac) {
    const auto key = key_of(id);
    if (!key) {
        others_.insert_or_assign(std::string{id}, mac);
        return;
    }
    if (4 * (entries_.size() + 1) > 3 * slots_.size()) grow();
    auto& at = slots_[slot_of(*key)];
    if (at != vacant) {
        entries_[at].mac = mac;
        return;
    }
    at = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({*key, mac});
}

void MacIndex::erase(std::string_view id) {
    const auto key = key_of(id);
    if (!key) {
        if (const auto other = others_.find(id); other != others_.end()) others_.erase(other);
        return;
    }
    if (slots_.empty()) return;
    const auto mask = slots_.size() - 1;
    auto gap = slot_of(*key);
    const auto at = slots_[gap];
    if (at == vacant) return;
    if (const auto last = static_cast<std::uint32_t>(entries_.size() - 1); at != last) {
        slots_[slot_of(entries_[last].key)] = at;
        entries_[at] = entries_[last];
    }
    entries_.pop_back();
    // What was pushed behind the gap moves up, so that no search ends there too early.
    for (auto next = (gap + 1) & mask; slots_[next] != vacant; next = (next + 1) & mask) {
        const auto home = home_of(entries_[slots_[next]].key);
        if (((next - home) & mask) < ((next - gap) & mask)) continue;
        slots_[gap] = slots_[next];
        gap = next;
    }
    slots_[gap] = vacant;
}

void MacIndex::each(const std::function<bool(const std::string&, const Mac&)>& visit) const {
    for (const auto& entry : entries_) {
        if (!visit(hex(entry.key), entry.mac)) return;
    }
    for (const auto& [id, mac] : others_) {
        if (!visit(id, mac)) return;
    }
}

void MacIndex::grow() {
    slots_.assign(std::max(first_slots, 2 * slots_.size()), vacant);
    for (std::size_t i = 0; i < entries_.size(); ++i) slots_[slot_of(entries_[i].key)] = static_cast<std::uint32_t>(i);
}

}  // namespace jeton::vault
