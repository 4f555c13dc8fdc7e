#include "daemon/vault/store/audit_search.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jeton::vault::audit {
namespace {

constexpr std::string_view columns =
    "sequence, at, host, actor_uid, actor_user, actor_pid, actor_command, event, subject, connection, tenant, via, "
    "refused, detail, count, actor_unit, hash";

Value seconds(UtcSeconds at) { return std::int64_t{at.time_since_epoch().count()}; }

/// The uid that a user is written as in digits.
std::optional<std::int64_t> uid_of(const std::string& user) {
    std::int64_t uid = 0;
    const auto* last = user.data() + user.size();
    const auto [end, error] = std::from_chars(user.data(), last, uid);
    return error == std::errc{} && end == last ? std::optional{uid} : std::nullopt;
}

/// No event that `glob` means begins with `token.`: those are nearly all entries of a busy host.
bool means_no_token_event(std::string_view glob) {
    constexpr std::string_view token = "token.";
    const auto fixed = glob.substr(0, std::min(glob.find_first_of("*?["), glob.size()));
    const auto common = std::min(fixed.size(), token.size());
    return fixed.substr(0, common) != token.substr(0, common);
}

/// What a search asks the database, made of fixed texts; values are bound.
class Conditions {
public:
    explicit Conditions(const Filter& filter) {
        // The first that is there names the index. A partial index is used only where its own condition stands in the
        // text.
        if (filter.connection) add(" AND connection = ? AND connection <> ''", *filter.connection, "audit_connection");
        if (filter.tenant) add(" AND tenant = ? AND tenant <> ''", *filter.tenant, "audit_tenant");
        if (filter.user) {
            if (const auto uid = uid_of(*filter.user)) {
                add(" AND (actor_user = ?", *filter.user, {});
                add(" OR actor_uid = ?)", *uid, {});
            } else {
                add(" AND actor_user = ?", *filter.user, "audit_actor_user");
            }
        }
        if (filter.refused == true) add(" AND refused = 1", "audit_refused");
        if (filter.refused == false) add(" AND refused = 0", {});
        if (filter.event_glob) {
            if (means_no_token_event(*filter.event_glob)) add(" AND event NOT GLOB 'token.*'", "audit_change");
            add(" AND event GLOB ?", *filter.event_glob, {});
        }
        if (filter.since) add(" AND at >= ?", seconds(*filter.since), {});
        if (filter.until) add(" AND at < ?", seconds(*filter.until), {});
    }

    [[nodiscard]] bool has_index() const { return !index_.empty(); }
    /// `what` of the entries behind `after` and up to `last`; `order` ends the statement and takes `limit`.
    void each(Database& database, std::string_view what, std::string_view order, std::int64_t after, std::int64_t last,
              std::int64_t limit, const std::function<void(const Record&)>& visit) const {
        std::string sql = "SELECT ";
        sql.append(what).append(" FROM audit");
        if (has_index()) sql.append(" INDEXED BY ").append(index_);
        sql.append(" WHERE sequence > ? AND sequence <= ?").append(text_).append(order);
        std::vector<Value> bound{after, last};
        bound.insert(bound.end(), values_.begin(), values_.end());
        bound.emplace_back(limit);
        database.each(sql, bound, [&](const Record& record) {
            visit(record);
            return true;
        });
    }

private:
    void add(std::string_view text, std::string_view index) {
        text_ += text;
        if (index_.empty()) index_ = index;
    }
    void add(std::string_view text, Value value, std::string_view index) {
        add(text, index);
        values_.push_back(std::move(value));
    }

    std::string text_;
    std::string index_;
    std::vector<Value> values_;
};

/// The stretches of entries that are looked at one after the other, and the time for it.
class Stretch {
public:
    Stretch(const Conditions& conditions, const Filter& filter)
        : filter_(filter),
          is_timed_(filter.since || filter.until),
          bits_(conditions.has_index() && !is_timed_ ? indexed_bits : block_bits) {}

    /// A stretch has so many entries, as a power of two.
    [[nodiscard]] int bits() const { return bits_; }
    [[nodiscard]] bool has_time() const { return std::chrono::steady_clock::now() - start_ < search_time; }
    /// Whether an entry of this stretch may lie in the span of time that is asked for.
    [[nodiscard]] bool may_hold(Database& database, std::int64_t number) const {
        if (!is_timed_) return true;
        if (filter_.since) {
            const auto latest = edge(database, latest_of_block, number);
            if (!latest || *latest < *filter_.since) return false;
        }
        if (filter_.until) {
            const auto earliest = edge(database, earliest_of_block, number);
            if (!earliest || *earliest >= *filter_.until) return false;
        }
        return true;
    }

private:
    static constexpr int block_bits = 12;    ///< as in the index audit_block_at
    static constexpr int indexed_bits = 18;  ///< an index passes over what nobody asked for
    static constexpr std::string_view latest_of_block =
        "SELECT at FROM audit INDEXED BY audit_block_at WHERE sequence >> 12 = ? ORDER BY at DESC LIMIT 1";
    static constexpr std::string_view earliest_of_block =
        "SELECT at FROM audit INDEXED BY audit_block_at WHERE sequence >> 12 = ? ORDER BY at LIMIT 1";

    static std::optional<UtcSeconds> edge(Database& database, std::string_view sql, std::int64_t number) {
        const auto rows = database.query(sql, {number});
        const auto* at = rows.empty() ? nullptr : std::get_if<std::int64_t>(rows.front().data());
        return at == nullptr ? std::optional<UtcSeconds>{} : UtcSeconds{std::chrono::seconds{*at}};
    }

    const Filter& filter_;
    bool is_timed_;
    int bits_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

std::int64_t search_forward(Database& database, const Filter& filter, std::int64_t last,
                            const std::function<void(const Record&)>& visit) {
    const Conditions conditions{filter};
    const Stretch stretch{conditions, filter};
    auto left = std::max<std::int64_t>(0, filter.limit.value_or(std::numeric_limits<std::int64_t>::max()));
    auto reached = std::max<std::int64_t>(0, filter.after.value_or(0));
    while (reached < last && left > 0) {
        const auto number = (reached + 1) >> stretch.bits();
        const auto end = std::min(last, ((number + 1) << stretch.bits()) - 1);
        if (stretch.may_hold(database, number)) {
            conditions.each(database, columns, " ORDER BY sequence LIMIT ?", reached, end, left,
                            [&](const Record& record) {
                                if (--left == 0) reached = std::get<std::int64_t>(record.front());
                                visit(record);
                            });
        }
        if (left > 0) reached = end;
        if (!stretch.has_time()) break;  // behind the first of them: every search goes on
    }
    return reached;
}

std::int64_t search_backward(Database& database, const Filter& filter, std::int64_t below, std::int64_t& wanted) {
    const Conditions conditions{filter};
    const Stretch stretch{conditions, filter};
    const auto first = std::max<std::int64_t>(0, filter.after.value_or(0));
    while (below > first + 1 && wanted > 0) {
        const auto number = (below - 1) >> stretch.bits();
        const auto begin = std::max(first, (number << stretch.bits()) - 1);
        auto oldest = below;
        if (stretch.may_hold(database, number)) {
            conditions.each(database, "sequence", " ORDER BY sequence DESC LIMIT ?", begin, below - 1, wanted,
                            [&](const Record& record) {
                                --wanted;
                                oldest = std::get<std::int64_t>(record.front());
                            });
        }
        below = wanted == 0 ? oldest : begin + 1;
        if (!stretch.has_time()) break;
    }
    return below > first + 1 || wanted == 0 ? below : 0;
}

}  // namespace jeton::vault::audit
