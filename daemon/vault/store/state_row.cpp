#include "daemon/vault/store/state_row.hpp"

#include <algorithm>
#include <string_view>

#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/keys/macs.hpp"

namespace jeton::vault {

namespace {

constexpr std::string_view without_inheritance = "jeton state 1";
constexpr std::string_view with_inheritance = "jeton state 2";  // has one field more

}  // namespace

Bytes sealed_state(const RootKey& root, const Counters& counters) {
    const auto& inheritance = root.sealed_inheritance();
    Fields fields{inheritance.empty() ? without_inheritance : with_inheritance};
    fields.number(counters.epoch)
        .number(counters.audit.sequence)
        .bytes(counters.audit.hash)
        .bytes(counters.set.bytes());
    fields.number(counters.high_water.time_since_epoch().count());
    if (!inheritance.empty()) fields.bytes(inheritance);
    return seal_state(root, fields.span());
}

void write_state(Database& database, Bytes sealed) {
    database.run("INSERT INTO state (id, sealed) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
                 {std::move(sealed)});
}

void write_state(Database& database, const RootKey& root, const Counters& counters) {
    write_state(database, sealed_state(root, counters));
}

std::optional<Counters> read_state(Database& database, RootKey& root) {
    const auto rows = database.query("SELECT sealed FROM state WHERE id = 1");
    if (rows.empty()) return std::nullopt;
    const auto* sealed = std::get_if<Bytes>(rows.front().data());
    if (sealed == nullptr) return std::nullopt;
    const auto plain = open_state(root, *sealed);
    if (!plain) return std::nullopt;

    FieldReader reader{*plain};
    const auto purpose = reader.bytes();
    const auto epoch = reader.number();
    const auto sequence = reader.number();
    const auto hash = reader.bytes();
    const auto set = reader.bytes();
    const auto high_water = reader.number();
    if (!purpose || !epoch || !sequence || !hash || !set || !high_water) return std::nullopt;
    if (text_of(*purpose) == with_inheritance) {
        const auto inheritance = reader.bytes();
        if (!inheritance || !root.inherit(*inheritance)) return std::nullopt;
    } else if (text_of(*purpose) != without_inheritance) {
        return std::nullopt;
    }
    Counters counters;
    if (hash->size() != counters.audit.hash.size() || set->size() != SetHash::size) return std::nullopt;
    counters.epoch = *epoch;
    counters.audit.sequence = *sequence;
    std::ranges::copy(*hash, counters.audit.hash.begin());
    counters.set = SetHash::from(set->first<SetHash::size>());
    counters.high_water = UtcSeconds{std::chrono::seconds{*high_water}};
    return counters;
}

}  // namespace jeton::vault
