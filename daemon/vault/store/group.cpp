#include "daemon/vault/store/group.hpp"

#include "daemon/vault/store/engine.hpp"

namespace jeton::vault {

detail::Savepoint::Savepoint(Engine& engine) : engine_(engine) { engine_.begin_savepoint(); }

detail::Savepoint::~Savepoint() {
    if (open_) engine_.roll_back_savepoint();
}

void detail::Savepoint::release() {
    engine_.release_savepoint();
    open_ = false;
}

Group::Group(Engine& engine) : engine_(engine) { engine_.begin_group(); }

Group::~Group() {
    if (!finished_) engine_.abandon_group();
}

bool Group::lost() const { return engine_.lost(); }

void Group::commit() {
    finished_ = true;
    engine_.commit_group();
}

}  // namespace jeton::vault
