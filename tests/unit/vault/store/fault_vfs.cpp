#include "tests/unit/vault/store/fault_vfs.hpp"

#include <cstddef>
#include <stdexcept>

#include <sqlite3.h>

namespace jeton::vault::store_test {
namespace {

struct Plan {
    long nth = 0;
    int code = SQLITE_IOERR;
    bool for_good = false;
    long done = 0;
};

Plan plan;
sqlite3_vfs* real = nullptr;
sqlite3_vfs shim{};

/// The real file stands right behind it.
struct File {
    sqlite3_file base;
};

sqlite3_file* real_file(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + sizeof(File));
}

int step() {
    ++plan.done;
    const bool now = plan.nth > 0 && (plan.done == plan.nth || (plan.for_good && plan.done > plan.nth));
    return now ? plan.code : SQLITE_OK;
}

template <auto Method, class... Args>
int pass(sqlite3_file* file, Args... args) {
    auto* inner = real_file(file);
    return (inner->pMethods->*Method)(inner, args...);
}

template <auto Method, class... Args>
int may_fail(sqlite3_file* file, Args... args) {
    if (const int failed = step(); failed != SQLITE_OK) return failed;
    return pass<Method>(file, args...);
}

int close_file(sqlite3_file* file) { return pass<&sqlite3_io_methods::xClose>(file); }
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    return pass<&sqlite3_io_methods::xRead>(file, to, size, at);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    return may_fail<&sqlite3_io_methods::xWrite>(file, from, size, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    return may_fail<&sqlite3_io_methods::xTruncate>(file, size);
}
int sync_file(sqlite3_file* file, int flags) { return may_fail<&sqlite3_io_methods::xSync>(file, flags); }
int size_of_file(sqlite3_file* file, sqlite3_int64* size) { return pass<&sqlite3_io_methods::xFileSize>(file, size); }
int lock_file(sqlite3_file* file, int level) { return pass<&sqlite3_io_methods::xLock>(file, level); }
int unlock_file(sqlite3_file* file, int level) { return pass<&sqlite3_io_methods::xUnlock>(file, level); }
int is_reserved(sqlite3_file* file, int* reserved) {
    return pass<&sqlite3_io_methods::xCheckReservedLock>(file, reserved);
}
int control_file(sqlite3_file* file, int op, void* argument) {
    return pass<&sqlite3_io_methods::xFileControl>(file, op, argument);
}
int sector_size(sqlite3_file* file) { return pass<&sqlite3_io_methods::xSectorSize>(file); }
int characteristics(sqlite3_file* file) { return pass<&sqlite3_io_methods::xDeviceCharacteristics>(file); }

// Version 1: no shared memory. A write-ahead log works without it because the store locks its file exclusively.
constexpr sqlite3_io_methods methods{
    1,         close_file,  read_file,   write_file,   truncate_file, sync_file,       size_of_file,
    lock_file, unlock_file, is_reserved, control_file, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,     nullptr,     nullptr,      nullptr};

int open_file(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    const int code = real->xOpen(real, name, real_file(file), flags, out_flags);
    file->pMethods = code == SQLITE_OK ? &methods : nullptr;
    return code;
}

}  // namespace

FaultVfs::FaultVfs() {
    plan = {};
    real = sqlite3_vfs_find(nullptr);
    shim = *real;
    shim.zName = "fault";
    shim.pNext = nullptr;
    shim.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    shim.xOpen = open_file;
    if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK) throw std::runtime_error("cannot register the faulty VFS");
}

FaultVfs::~FaultVfs() {
    plan = {};
    sqlite3_vfs_unregister(&shim);
    sqlite3_vfs_register(real, 1);
}

void FaultVfs::fail(long nth, int code, bool for_good) { plan = {nth, code, for_good, 0}; }

long FaultVfs::operations() { return plan.done; }

}  // namespace jeton::vault::store_test
