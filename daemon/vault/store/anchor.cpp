#include "daemon/vault/store/anchor.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/files.hpp"
#include "daemon/base/log.hpp"
#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/store/faults.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view purpose = "jeton anchor 1";
constexpr std::size_t mac_size = std::tuple_size_v<Mac>;
constexpr std::size_t content_size = Anchor::slot_size - mac_size;
constexpr std::size_t slot_count = 2;
constexpr std::size_t file_size = Anchor::slot_size * slot_count;

using Slots = std::array<unsigned char, file_size>;

struct Slot {
    std::int64_t counter = 0;
    AnchorContent content;
};

std::optional<Slots> read_slots(const std::filesystem::path& file) {
    const UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)};
    if (!fd) return std::nullopt;
    Slots slots{};
    // A short file reads as zeros, which no MAC fits.
    if (::pread(fd.get(), slots.data(), slots.size(), 0) < 0) return std::nullopt;
    return slots;
}

std::span<const unsigned char> slot_of(const Slots& slots, std::size_t index) {
    return std::span{slots}.subspan(index * Anchor::slot_size, Anchor::slot_size);
}

bool take(FieldReader& reader, Mac& mac) {
    const auto bytes = reader.bytes();
    if (!bytes || bytes->size() != mac.size()) return false;
    std::ranges::copy(*bytes, mac.begin());
    return true;
}

std::optional<Slot> parse(std::span<const unsigned char> bytes) {
    FieldReader reader{bytes.first(content_size)};
    const auto word = reader.bytes();
    if (!word || text_of(*word) != purpose) return std::nullopt;
    const auto counter = reader.number();
    const auto epoch = reader.number();
    const auto sequence = reader.number();
    Slot slot;
    if (!counter || !epoch || !sequence || !take(reader, slot.content.audit_hash)) return std::nullopt;
    if (!take(reader, slot.content.set_digest)) return std::nullopt;
    slot.counter = *counter;
    slot.content.epoch = *epoch;
    slot.content.audit_sequence = *sequence;
    return slot;
}

Bytes serialise(const RootKey& root, const Slot& slot) {
    Fields fields{purpose};
    fields.number(slot.counter).number(slot.content.epoch).number(slot.content.audit_sequence);
    fields.bytes(slot.content.audit_hash).bytes(slot.content.set_digest);
    Bytes bytes = fields.take();
    bytes.resize(content_size);
    const auto mac = anchor_mac(root, bytes);
    bytes.insert(bytes.end(), mac.begin(), mac.end());
    return bytes;
}

/// The file that is open is the one that the name means.
bool stands_at(const std::filesystem::path& file, const UniqueFd& fd) {
    struct stat open_one{};
    struct stat named{};
    return ::fstat(fd.get(), &open_one) == 0 && ::lstat(file.c_str(), &named) == 0 && open_one.st_dev == named.st_dev &&
           open_one.st_ino == named.st_ino;
}

}  // namespace

std::int64_t Anchor::claimed_epoch() const {
    std::int64_t highest = 0;
    const auto slots = read_slots(file());
    if (!slots) return highest;
    for (std::size_t i = 0; i < slot_count; ++i) {
        if (const auto slot = parse(slot_of(*slots, i))) highest = std::max(highest, slot->content.epoch);
    }
    return highest;
}

bool Anchor::exists() const {
    std::error_code ec;
    return std::filesystem::exists(file(), ec);
}

std::optional<AnchorContent> Anchor::read(const RootKey& root) {
    const auto slots = read_slots(file());
    if (!slots) return std::nullopt;
    std::optional<Slot> newest;
    for (std::size_t i = 0; i < slot_count; ++i) {
        const auto bytes = slot_of(*slots, i);
        const auto slot = parse(bytes);
        if (!slot || !same_mac(anchor_mac(root, bytes.first(content_size)), bytes.subspan(content_size))) continue;
        if (!newest || slot->counter > newest->counter) newest = slot;
    }
    if (!newest) return std::nullopt;
    counter_ = newest->counter;
    return newest->content;
}

void Anchor::open_for_writing() {
    if (const auto directory = ensure_private_directory(directory_); !directory)
        throw StoreFault(directory.error().what);
    const bool is_new = !exists();
    fd_.reset(::open(file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    // Its full length from the start: a full disk must not keep a later anchor from being written.
    int error = fd_ ? ::posix_fallocate(fd_.get(), 0, file_size) : errno;  // which leaves errno alone
    if (error == 0 && ::fsync(fd_.get()) != 0) error = errno;
    if (error != 0) {
        fd_.reset();
        throw StoreFault(fmt::format("cannot create {}: {}", file().string(), std::strerror(error)), error == ENOSPC);
    }
    if (is_new) sync_directory(directory_);
}

void Anchor::write(const RootKey& root, const AnchorContent& content) try {
    if (fd_ && !stands_at(file(), fd_)) {
        // What is written into a file without its name nobody reads: the next unsealing would refuse this store.
        log::warning("{} was taken away or replaced while the store was open; it is written anew", file().string());
        fd_.reset();
    }
    if (!fd_) open_for_writing();
    const Slot slot{counter_ + 1, content};
    const auto bytes = serialise(root, slot);
    const auto at = static_cast<off_t>(static_cast<std::size_t>(slot.counter) % slot_count * slot_size);
    if (::pwrite(fd_.get(), bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size()) ||
        ::fdatasync(fd_.get()) != 0) {
        throw StoreFault(fmt::format("cannot write {}: {}", file().string(), std::strerror(errno)), errno == ENOSPC);
    }
    counter_ = slot.counter;
} catch (const std::system_error& error) {
    throw StoreFault(error.what());
}

}  // namespace jeton::vault
