/// A disk that can fail, and whose power can go: each write, truncation, sync, rename and removal below one directory
/// that this process makes, SQLite's and the anchor's alike, passes here. What is recorded can afterwards be cut at any
/// operation, which gives the files as they may stand on the disk then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace jeton::proof {

enum class Operation : std::uint8_t { write, truncate, sync, failed_sync, rename, link, remove };

/// One operation, as it was done. Files are named relative to the directory.
struct DiskEvent {
    Operation what = Operation::write;
    std::string file;    ///< of a sync: may be a directory, then it is about the names in it
    std::string other;   ///< of a rename or link: the new name
    std::size_t at = 0;  ///< of a write; of a truncation: the new size
    std::string bytes = {};
};

using Files = std::map<std::string, std::string>;  ///< content by name

/// Only one at a time, and one thread. While none lives, everything goes its usual way.
class Disk {
public:
    explicit Disk(std::filesystem::path directory);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    /// The `nth` operation from now on (1 = the next) fails with `error`, and where `for_good` all behind it. Of a
    /// write that fails a half is done; what a failed sync was about is forgotten by the kernel: it reads as written,
    /// and no later sync makes it durable. 0 = none.
    void fail(long nth, int error, bool for_good = false);
    /// Operations since `fail`.
    [[nodiscard]] long operations() const;

    /// Whether operations are recorded; from the start they are.
    void remember(bool wanted) { remembers_ = wanted; }
    [[nodiscard]] const std::vector<DiskEvent>& events() const { return events_; }

private:
    friend struct DiskHooks;
    std::filesystem::path directory_;
    std::vector<DiskEvent> events_;
    bool remembers_ = true;
    long nth_ = 0;
    int error_ = 0;
    bool for_good_ = false;
    long done_ = 0;
};

/// How the coin falls for what was written and not synced.
enum class Luck : std::uint8_t { all_lost, all_kept, rarely_kept, half_kept, mostly_kept };

/// What is on the disk, while the operations of a recording are done one after the other.
class Platter {
public:
    Platter() = default;
    /// With files that are there, and durable.
    explicit Platter(const Files& files);
    void apply(const DiskEvent& event);
    /// What is left when the power goes.
    struct Cut {
        Files files;
        bool was_seen = false;  ///< the same as after an earlier cut: then there are no files here
    };
    /// The power goes while `next` is done (nullptr: between two operations): of sectors of 512 bytes that were written
    /// since their last sync each gets an older or its newest content, of names that were not synced the first few. A
    /// truncation survives whole or not at all.
    [[nodiscard]] Cut cut(const DiskEvent* next, Luck luck, std::mt19937_64& coin);
    void forget_cuts() { seen_.clear(); }
    /// What programs read, whatever of it is durable.
    [[nodiscard]] Files as_seen() const;

private:
    static constexpr std::size_t sector = 512;
    struct Node {
        std::string durable;
        std::string latest;
        std::map<std::size_t, std::vector<std::string>> pending;  ///< contents of a sector, oldest first
        std::vector<std::size_t> sizes;                           ///< since the last sync
        std::shared_ptr<const Node> untruncated;                  ///< before a truncation that is not synced
        std::size_t syncs = 0;                                    ///< and truncations so far
    };
    /// What the coin says of a file: its size, and the sectors that survive.
    struct Remains {
        std::size_t size = 0;
        std::vector<std::pair<std::size_t, std::string>> sectors;
    };
    struct NameChange {
        std::string name;
        int node = -1;  ///< -1: removed
    };
    using Names = std::map<std::string, int>;

    int node_of(const std::string& file);
    void change_name(const std::string& name, int node);
    static void write(Node& node, std::size_t at, std::string_view bytes);
    static void truncate(Node& node, std::size_t size);
    static void sync(Node& node);
    /// The file, or what it was before a truncation that is lost.
    static const Node& survivor_of(const Node& node, Luck luck, std::mt19937_64& coin);
    static Remains remains_of(const Node& node, Luck luck, std::mt19937_64& coin);
    static std::string content_of(const Node& node, const Remains& remains);

    std::set<std::string> seen_;
    std::vector<Node> nodes_;
    Names names_;
    Names durable_names_;
    std::map<std::string, std::vector<NameChange>> pending_names_;  ///< by directory
};

/// Puts `files` in place of all that is below `directory`.
void put_files(const std::filesystem::path& directory, const Files& files);
[[nodiscard]] Files take_files(const std::filesystem::path& directory);

}  // namespace jeton::proof
