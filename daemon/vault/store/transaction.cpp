#include "daemon/vault/store/transaction.hpp"

#include <algorithm>

#include "daemon/vault/store/engine.hpp"

namespace jeton::vault {

const RootKey& Transaction::root() const { return engine_->root_key(); }

const DataKey& Transaction::data_key(const Environment& environment) {
    return engine_->data_key(environment.id.text, environment.key_generation, environment.wrapped_data_key);
}

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
