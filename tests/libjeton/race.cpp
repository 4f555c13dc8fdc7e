/// Disables race readers: threads and forked children of one program call jeton_token_get() all the time, while its
/// first thread disables the connection over the control socket. Whoever begins a call after the daemon's answer was
/// read, and gets a token although nobody has begun to enable the connection again, got a stale one.
///
/// A round: all readers hold a token of the round's connection; the disable is sent, and they go on looking; its answer
/// is read, and that is published in shared memory; each reader begins at least one more call. In turn, one reader
/// forgets what it has and fetches all the time, so that decisions and disables overtake each other; another one asks
/// the daemon after the answer; now and then a child ends and another one is forked beside the threads at their calls.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jeton/jeton.h>

#include "libclient/page/epoch_page.hpp"

namespace {

constexpr unsigned thread_count = 8;
constexpr unsigned child_count = 8;
constexpr unsigned reader_count = thread_count + child_count;
constexpr std::uint32_t rounds_of_a_child = 500;
constexpr int patience_ms = 20'000;
constexpr std::chrono::seconds stuck_after{60};

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error{what}; }

// --- what all of them see ------------------------------------------------------------------------------------------

/// The state of a round, in the low bits of `phase`.
enum Phase : std::uint32_t { waiting, holding, disabling, disabled, phases };

using Count = std::atomic<std::uint64_t>;  // written by one reader, and read while it may still be at a call

struct alignas(64) Reader {
    Count looks = 0;              ///< calls
    Count in_flight = 0;          ///< tokens while the disable was on its way
    Count seen_early = 0;         ///< no token any more, before the answer was there
    Count after = 0;              ///< calls begun after the answer
    Count stale = 0;              ///< of these, with a token
    Count first_stale_round = 0;  ///< counted from 1
    Count child_of_rounds = 0;    ///< generation, of a child
};

struct Shared {
    alignas(64) std::atomic<std::uint32_t> phase;    ///< round · phases + Phase
    alignas(64) std::atomic<std::uint32_t> arrived;  ///< readers that have done what the phase is for
    std::atomic<std::uint32_t> complete;             ///< the phase in which all have
    alignas(64) std::atomic<std::uint32_t> leaving;  ///< the child that is to end, by its number; 0: none
    std::array<Reader, reader_count> readers;
    std::atomic<bool> failed;
    std::array<char, 400> why;
};

int futex(std::atomic<std::uint32_t>& word, int act, std::uint32_t value, const timespec* patience = nullptr) {
    return static_cast<int>(::syscall(SYS_futex, &word, act, value, patience, nullptr, 0));
}

void wait_while(std::atomic<std::uint32_t>& word, std::uint32_t value) {
    const timespec second{1, 0};
    if (word.load(std::memory_order_acquire) == value) futex(word, FUTEX_WAIT, value, &second);
}

void set(std::atomic<std::uint32_t>& word, std::uint32_t value) {
    word.store(value, std::memory_order_release);
    futex(word, FUTEX_WAKE, INT_MAX);
}

// --- a reader ------------------------------------------------------------------------------------------------------

class Looking {
public:
    Looking(Shared& shared, jeton_client* client, const std::vector<std::string>& connections, unsigned number)
        : shared_(shared), client_(client), connections_(connections), number_(number), self_(shared.readers[number]) {}

    void run() {
        while (!shared_.failed && shared_.leaving.load(std::memory_order_relaxed) != number_ + 1) {
            const auto phase = shared_.phase.load(std::memory_order_acquire);
            if (phase == UINT32_MAX) return;
            switch (phase % phases) {
                case holding: hold(phase); break;
                case disabling: race(phase); break;
                case disabled: look_after(phase); break;
                default: wait_while(shared_.phase, phase);
            }
        }
    }

private:
    [[nodiscard]] std::uint32_t round_of(std::uint32_t phase) const { return phase / phases; }

    /// The code of one call; the token goes back at once.
    int call(std::uint32_t phase, int timeout) {
        jeton_request wish = JETON_REQUEST_INIT;
        wish.connection = connections_[round_of(phase) % connections_.size()].c_str();
        jeton_token* token = nullptr;
        ++self_.looks;
        const int code = jeton_token_get(client_, &wish, timeout, &token, nullptr);
        jeton_token_free(token);
        return code;
    }

    /// A host that does other things besides: no answer in time says nothing.
    static bool is_late(int code) { return code == JETON_E_UNAVAILABLE || code == JETON_E_TIMEOUT; }

    void arrive(std::uint32_t phase) {
        if (arrived_at_ == phase) return;
        arrived_at_ = phase;
        if (shared_.arrived.fetch_add(1) + 1 == reader_count) set(shared_.complete, phase);
    }

    /// One reader in each round fetches all the time.
    [[nodiscard]] bool fetches_always(std::uint32_t phase) const { return round_of(phase) % reader_count == number_; }

    void hold(std::uint32_t phase) {
        const int code = call(phase, patience_ms);
        if (code == JETON_OK) return arrive(phase), yield();
        if (shared_.phase.load() != phase || is_late(code)) return;  // disabled meanwhile; or: again
        tell(std::string{"no token where there is one: "} + jeton_code_name(code));
    }

    void race(std::uint32_t phase) {
        const bool fetches = fetches_always(phase);
        if (fetches) jeton_forget(client_);
        if (call(phase, fetches ? patience_ms : 0) == JETON_OK) {
            if (shared_.phase.load(std::memory_order_acquire) == phase) ++self_.in_flight;
            return yield();
        }
        if (shared_.phase.load(std::memory_order_acquire) == phase) ++self_.seen_early;
        // What it fetches now, if it gets it, is from before the disable, or the page says so.
        if (call(phase, patience_ms) != JETON_OK) wait_while(shared_.phase, phase);
    }

    void look_after(std::uint32_t phase) {
        const bool asks = (round_of(phase) + 1) % reader_count == number_;
        const int code = call(phase, asks ? patience_ms : 0);
        ++self_.after;
        if (code == JETON_OK && shared_.phase.load(std::memory_order_acquire) == phase) {
            if (++self_.stale == 1) self_.first_stale_round = round_of(phase) + 1;
        }
        if (asks && code != JETON_E_REFUSED && code != JETON_OK && !is_late(code))
            tell(std::string{"no refusal of a disabled connection: "} + jeton_code_name(code));
        arrive(phase);
        if (asks) wait_while(shared_.phase, phase);  // it need not ask twice
        yield();
    }

    void tell(const std::string& why) {
        if (!shared_.failed.exchange(true)) why.copy(shared_.why.data(), shared_.why.size() - 1);
    }
    static void yield() { ::sched_yield(); }

    Shared& shared_;
    jeton_client* client_;
    const std::vector<std::string>& connections_;
    unsigned number_;
    Reader& self_;
    std::uint32_t arrived_at_ = UINT32_MAX;
};

// --- who disables --------------------------------------------------------------------------------------------------

/// One session to the control socket.
class Control {
public:
    explicit Control(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) fail(path + " is too long");
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            fail("nobody listens at " + path);
    }
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    ~Control() { ::close(socket_); }

    void post(const std::string& target, const std::string& body) {
        const auto request = "POST " + target +
                             " HTTP/1.1\r\nHost: localhost\r\nJeton-Client: 1\r\nContent-Type: application/json\r\n"
                             "Content-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body;
        if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
            fail("the control socket takes nothing");
        std::string answer;
        while (!whole(answer)) {
            std::array<char, 16'384> piece{};
            const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
            if (got <= 0) fail("the control socket was closed after: " + answer);
            answer.append(piece.data(), static_cast<std::size_t>(got));
        }
        if (!answer.starts_with("HTTP/1.1 200 ")) fail(target + ": " + answer);
    }

private:
    static bool whole(std::string_view answer) {
        constexpr std::string_view length = "\r\nContent-Length: ";
        const auto end = answer.find("\r\n\r\n");
        const auto field = answer.find(length);
        if (end == std::string_view::npos) return false;
        if (field > end) fail("an answer without a length");
        return answer.size() >= end + 4 + std::strtoul(answer.data() + field + length.size(), nullptr, 10);
    }

    int socket_;
};

std::string target_of(const std::string& connection, const std::string& verb) {
    auto place = connection;
    place.replace(place.find('@'), 1, "%40");
    return "/v1/connections/" + place + "/" + verb;
}

/// A page that is late: what the daemon's page says, shown in another directory only after the answer. The negative
/// control: readers that use it must be caught.
class LatePage {
public:
    LatePage(const std::string& from, const std::string& directory) {
        from_ = map(from + "/page/epoch", O_RDONLY, PROT_READ);
        const auto place = directory + "/page";
        if (::mkdir(place.c_str(), 0755) != 0 ||
            ::symlink((from + "/token.sock").c_str(), (directory + "/token.sock").c_str()) != 0) {
            fail("cannot prepare " + directory);
        }
        {
            std::ofstream file{place + "/epoch", std::ios::binary};
            file << std::string(jeton::page::page_size, '\0');
        }
        page_ = map(place + "/epoch", O_RDWR, PROT_READ | PROT_WRITE);
        jeton::page::begin_page(*page_, jeton::page::clock_of(*from_));
        if (::chmod((place + "/epoch").c_str(), 0444) != 0) fail("cannot show the page");
        follow();
    }

    void follow() {
        const jeton::page::MappedWords words{*from_};
        using jeton::page::Word;
        jeton::page::publish(
            *page_, {{words.load(Word::instance_high), words.load(Word::instance_low)}, words.load(Word::epoch)},
            jeton::page::boot_time());
    }
    void beat() { jeton::page::beat(*page_, jeton::page::boot_time()); }

private:
    static jeton::page::EpochPage* map(const std::string& path, int flags, int protection) {
        const int file = ::open(path.c_str(), flags | O_CLOEXEC);
        void* mapped = ::mmap(nullptr, jeton::page::page_size, protection, MAP_SHARED, file, 0);
        if (mapped == MAP_FAILED) fail("cannot map " + path);
        ::close(file);
        return static_cast<jeton::page::EpochPage*>(mapped);
    }

    jeton::page::EpochPage* from_ = nullptr;
    jeton::page::EpochPage* page_ = nullptr;
};

struct Options {
    std::string directory;  ///< of both sockets
    std::uint32_t rounds = 0;
    std::string late;  ///< a directory for the late page; empty: none
    std::vector<std::string> connections;
};

class Race {
public:
    explicit Race(Options options)
        : options_(std::move(options)),
          shared_(*new(memory()) Shared{}),
          control_(options_.directory + "/control.sock") {
        if (!options_.late.empty()) page_ = new LatePage{options_.directory, options_.late};
        const auto& seen = options_.late.empty() ? options_.directory : options_.late;
        jeton_options where = JETON_OPTIONS_INIT;
        where.directory = seen.c_str();
        if (jeton_open(&where, &client_, nullptr) != JETON_OK) fail("no client");
        for (unsigned i = 0; i < thread_count; ++i) threads_.emplace_back([this, i] { read_as(i); });
        for (unsigned i = 0; i < child_count; ++i) children_[i] = new_child(thread_count + i);
    }
    Race(const Race&) = delete;
    Race& operator=(const Race&) = delete;
    ~Race() {
        set(shared_.phase, UINT32_MAX);
        for (auto& thread : threads_) thread.join();
        for (const auto child : children_) ::waitpid(child, nullptr, 0);
        jeton_close(client_);
    }

    void run() {
        for (std::uint32_t round = 0; round < options_.rounds && stale() == 0; ++round) {
            const auto& connection = options_.connections[round % options_.connections.size()];
            if (round % options_.connections.size() == 0 && round != 0) enable_all();
            if (round % rounds_of_a_child == rounds_of_a_child - 1) replace_child();
            if (page_ != nullptr) page_->follow();
            reach(round, holding);
            set(shared_.phase, round * phases + disabling);
            control_.post(target_of(connection, "disable"), "{}");
            if (page_ != nullptr) page_->beat();
            reach(round, disabled);
            shared_.phase.store((round + 1) * phases + waiting, std::memory_order_release);
            ++done_;
        }
    }

    [[nodiscard]] std::uint64_t stale() const { return sum(&Reader::stale); }

    void report(double seconds) const {
        std::printf(
            "rounds %u\nseconds %.1f\ncalls %llu\ntokens_in_flight %llu\nseen_early %llu\ncalls_after %llu\n"
            "children %u\nstale %llu\n",
            done_, seconds, sum(&Reader::looks), sum(&Reader::in_flight), sum(&Reader::seen_early), sum(&Reader::after),
            forked_, sum(&Reader::stale));
        std::uint64_t first = 0;
        for (const auto& reader : shared_.readers) {
            if (reader.stale != 0)
                first = first == 0 ? reader.first_stale_round.load() : std::min(first, reader.first_stale_round.load());
        }
        if (first != 0) std::printf("first_stale_round %llu\n", static_cast<unsigned long long>(first));
        for (unsigned i = 0; i < reader_count; ++i) {
            if (shared_.readers[i].after < done_) std::printf("missed reader %u\n", i);
        }
    }

private:
    static void* memory() {
        void* mapped = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) fail("no memory");
        return mapped;
    }

    [[nodiscard]] unsigned long long sum(Count Reader::* member) const {
        unsigned long long all = 0;
        for (const auto& reader : shared_.readers) all += reader.*member;
        return all;
    }

    void read_as(unsigned number) {
        // The daemon goes first: a disable that waits for sixteen readers' turns races nobody.
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), ::getpriority(PRIO_PROCESS, 0) + 5);
        Looking{shared_, client_, options_.connections, number}.run();
    }

    pid_t new_child(unsigned number) {
        ++forked_;
        const auto parent = ::getpid();
        const auto made = ::fork();
        if (made < 0) fail("no process");
        if (made == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (::getppid() != parent) ::_exit(1);
            read_as(number);
            ::_exit(0);  // without destructors: the threads are the parent's
        }
        return made;
    }

    /// While the threads look.
    void replace_child() {
        const unsigned which = next_child_++ % child_count;
        shared_.leaving.store(thread_count + which + 1);
        futex(shared_.phase, FUTEX_WAKE, INT_MAX);
        ::waitpid(children_[which], nullptr, 0);
        shared_.leaving.store(0);
        children_[which] = new_child(thread_count + which);
    }

    void enable_all() {
        const auto& name = options_.connections.front();
        control_.post("/v1/access/enable", R"({"app":")" + name.substr(0, name.find('/')) + R"("})");
    }

    /// Begins the phase and waits until every reader has done its part.
    void reach(std::uint32_t round, Phase next) {
        const auto phase = round * phases + next;
        shared_.arrived.store(0);
        set(shared_.phase, phase);
        const auto end = std::chrono::steady_clock::now() + stuck_after;
        for (;;) {
            const auto found = shared_.complete.load(std::memory_order_acquire);
            if (found == phase) return;
            if (shared_.failed) fail(shared_.why.data());
            if (std::chrono::steady_clock::now() > end) fail("a reader does not come back from its call");
            wait_while(shared_.complete, found);
        }
    }

    Options options_;
    Shared& shared_;
    Control control_;
    LatePage* page_ = nullptr;
    jeton_client* client_ = nullptr;
    std::vector<std::thread> threads_;
    std::array<pid_t, child_count> children_{};
    unsigned next_child_ = 0;
    unsigned forked_ = 0;
    std::uint32_t done_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fputs("usage: race DIRECTORY ROUNDS LATE_PAGE_DIRECTORY|- APP/TENANT@ENVIRONMENT…\n", stderr);
        return 2;
    }
    try {
        Options options{argv[1], static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)), argv[3], {}};
        if (options.late == "-") options.late.clear();
        options.connections.assign(argv + 4, argv + argc);
        const auto begun = std::chrono::steady_clock::now();
        Race race{std::move(options)};
        race.run();
        race.report(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
        return race.stale() == 0 ? 0 : 1;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        std::fflush(stderr);
        ::_exit(3);  // threads may be at a call
    }
}
