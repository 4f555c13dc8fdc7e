/// Group commit: what arrived in one turn of the loop shares one transaction and one fsync, each request in its
/// savepoint.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "daemon/base/error.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {
namespace detail {

template <class T>
struct IsResult : std::false_type {};
template <class T>
struct IsResult<Result<T>> : std::true_type {};

/// One request's part of a group. Rolled back, memory too, unless `release` was reached.
class Savepoint {
public:
    explicit Savepoint(Engine& engine);
    ~Savepoint();
    Savepoint(const Savepoint&) = delete;
    Savepoint& operator=(const Savepoint&) = delete;
    /// Throws std::logic_error where an authority change has no audit entry (T33).
    void release();

private:
    Engine& engine_;
    bool open_ = true;
};

}  // namespace detail

/// At most one at a time for a store, which must be unsealed and must not be sealed while it lives. Not thread-safe.
/// Destroyed without `commit`, nothing of it has happened, in memory neither.
class Group {
public:
    explicit Group(Engine& engine);
    ~Group();
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    /// Runs `f(Transaction&)` in a savepoint of its own and gives back what it gives back. Where that is a refusal, or
    /// `f` throws, its savepoint is rolled back; the other attempts of the group stay. After a storage error look at
    /// `lost`.
    template <class F>
    auto attempt(F&& f) -> decltype(f(std::declval<Transaction&>())) {
        using Answer = decltype(f(std::declval<Transaction&>()));
        detail::Savepoint savepoint{engine_};
        Transaction tx{engine_};
        if constexpr (std::is_void_v<Answer>) {
            std::forward<F>(f)(tx);
            savepoint.release();
        } else {
            Answer answer = std::forward<F>(f)(tx);
            bool accepted = true;
            if constexpr (detail::IsResult<std::remove_cvref_t<Answer>>::value) accepted = answer.has_value();
            if (accepted) savepoint.release();
            return answer;
        }
    }

    /// SQLite gave up the whole group, earlier attempts too: every one of them must be tried again alone, in a new
    /// group. `attempt` and `commit` throw StoreFault from then on.
    [[nodiscard]] bool lost() const;

    /// Makes all attempts durable, then writes the anchor where authority rows changed. Nothing written: no fsync.
    /// Throws StoreFault: nothing of the group is durable and memory is as before it, unless its `stored` says that
    /// only the anchor is behind (the change holds; it must not be answered as done).
    void commit();

private:
    Engine& engine_;
    bool finished_ = false;
};

}  // namespace jeton::vault
