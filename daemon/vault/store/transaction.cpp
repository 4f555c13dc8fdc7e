#include "daemon/vault/store/transaction.hpp"

#include <algorithm>
#include <utility>

#include "daemon/vault/store/engine.hpp"

namespace jeton::vault {

const RootKey& Transaction::root() const { return engine_->root_key(); }

const DataKey& Transaction::data_key(const Environment& environment) {
    return engine_->data_key(environment.id.text, environment.key_generation, environment.wrapped_data_key);
}

const DataKey& Transaction::data_key(const Environment& environment, const SealedPlace& place) {
    if (place.generation == environment.key_generation) return data_key(environment);
    if (place.generation != environment.key_generation - 1 || environment.retiring_data_key.empty()) {
        throw Tampered(place.table, place.id, "is sealed under a data key that its environment does not have");
    }
    return engine_->data_key(environment.id.text, place.generation, environment.retiring_data_key);
}

void Transaction::replace_root(RootKey next) { engine_->replace_root(std::move(next)); }

void Transaction::destroys_key() { engine_->destroys_key(); }

void Transaction::append_audit(const AuditEntry& entry) { engine_->append_audit(entry); }

std::int64_t Transaction::epoch() const { return engine_->authority.counters().epoch; }

const std::string& Transaction::instance() const { return engine_->instance; }

UtcSeconds Transaction::high_water() const {
    return std::max(engine_->authority.counters().high_water, engine_->time.now());
}

std::vector<Record> Transaction::read(const TableInfo& table, std::string_view where,
                                      std::initializer_list<Value> parameters) {
    return engine_->read(table, where, parameters);
}

}  // namespace jeton::vault
