/// The front's end of the epoch page (libclient/page/epoch_page.hpp): made, kept true, ended.
/// docs/decisions/0033-epoch-page.md says why each step is where it is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "daemon/base/config.hpp"
#include "daemon/base/error.hpp"
#include "daemon/front/tokens/era.hpp"

namespace jeton::page {
struct EpochPage;
}  // namespace jeton::page

namespace jeton::front {

/// Used by one thread. Makes all system calls in `open` (before the process confines itself); what comes later are
/// stores into memory.
class EpochPageWriter {
public:
    enum class State { off, on, failed };

    /// Without a page: what a front is that was told not to write one.
    EpochPageWriter() = default;
    EpochPageWriter(EpochPageWriter&& other) noexcept;
    EpochPageWriter& operator=(EpochPageWriter&&) = delete;
    EpochPageWriter(const EpochPageWriter&) = delete;
    EpochPageWriter& operator=(const EpochPageWriter&) = delete;
    ~EpochPageWriter();  ///< ends the page

    /// Ends the page that an earlier front left in `config.paths.runtime`/page, in place; then, unless
    /// `config.sockets.epoch_page` is off, makes one that says nothing yet and renames it into its place. The caller
    /// holds the lock of the runtime directory: an earlier front is dead. Never fails: without a page every token is
    /// fetched, and `state()` and `problem()` tell. `may_be_new`: the page's directory can be somebody else's
    /// preparation for the first start (tmpfiles.d(5)); else one without a page has lost it.
    [[nodiscard]] static EpochPageWriter open(const Config& config, bool may_be_new);

    /// An earlier front's page could not be ended: nothing may be acknowledged before it is stale.
    [[nodiscard]] bool earlier_page_lives() const { return earlier_page_lives_; }
    /// Waits until it is.
    void wait_out_earlier_page() const;

    /// What is decided from now on is decided at `era`; an empty one: by nobody. Returns when every reader that asks
    /// from now on finds it so.
    void say(const Era& era);
    /// The serving thread is alive: at least once a second (`page::heartbeat_interval`).
    void beat();
    /// Readers believe this page nothing any more, for ever.
    void end();

    [[nodiscard]] State state() const { return state_; }
    /// Why there is no page, and what to do; only where `state()` is `failed`.
    [[nodiscard]] const Error& problem() const { return *problem_; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Whether readers still find this very page at its path.
    [[nodiscard]] bool is_in_place() const;

private:
    void fail(Error problem);
    [[nodiscard]] bool make(int directory);

    std::filesystem::path path_;
    State state_ = State::off;
    std::optional<Error> problem_;
    bool earlier_page_lives_ = false;
    jeton::page::EpochPage* page_ = nullptr;
    dev_t device_{};
    ino_t inode_{};
};

}  // namespace jeton::front
