/// The anchor: a small file in another directory that remembers how far the store has come, so that a store put back to
/// an earlier day is noticed (T27).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "daemon/base/unique_fd.hpp"
#include "daemon/vault/keys/macs.hpp"
#include "daemon/vault/keys/root_key.hpp"

namespace jeton::vault {

/// What the store was at its last change of authority.
struct AnchorContent {
    std::int64_t epoch = 0;
    std::int64_t audit_sequence = 0;
    Mac audit_hash{};
    Mac set_digest{};
};

/// Two slots of 512 bytes in the file `anchor`, written in turn, each MACed and counted: a torn write costs one step,
/// not the anchor. Not thread-safe.
class Anchor {
public:
    static constexpr std::size_t slot_size = 512;

    explicit Anchor(std::filesystem::path directory, std::string name = "anchor")
        : directory_(std::move(directory)), name_(std::move(name)) {}

    /// Without a key, so not believed: some slot says that a store with an epoch above 0 has been here.
    [[nodiscard]] bool has_seen_a_store() const { return claimed_epoch() > 0; }
    /// Without a key, so not believed: the highest epoch that a slot tells of; 0 where there is none.
    [[nodiscard]] std::int64_t claimed_epoch() const;
    /// The file is there, believed or not.
    [[nodiscard]] bool exists() const;
    /// Without a key: the file is there, as `initialise` makes it before the first commit.
    [[nodiscard]] bool awaits_first_commit() const { return exists() && !has_seen_a_store(); }
    /// The newest slot that `root` has MACed; nothing where there is none. Later writes count on from it.
    [[nodiscard]] std::optional<AnchorContent> read(const RootKey& root);
    /// Durable when it returns. Creates file and directory where they are missing. Throws StoreFault.
    void write(const RootKey& root, const AnchorContent& content);
    [[nodiscard]] std::filesystem::path file() const { return directory_ / name_; }

private:
    void open_for_writing();

    std::filesystem::path directory_;
    std::string name_;
    UniqueFd fd_;
    std::int64_t counter_ = 0;
};

}  // namespace jeton::vault
