// Verbs: binding.add, binding.remove, binding.list, binding.explain
#include "daemon/vault/services/bindings.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/vault/services/explanation.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/verbs/binding_view.hpp"
#include "daemon/vault/verbs/identity_of.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/page_by_connection.hpp"
#include "daemon/vault/verbs/peer_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::array warnings_of(const Binding& binding) {
    json::array warnings;
    if (binding.kind == BindingKind::pattern) {
        warnings.emplace_back("It holds for every tenant of the app there, also for those that come later.");
    }
    if (!binding.unit.empty()) {
        warnings.emplace_back(
            "A unit guards against mistakes, not against another process of the same user that means harm.");
    }
    if (binding.allow_container) {
        warnings.emplace_back("Any container that runs a process under this uid gets these tokens.");
    }
    return warnings;
}

std::string key_of(Transaction& tx, const Binding& binding) {
    return fmt::format("{} {} {}", target_of(tx, binding), described(binding), binding.id.text);
}

/// First those that are for no single connection, then by connection: nothing is sorted.
Result<Outcome> page_of_many(Call& call, const Page& page, const std::function<bool(const Binding&)>& is_asked_for) {
    bool is_first = is_at_the_first_connection(page);
    return page_by_connection(call, page, {}, [&](const FoundConnection& found) {
        std::vector<KeyedRow> rows;
        const auto add = [&](const std::vector<Binding>& bindings, std::string_view order) {
            for (const auto& binding : bindings) {
                if (!is_asked_for(binding)) continue;
                rows.push_back({std::string{order} + key_of(call.tx, binding), binding_view(call.tx, binding)});
            }
        };
        if (std::exchange(is_first, false)) add(bindings::of_no_connection(call.tx), "first ");
        add(bindings::of_connection(call.tx, found.connection.id), "then ");
        return rows;
    });
}

}  // namespace

Result<Outcome> binding_add(Call& call) {
    protocol::Fields in{call.body};
    NewBinding wanted;
    wanted.connection = in.optional_text("connection");
    wanted.introspect = in.optional_text("introspect");
    wanted.app = in.optional_text("app");
    wanted.resource = in.optional_text("resource");
    wanted.identity = identity_of(in);
    wanted.is_default = in.flag("default");
    wanted.allow_container = in.flag("allow_container");
    wanted.life = lifetime_of(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto binding = add_binding(call.tx, call.peer, wanted, call.now());
    if (!binding) return binding.error();
    auto row = binding_view(call.tx, *binding);
    row["warnings"] = warnings_of(*binding);
    return done(std::move(row));
}

Result<Outcome> binding_remove(Call& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("binding");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto removed = remove_binding(call.tx, call.peer, id, call.now());
    if (!removed) return removed.error();
    return done({{"id", removed->id.text},
                 {"message",
                  fmt::format("{} gets no tokens by binding {} any more.", described(*removed), removed->id.brief())}});
}

Result<Outcome> binding_list(Call& call) {
    protocol::Fields in{call.body};
    const auto page = Page::read(in);
    const auto connection = in.optional_text("connection");
    const auto user = in.optional_text("user");
    const auto group = in.optional_text("group");
    const auto unit = in.optional_text("unit");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto is_asked_for = [&](const Binding& binding) {
        return (!user || asks_for_user(binding, *user)) && (!group || asks_for_group(binding, *group)) &&
               (!unit || binding.unit == *unit);
    };
    if (!connection && bindings::count(call.tx) > sorted_at_most &&
        bindings::of_no_connection(call.tx).size() <= sorted_at_most / 2) {
        return page_of_many(call, page, is_asked_for);
    }
    std::vector<Binding> all;
    if (connection) {
        const auto name = parse_connection_name(*connection);
        if (!name) return name.error();
        const auto found = find_connection(call.tx, *name);
        if (!found) return found.error();
        all = bindings::of_connection(call.tx, found->connection.id);
        std::ranges::move(bindings::of_pattern(call.tx, found->app.id, found->environment.id), std::back_inserter(all));
    } else {
        all = bindings::list(call.tx);
    }
    std::erase_if(all, [&](const Binding& binding) { return !is_asked_for(binding); });
    return page_of(
        std::move(all), page, [&](const Binding& binding) { return key_of(call.tx, binding); },
        [&](const Binding& binding) { return binding_view(call.tx, binding); });
}

Result<Outcome> binding_explain(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto* described_peer = in.object("seen");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    auto seen = call.peer;
    if (described_peer != nullptr) {
        auto read = read_peer(call.body.get_object().at("seen"));
        if (!read) return read.error();
        seen = *std::move(read);
    }
    const auto found = find_connection(call.tx, *name);
    if (!found) return found.error();
    const auto explanation = explain(call.tx, *found, seen, call.now());
    json::array weighed;
    for (const auto& [binding, missing] : explanation.bindings) {
        weighed.push_back({{"id", binding.id.text},
                           {"connection", target_of(call.tx, binding)},
                           {"identity", described(binding)},
                           {"holds", missing.empty()},
                           {"lacks", json::value_from(missing)}});
    }
    return done({{"connection", found->name()},
                 {"state", name_of(found->connection.state)},
                 {"seen", peer_view(seen)},
                 {"binding", explanation.binding ? json::value(explanation.binding->id.text) : json::value(nullptr)},
                 {"bindings", std::move(weighed)},
                 {"verdict", explanation.verdict},
                 {"next", explanation.next}});
}

}  // namespace jeton::vault::verbs
