/// The epoch page: instance and epoch of the daemon where every program on the host can read them without a system
/// call. One definition of its bytes for the front, which writes it, and for the library, which reads it.
/// Why this order of steps is right: docs/decisions/0033-epoch-page.md.
///
/// A file of 4096 bytes, mapped shared. Seven 64-bit words in the host's byte order, in one cache line; the rest is 0:
///
///     byte  0  version         page_version; 0: void, for ever
///           8  sequence        odd: what the page says is being changed
///          16  instance_high   the first 16 hex digits of the instance as a number; both 0: no vault, or sealed
///          24  instance_low    the last 16
///          32  epoch
///          40  heartbeat       CLOCK_BOOTTIME in nanoseconds when the writer was last alive
///          48  clock           inode of the writer's time namespace; 0: its kernel has none
///
/// Every word is stored with release and loaded with acquire order: no fence is needed, and no step of a writer or a
/// reader moves before the one that it follows. Nothing here allocates, throws, or makes a system call.
///
/// The clock is CLOCK_BOOTTIME: it cannot be set, and it counts a suspended host's time, so that a page that slept is
/// stale when the host wakes up. Its one weakness is that a time namespace may shift it; hence `clock`, which the
/// reader compares once, when it maps the page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string_view>

namespace jeton::page {

inline constexpr std::size_t page_size = 4096;
inline constexpr std::uint64_t page_version = 0x4a45544f4e455031;         ///< "JETONEP1"
inline constexpr std::uint64_t heartbeat_lasts = 3'000'000'000;           ///< nanoseconds; what is older is stale
inline constexpr std::uint64_t heartbeat_interval = heartbeat_lasts / 3;  ///< at least that often, while it serves

enum class Word : std::size_t { version, sequence, instance_high, instance_low, epoch, heartbeat, clock };

/// As it lies in the file.
struct alignas(64) EpochPage {
    std::uint64_t words[page_size / sizeof(std::uint64_t)];
};
static_assert(sizeof(EpochPage) == page_size);
static_assert(__atomic_always_lock_free(sizeof(std::uint64_t), nullptr),
              "a lock is of no use in a page that is shared");

/// 128 random bits, new at each start, seal and restore; all 0: none.
struct Instance {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    [[nodiscard]] constexpr bool known() const noexcept { return high != 0 || low != 0; }
    friend constexpr bool operator==(const Instance&, const Instance&) = default;
};

/// At what something was decided: what the header Jeton-Epoch says.
struct Decided {
    Instance instance;
    std::uint64_t epoch = 0;
    friend constexpr bool operator==(const Decided&, const Decided&) = default;
};

/// The instance in its usual spelling, 32 lower-case hex digits; none for anything else.
[[nodiscard]] constexpr Instance instance_of(std::string_view text) noexcept {
    if (text.size() != 32) return {};
    std::uint64_t halves[2] = {0, 0};
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        std::uint64_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint64_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = static_cast<std::uint64_t>(c - 'a') + 10;
        } else {
            return {};
        }
        halves[i / 16] = halves[i / 16] << 4U | digit;
    }
    return {halves[0], halves[1]};
}

/// CLOCK_BOOTTIME in nanoseconds; no system call where the kernel has a vDSO.
[[nodiscard]] inline std::uint64_t boot_time() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

/// The writer's and the reader's steps, one word at a time. `Words` has `load(Word)` and `store(Word, value)`; they are
/// acquire and release on a page, and recorded steps in the test that runs them in every order.
namespace steps {

/// What the page says from now on. By the one writer of the page; is done when it returns.
template <class Words>
void publish(Words& words, const Decided& now, std::uint64_t time) noexcept {
    const auto sequence = words.load(Word::sequence);
    words.store(Word::sequence, sequence + 1);
    words.store(Word::instance_high, now.instance.high);
    words.store(Word::instance_low, now.instance.low);
    words.store(Word::epoch, now.epoch);
    words.store(Word::heartbeat, time);
    words.store(Word::sequence, sequence + 2);
}

/// The writer is alive, and what the page says still holds. By its one writer.
template <class Words>
void beat(Words& words, std::uint64_t time) noexcept {
    words.store(Word::heartbeat, time);
}

/// Ends the page for ever, whoever wrote it and whether or not that writer still lives: no writer stores a version
/// after it has shown the page to anyone. By anybody who may write to it.
template <class Words>
void make_void(Words& words) noexcept {
    words.store(Word::version, 0);
    words.store(Word::instance_high, 0);
    words.store(Word::instance_low, 0);
}

/// Does the page say exactly this, and was its writer alive within `heartbeat_lasts`? True means: at some moment of
/// this call it did. `clock()` gives CLOCK_BOOTTIME in nanoseconds; it is called last, after everything was loaded:
/// a reader that is stopped in between takes the page for older than it is, never for younger.
template <class Words, class Clock>
[[nodiscard]] bool says(const Words& words, const Decided& wanted, const Clock& clock) noexcept {
    const auto sequence = words.load(Word::sequence);
    if ((sequence & 1U) != 0) return false;
    const Decided found{{words.load(Word::instance_high), words.load(Word::instance_low)}, words.load(Word::epoch)};
    const auto heartbeat = words.load(Word::heartbeat);
    const auto version = words.load(Word::version);
    if (words.load(Word::sequence) != sequence) return false;
    if (version != page_version || found != wanted || !wanted.instance.known()) return false;
    const std::uint64_t now = clock();
    return heartbeat <= now && now - heartbeat <= heartbeat_lasts;
}

}  // namespace steps

/// A mapped page, to read.
class MappedWords {
public:
    explicit MappedWords(const EpochPage& page) noexcept : page_(&page) {}
    [[nodiscard]] std::uint64_t load(Word word) const noexcept {
        return __atomic_load_n(&page_->words[static_cast<std::size_t>(word)], __ATOMIC_ACQUIRE);
    }

private:
    const EpochPage* page_;
};

/// A mapped page, to write.
class WritableWords {
public:
    explicit WritableWords(EpochPage& page) noexcept : page_(&page) {}
    [[nodiscard]] std::uint64_t load(Word word) const noexcept { return MappedWords{*page_}.load(word); }
    void store(Word word, std::uint64_t value) noexcept {
        __atomic_store_n(&page_->words[static_cast<std::size_t>(word)], value, __ATOMIC_RELEASE);
    }

private:
    EpochPage* page_;
};

// The reader. Thread-safe, any number of them.

/// May a decision made at `wanted` be used now? `clock` as in `steps::says`: a caller that needs the time as well keeps
/// what its clock gave. Never true for an unknown instance.
template <class Clock>
[[nodiscard]] bool page_says(const EpochPage& page, const Decided& wanted, const Clock& clock) noexcept {
    return steps::says(MappedWords{page}, wanted, clock);
}
[[nodiscard]] inline bool page_says(const EpochPage& page, const Decided& wanted) noexcept {
    return page_says(page, wanted, boot_time);
}
/// A void page says nothing any more: another one may lie in its place.
[[nodiscard]] inline bool is_void(const EpochPage& page) noexcept {
    return MappedWords{page}.load(Word::version) != page_version;
}
/// Of the writer's time namespace; see `time_namespace()` in page_file.hpp.
[[nodiscard]] inline std::uint64_t clock_of(const EpochPage& page) noexcept {
    return MappedWords{page}.load(Word::clock);
}

// The writer: one thread of one process, but for `void_page`.

/// A page that nobody else has seen yet, all zero: it says nothing until the first `publish`.
inline void begin_page(EpochPage& page, std::uint64_t clock) noexcept {
    WritableWords words{page};
    words.store(Word::clock, clock);
    words.store(Word::version, page_version);
}
/// Before any answer that follows from the change leaves the process.
inline void publish(EpochPage& page, const Decided& now, std::uint64_t time) noexcept {
    WritableWords words{page};
    steps::publish(words, now, time);
}
inline void beat(EpochPage& page, std::uint64_t time) noexcept {
    WritableWords words{page};
    steps::beat(words, time);
}
inline void void_page(EpochPage& page) noexcept {
    WritableWords words{page};
    steps::make_void(words);
}

}  // namespace jeton::page
