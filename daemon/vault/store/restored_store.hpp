/// A store that is being put together out of a backup, beside the present one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/group.hpp"
#include "daemon/vault/store/replacement.hpp"

namespace jeton::vault {

/// Made by `Store::prepare_restore`. Destroyed before `Store::replace_with` took it over, its files are gone with it.
/// Not thread-safe. Members throw StoreFault where the disk fails; after that it is of no use any more.
class RestoredStore {
public:
    /// Creates the files. `clock` must outlive it.
    RestoredStore(StoreFiles files, RootKey root, const Clock& clock);
    ~RestoredStore();
    RestoredStore(const RestoredStore&) = delete;
    RestoredStore& operator=(const RestoredStore&) = delete;

    /// The next bytes of the backup's content, cut anywhere. Refuses `mismatch` what is no content of a backup.
    [[nodiscard]] Result<void> take(std::span<const unsigned char> content);
    /// After the last byte: holds rows, audit and state row against each other, as unsealing does. Refuses `mismatch`.
    /// A longer work: all rows and the whole audit are walked.
    [[nodiscard]] Result<void> finish_taking();
    [[nodiscard]] bool is_whole() const { return whole_; }

    /// As of any store; throws std::logic_error before `finish_taking`.
    [[nodiscard]] Group group();
    /// Inside a group, before its first change: the epoch goes on above `epoch`, the clock's high-water mark is not
    /// below `high_water`, and the next audit entry says that what a backup leaves out is not there.
    void continue_after(Transaction& tx, std::int64_t epoch, UtcSeconds high_water);

    [[nodiscard]] std::int64_t rows() const { return rows_; }
    [[nodiscard]] std::int64_t entries() const { return entries_; }
    [[nodiscard]] std::int64_t epoch() const;  ///< of the backup; 0 before `finish_taking`
    [[nodiscard]] const RootKey& root() const { return root_; }

    /// Everything on disk in one file, which nobody has open; the destructor leaves it there from now on.
    void close();

private:
    [[nodiscard]] Result<void> take_item(std::span<const unsigned char> bytes);

    StoreFiles files_;
    RootKey root_;
    std::unique_ptr<Engine> engine_;
    Bytes rest_;                                                 ///< the beginning of an item that is not whole yet
    std::vector<std::pair<std::string, std::string>> left_out_;  ///< table, id
    std::int64_t rows_ = 0;
    std::int64_t entries_ = 0;
    bool ended_ = false;  ///< the last item was taken
    bool whole_ = false;
    bool kept_ = false;
};

}  // namespace jeton::vault
