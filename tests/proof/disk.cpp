#include "tests/proof/disk.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jeton::proof {

namespace {

Disk* current = nullptr;

/// Whether one thing that was not synced survives.
bool is_kept(Luck luck, std::mt19937_64& coin) {
    switch (luck) {
        case Luck::all_lost: return false;
        case Luck::all_kept: return true;
        case Luck::rarely_kept: return coin() % 8 == 0;
        case Luck::half_kept: return coin() % 2 == 0;
        case Luck::mostly_kept: return coin() % 8 != 0;
    }
    return false;
}

}  // namespace

/// What the C library's calls, as this program has them, do with the disk under test.
struct DiskHooks {
    /// The name of the file that `fd` is open for; nothing where it does not count.
    static std::optional<std::string> file_of(int fd) {
        if (current == nullptr) return std::nullopt;
        std::array<char, 64> link{};
        std::array<char, 4096> path{};
        std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
        const auto size = ::readlink(link.data(), path.data(), path.size());
        return size < 0 ? std::nullopt : relative({path.data(), static_cast<std::size_t>(size)});
    }
    static std::optional<std::string> relative(std::string_view path) {
        if (current == nullptr) return std::nullopt;
        const auto& directory = current->directory_.native();
        if (!path.starts_with(directory) || path.size() <= directory.size() || path[directory.size()] != '/')
            return std::nullopt;
        return std::string{path.substr(directory.size() + 1)};
    }
    /// Counts an operation; whether it must fail.
    static bool fails() {
        const auto done = ++current->done_;
        const bool now = current->nth_ > 0 && (done == current->nth_ || (current->for_good_ && done > current->nth_));
        if (now) errno = current->error_;
        return now;
    }
    static void note(DiskEvent event) {
        if (current->remembers_) current->events_.push_back(std::move(event));
    }

    static ssize_t write(int fd, const void* bytes, std::size_t size, std::optional<off64_t> at) {
        const auto file = file_of(fd);
        const bool failed = file && fails();
        if (failed) size /= 2;
        const auto place = file ? at.value_or(::lseek64(fd, 0, SEEK_CUR)) : 0;
        const auto done = at ? ::syscall(SYS_pwrite64, fd, bytes, size, *at) : ::syscall(SYS_write, fd, bytes, size);
        if (file && done > 0) {
            note({Operation::write,
                  *file,
                  {},
                  static_cast<std::size_t>(place),
                  {static_cast<const char*>(bytes), static_cast<std::size_t>(done)}});
        }
        if (!failed) return done;
        errno = current->error_;
        return -1;
    }
    static int truncate(int fd, off64_t size) {
        const auto file = file_of(fd);
        if (file && fails()) return -1;
        const auto done = static_cast<int>(::syscall(SYS_ftruncate, fd, size));
        if (file && done == 0) note({Operation::truncate, *file, {}, static_cast<std::size_t>(size)});
        return done;
    }
    static int allocate(int fd, off64_t size) {
        struct stat found{};
        if (::fstat(fd, &found) != 0) return errno;
        if (found.st_size >= size && !file_of(fd)) return 0;
        return truncate(fd, std::max<off64_t>(size, found.st_size)) == 0 ? 0 : errno;
    }
    static int sync(int fd, long call) {
        const auto file = file_of(fd);
        if (file && fails()) {
            note({Operation::failed_sync, *file, {}});
            errno = current->error_;
            return -1;
        }
        if (file) {
            note({Operation::sync, *file, {}});
            return 0;  // the platter is elsewhere: the machine's own need not turn
        }
        return static_cast<int>(::syscall(call, fd));
    }
    /// Of a name: `rename`, `link`, `unlink`.
    template <class F>
    static int name(Operation what, const char* from, const char* to, F&& act) {
        const auto file = relative(from);
        if (file && fails()) return -1;
        const int done = act();
        if (file && done == 0) note({what, *file, to == nullptr ? "" : relative(to).value_or("")});
        return done;
    }
};

Disk::Disk(std::filesystem::path directory) : directory_(std::move(directory)) {
    if (current != nullptr) throw std::logic_error("two disks at a time");
    current = this;
}

Disk::~Disk() { current = nullptr; }

void Disk::fail(long nth, int error, bool for_good) {
    nth_ = nth;
    error_ = error;
    for_good_ = for_good;
    done_ = 0;
}

long Disk::operations() const { return done_; }

Platter::Platter(const Files& files) {
    for (const auto& [name, content] : files) {
        names_.emplace(name, static_cast<int>(nodes_.size()));
        nodes_.push_back(
            {.durable = content, .latest = content, .pending = {}, .sizes = {}, .untruncated = {}, .syncs = 0});
    }
    durable_names_ = names_;
}

int Platter::node_of(const std::string& file) {
    if (const auto found = names_.find(file); found != names_.end()) return found->second;
    nodes_.emplace_back();
    const auto node = static_cast<int>(nodes_.size()) - 1;
    change_name(file, node);
    return node;
}

void Platter::change_name(const std::string& name, int node) {
    if (node < 0) {
        names_.erase(name);
    } else {
        names_[name] = node;
    }
    pending_names_[std::filesystem::path{name}.parent_path()].push_back({name, node});
}

void Platter::write(Node& node, std::size_t at, std::string_view bytes) {
    if (bytes.empty()) return;
    if (node.latest.size() < at + bytes.size()) node.latest.resize(at + bytes.size());
    node.latest.replace(at, bytes.size(), bytes);
    for (auto i = at / sector; i <= (at + bytes.size() - 1) / sector; ++i) {
        node.pending[i].push_back(node.latest.substr(i * sector, sector));
    }
    node.sizes.push_back(node.latest.size());
}

/// Metadata is journalled: a file that is made shorter is so wholly or not at all, and what is written into it later is
/// not seen in the longer one.
void Platter::truncate(Node& node, std::size_t size) {
    const auto before = node.latest.size();
    if (size < before) {
        node.untruncated = std::make_shared<const Node>(node);
        node.durable.resize(std::min(size, node.durable.size()));
        node.pending.erase(node.pending.lower_bound(size / sector), node.pending.end());
        node.sizes.clear();
        ++node.syncs;  // an image of it is another one
    }
    node.latest.resize(size);
    for (auto i = std::min(before, size) / sector; i * sector < size; ++i)
        node.pending[i].push_back(node.latest.substr(i * sector, sector));
    node.sizes.push_back(size);
}

void Platter::sync(Node& node) {
    node.durable.resize(node.latest.size());
    for (const auto& [i, contents] : node.pending) {
        auto content = contents.back();
        if (i * sector >= node.durable.size()) continue;
        content.resize(std::min(sector, node.durable.size() - i * sector));
        node.durable.replace(i * sector, content.size(), content);
    }
    node.pending.clear();
    node.sizes.clear();
    node.untruncated.reset();
    ++node.syncs;
}

void Platter::apply(const DiskEvent& event) {
    if (event.file.ends_with(" (deleted)")) return;
    const bool is_directory = !names_.contains(event.file) && event.file.find('/') == std::string::npos;
    switch (event.what) {
        case Operation::write:
            write(nodes_[static_cast<std::size_t>(node_of(event.file))], event.at, event.bytes);
            break;
        case Operation::truncate: truncate(nodes_[static_cast<std::size_t>(node_of(event.file))], event.at); break;
        case Operation::sync:
            if (!is_directory) {
                sync(nodes_[static_cast<std::size_t>(node_of(event.file))]);
                break;
            }
            for (const auto& [name, node] : pending_names_[event.file]) {
                if (node < 0) {
                    durable_names_.erase(name);
                } else {
                    durable_names_[name] = node;
                }
            }
            pending_names_[event.file].clear();
            break;
        case Operation::failed_sync:
            if (!is_directory) {
                auto& node = nodes_[static_cast<std::size_t>(node_of(event.file))];
                node.pending.clear();
                node.sizes.clear();
            }
            break;
        case Operation::rename: {
            const auto node = node_of(event.file);
            change_name(event.file, -1);
            change_name(event.other, node);
            break;
        }
        case Operation::link: change_name(event.other, node_of(event.file)); break;
        case Operation::remove: change_name(event.file, -1); break;
    }
}

const Platter::Node& Platter::survivor_of(const Node& node, Luck luck, std::mt19937_64& coin) {
    const auto* survivor = &node;
    while (survivor->untruncated && !is_kept(luck, coin)) survivor = survivor->untruncated.get();
    return *survivor;
}

Platter::Remains Platter::remains_of(const Node& node, Luck luck, std::mt19937_64& coin) {
    const auto one_of = [&](const auto& versions) -> const auto& {
        return luck == Luck::all_kept ? versions.back() : versions[coin() % versions.size()];
    };
    Remains remains{node.durable.size(), {}};
    if (!node.sizes.empty() && is_kept(luck, coin)) remains.size = one_of(node.sizes);
    for (const auto& [i, contents] : node.pending) {
        if (i * sector < remains.size && is_kept(luck, coin)) remains.sectors.emplace_back(i, one_of(contents));
    }
    return remains;
}

std::string Platter::content_of(const Node& node, const Remains& remains) {
    auto left = node.durable;
    left.resize(remains.size);
    for (auto [i, content] : remains.sectors) {
        content.resize(std::min(sector, left.size() - i * sector));
        left.replace(i * sector, content.size(), content);
    }
    return left;
}

Platter::Cut Platter::cut(const DiskEvent* next, Luck luck, std::mt19937_64& coin) {
    std::optional<std::pair<int, Node>> torn;
    if (next != nullptr && next->what == Operation::write && names_.contains(next->file)) {
        const auto node = names_.at(next->file);
        torn.emplace(node, nodes_[static_cast<std::size_t>(node)]);
        write(torn->second, next->at, std::string_view{next->bytes}.substr(0, coin() % (next->bytes.size() + 1)));
    }
    auto names = durable_names_;
    for (const auto& [directory, changes] : pending_names_) {
        auto kept = luck == Luck::all_lost   ? 0
                    : luck == Luck::all_kept ? changes.size()
                                             : coin() % (changes.size() + 1);
        for (const auto& [name, node] : changes) {
            if (kept-- == 0) break;
            if (node < 0) {
                names.erase(name);
            } else {
                names[name] = node;
            }
        }
    }
    std::map<std::string, std::pair<const Node*, Remains>> left;
    std::string image;
    for (const auto& [name, index] : names) {
        const auto* newest = torn && torn->first == index ? &torn->second : &nodes_[static_cast<std::size_t>(index)];
        const auto* node = &survivor_of(*newest, luck, coin);
        auto remains = remains_of(*node, luck, coin);
        image +=
            name + '/' + std::to_string(index) + '/' + std::to_string(node->syncs) + '/' + std::to_string(remains.size);
        for (const auto& [i, content] : remains.sectors) image += '/' + std::to_string(i) + content;
        left.emplace(name, std::pair{node, std::move(remains)});
    }
    Cut cut;
    cut.was_seen = !seen_.insert(std::move(image)).second;
    if (cut.was_seen) return cut;
    for (const auto& [name, found] : left) cut.files.emplace(name, content_of(*found.first, found.second));
    return cut;
}

Files Platter::as_seen() const {
    Files files;
    for (const auto& [name, node] : names_) files.emplace(name, nodes_[static_cast<std::size_t>(node)].latest);
    return files;
}

void put_files(const std::filesystem::path& directory, const Files& files) {
    for (const auto& part : std::filesystem::directory_iterator{directory}) {
        if (!part.is_directory()) continue;
        for (const auto& old : std::filesystem::directory_iterator{part.path()}) std::filesystem::remove(old.path());
    }
    for (const auto& [name, content] : files) {
        const int fd = ::open((directory / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || ::syscall(SYS_write, fd, content.data(), content.size()) != static_cast<long>(content.size()))
            throw std::runtime_error("cannot write " + name);
        ::close(fd);
    }
}

Files take_files(const std::filesystem::path& directory) {
    Files files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
        if (!entry.is_regular_file()) continue;
        std::string content(entry.file_size(), '\0');
        std::ifstream{entry.path(), std::ios::binary}.read(content.data(),
                                                           static_cast<std::streamsize>(content.size()));
        files.emplace(entry.path().lexically_relative(directory), std::move(content));
    }
    return files;
}

}  // namespace jeton::proof

// In place of the C library's own, for this program and the libraries that it is linked with.
using jeton::proof::DiskHooks;
using jeton::proof::Operation;

extern "C" {
ssize_t write(int fd, const void* bytes, std::size_t size) { return DiskHooks::write(fd, bytes, size, std::nullopt); }
ssize_t pwrite64(int fd, const void* bytes, std::size_t size, off64_t at) {
    return DiskHooks::write(fd, bytes, size, at);
}
int ftruncate64(int fd, off64_t size) noexcept { return DiskHooks::truncate(fd, size); }
int posix_fallocate64(int fd, off64_t at, off64_t size) { return DiskHooks::allocate(fd, at + size); }
int fsync(int fd) { return DiskHooks::sync(fd, SYS_fsync); }
int fdatasync(int fd) { return DiskHooks::sync(fd, SYS_fdatasync); }
int rename(const char* from, const char* to) noexcept {
    return DiskHooks::name(Operation::rename, from, to,
                           [&] { return static_cast<int>(::syscall(SYS_rename, from, to)); });
}
int link(const char* from, const char* to) noexcept {
    return DiskHooks::name(Operation::link, from, to, [&] { return static_cast<int>(::syscall(SYS_link, from, to)); });
}
int unlink(const char* name) noexcept {
    return DiskHooks::name(Operation::remove, name, nullptr,
                           [&] { return static_cast<int>(::syscall(SYS_unlink, name)); });
}
}
