/// A VFS over SQLite's own that fails one chosen write operation: the disk that is full or broken once.
#pragma once

namespace jeton::vault::store_test {

/// While it lives, files are opened through it. One at a time.
class FaultVfs {
public:
    FaultVfs();
    ~FaultVfs();
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;

    /// The `nth` write, truncate or sync from now on (1 = the next) fails with `code` (SQLITE_FULL or an I/O error),
    /// and, where `for_good`, all later ones too. 0 = none.
    static void fail(long nth, int code, bool for_good = false);
    /// Operations counted since `fail`.
    [[nodiscard]] static long operations();
};

}  // namespace jeton::vault::store_test
