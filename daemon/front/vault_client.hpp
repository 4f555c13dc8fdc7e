/// The front's end of the link to the vault: questions out, answers and events in, a new link when the old one ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/base/frames.hpp"
#include "daemon/base/unique_fd.hpp"
#include "daemon/front/http/task.hpp"
#include "daemon/front/peer/known_callers.hpp"
#include "daemon/front/routes/vault.hpp"

namespace jeton::front {

/// Used by the I/O thread only. Must outlive every question.
class VaultClient final : public Vault {
public:
    /// Told before any answer that was decided later.
    struct Listeners {
        /// An empty instance: there is no vault. `open`: the store is unsealed.
        std::function<void(const Era&, bool open)> era_changed;
        std::function<void(std::string_view connection)> token_replaced;
        std::function<void()> ready;      ///< the first vault has said hello
        std::function<void()> lost = {};  ///< the link has ended, and no other one has taken its place
    };

    VaultClient(asio::io_context& context, Listeners listeners);
    VaultClient(const VaultClient&) = delete;
    VaultClient& operator=(const VaultClient&) = delete;
    ~VaultClient() override;

    /// Takes a connected stream socket to a vault. Questions in flight on the link before are answered
    /// `temporarily_unavailable`.
    void take_link(UniqueFd link);

    /// The next end of the link is one that we asked for: no warning.
    void expect_end() { ending_ = true; }

    /// A question that meets no vault waits up to 2 s for one; up to 10 s after a vault has said that it ends, which
    /// answers what it was asked, is asked nothing more, and has a successor. One that a vault leaves unanswered all
    /// the same is asked once more where that does no harm: that of a program, for a token or about one.
    [[nodiscard]] Task<Answer> ask(Question question) override;
    [[nodiscard]] std::string_view state() const override { return state_; }
    [[nodiscard]] Details attests() const override { return attests_; }
    [[nodiscard]] bool knows(const Peer& peer) const override { return !known_ || known_->has(peer); }

private:
    struct Link;
    struct Waiter;

    Task<void> read(std::shared_ptr<Link> link);
    Task<void> write(std::shared_ptr<Link> link);
    void receive(Link& link, std::string payload);
    void receive_event(Link& link, const json::object& event);
    void receive_answer(const json::object& answer, json::value& document);
    void enter(const json::object& said);
    void ask_no_more(Link& link);
    void send(Waiter& waiter);
    void lose(const std::shared_ptr<Link>& link, std::string_view why);
    void forget_vault(std::string_view why);
    void give_up_or_repeat(Waiter& waiter);
    [[nodiscard]] std::chrono::steady_clock::duration wait_for_link(const Waiter& waiter) const;

    static constexpr Details everything{.groups = true, .unit = true};

    asio::io_context& context_;
    Listeners listeners_;
    std::shared_ptr<Link> link_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Waiter>> waiters_;
    std::uint64_t last_id_ = 0;
    std::string state_ = "sealed";
    Details attests_ = everything;
    std::optional<KnownCallers> known_;
    std::chrono::steady_clock::time_point successor_until_{};  ///< of a vault that has said that it ends
    bool was_ready_ = false;
    bool ending_ = false;
};

}  // namespace jeton::front
