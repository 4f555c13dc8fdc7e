#include "cli/exec_keeper.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/text.hpp"
#include "cli/token_request.hpp"
#include "cli/values.hpp"
#include "libclient/http/unix_http.hpp"

namespace jeton::cli {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// So soon a file follows what the daemon says: it answers from memory.
constexpr auto look_every = 10s;
/// Programs refuse tokens that end within five minutes.
constexpr seconds wanted_life{300};
/// A restart of the daemon is nobody's business; what lasts longer is.
constexpr auto quiet_trouble = 60s;

/// Goes on while the host sleeps, as the lives of tokens do.
nanoseconds boot_time() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return seconds{now.tv_sec} + nanoseconds{now.tv_nsec};
}

std::string wall_time(nanoseconds from_now) {
    return rfc3339(static_cast<std::int64_t>(std::time(nullptr)) + std::chrono::floor<seconds>(from_now).count());
}

/// To the command's stderr; the only words that it hears from us.
void tell(const std::string& text) {
    const auto line = "jeton exec: " + printable(text) + "\n";
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nobody listens: there is nobody to tell
}

std::unexpected<Failure> no_keeper(std::string_view doing, int problem) {
    return refuse("no_keeper", fmt::format("{}: {}", doing, std::strerror(problem)),
                  "look at the limits of processes, files and memory: ulimit -a");
}

/// A file in memory that nobody can change any more, without a name anywhere.
Result<client::UniqueHandle> sealed_file(std::string_view text) {
    constexpr unsigned no_exec_seal = 8;  // MFD_NOEXEC_SEAL, since Linux 6.3, where it can be demanded
    client::UniqueHandle file{::memfd_create("jeton-token", MFD_CLOEXEC | MFD_ALLOW_SEALING | no_exec_seal)};
    if (!file) file = client::UniqueHandle{::memfd_create("jeton-token", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!file) return no_keeper("a file in memory cannot be made", errno);
    while (!text.empty()) {
        const auto written = ::write(file.get(), text.data(), text.size());
        if (written < 0 && errno != EINTR) return no_keeper("a file in memory cannot be written", errno);
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fchmod(file.get(), 0400) != 0 ||
        ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        return no_keeper("a file in memory cannot be sealed", errno);
    }
    return file;
}

/// One token and its file. `slot` is what /proc shows of this process: whoever opens it gets the file of that moment,
/// and keeps it while reading, whatever comes into the slot meanwhile.
class TokenFile {
public:
    TokenFile(KeptToken first, int slot, const client::Endpoint& endpoint)
        : connection_(std::move(first.connection)),
          slot_(slot),
          endpoint_(&endpoint),
          left_(first.left),
          token_(std::move(first.token)) {}

    Result<void> begin() { return put(token_, left_, boot_time()); }

    /// Asks the daemon, and makes the file follow.
    void look() {
        const auto now = boot_time();
        TokenWish wish{connection_};
        if (there_ && ends_ - now < enough()) wish.min_ttl = std::chrono::ceil<seconds>(enough()).count();
        auto answer = ask(wish);
        if (answer) {
            client::WipedText token;
            token.append(raw_field(answer->tree, "access_token"));
            const seconds left{integer(answer->tree, "expires_in").value_or(0)};
            if (auto done = put(token, left, now); done) return well_again();
            answer = std::unexpected{Failure{1, "no_keeper", "the token cannot be put into its file", "ulimit -a", {}}};
        }
        ill(answer.error(), now);
    }

private:
    /// A third of the life of tokens that live shorter.
    [[nodiscard]] nanoseconds enough() const { return std::min<nanoseconds>(wanted_life, life_ / 3); }

    [[nodiscard]] Result<Document> ask(const TokenWish& wish) const {
        client::Request request;
        request.method = "POST";
        request.target = "/token";
        request.content_type = "application/x-www-form-urlencoded";
        request.body.append(token_form(wish));
        auto response = client::exchange(endpoint_->token_directory, client::name_of(client::Socket::token), request,
                                         token_patience, ::geteuid());
        if (!response) return std::unexpected{to_failure(response.error())};
        auto document = read_document(std::move(*response));
        if (!document) return document;
        if (const auto token = token_in(document->tree); !token) return std::unexpected{token.error()};
        return document;
    }

    Result<void> put(const client::WipedText& token, seconds left, nanoseconds asked) {
        if (!there_ || token.view() != token_.view()) {
            const auto file = sealed_file(token.view());
            if (!file) return std::unexpected{file.error()};
            if (::dup3(file->get(), slot_, O_CLOEXEC) < 0) return no_keeper("a descriptor cannot be had", errno);
            client::WipedText copy;
            copy.append(token.view());
            token_ = std::move(copy);
            life_ = left;
        }
        there_ = true;
        ends_ = asked + left;
        return {};
    }

    void take_away() {
        if (there_) ::close(slot_);
        there_ = false;
        token_ = client::WipedText{};
    }

    void ill(const Failure& failure, nanoseconds now) {
        if (!ill_since_) ill_since_ = now;
        const auto why = failure.next.empty() ? failure.what : fmt::format("{}; {}", failure.what, failure.next);
        if (is_final(failure)) {
            take_away();
            say(fmt::format("the token file of {} is gone until this changes: {}", connection_, why), Told::gone);
        } else if (there_ && ends_ <= now) {
            take_away();
            say(fmt::format("the token of {} has ended and there is no other yet: {}", connection_, why), Told::gone);
        } else if (now - *ill_since_ >= quiet_trouble) {
            say(fmt::format("no new token of {} for {} s; {}: {}", connection_,
                            std::chrono::floor<seconds>(now - *ill_since_).count(),
                            there_ ? "the one that is there is good until " + wall_time(ends_ - now) : "there is none",
                            why),
                Told::trouble);
        }
    }

    void well_again() {
        if (told_ != Told::nothing) tell(fmt::format("the token file of {} is fresh again", connection_));
        told_ = Told::nothing;
        ill_since_.reset();
    }

    /// The daemon's decision, not its state.
    static bool is_final(const Failure& failure) {
        return failure.exit_code == exit_code::refused && failure.code != "temporarily_unavailable" &&
               failure.code != "too_many_requests" && failure.code != "server_error" && failure.code != "no_keeper";
    }

    enum class Told { nothing, trouble, gone };
    /// Each thing once.
    void say(const std::string& text, Told what) {
        if (told_ >= what) return;
        told_ = what;
        tell(text);
    }

    std::string connection_;
    int slot_;
    const client::Endpoint* endpoint_;
    seconds left_;  ///< of the first one
    client::WipedText token_;
    bool there_ = false;
    nanoseconds ends_{0}, life_{0};
    std::optional<nanoseconds> ill_since_;
    Told told_ = Told::nothing;
};

/// Descriptors that nothing else gets: the kernel hands out the lowest that are free.
std::optional<int> first_slot() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1024);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    constexpr rlim_t others = served_sessions * 2 + 32;
    if (limit.rlim_cur < token_files_max + others) return std::nullopt;
    return static_cast<int>(limit.rlim_cur - token_files_max);
}

/// This process as /proc names it: the mount may be of another PID namespace.
pid_t pid_in_proc() {
    std::array<char, 32> text{};
    const auto size = ::readlink("/proc/self", text.data(), text.size());
    pid_t pid = 0;
    if (size > 0) std::from_chars(text.data(), text.data() + size, pid);
    return pid;
}

/// What the keeper tells when it stands.
struct Ready {
    pid_t pid = 0;
    int first_slot = 0;
};

/// Signals that would end the keeper before its command: a service manager sends them to both.
void be_deaf() {
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2})
        std::signal(signal, SIG_IGN);
}

void let_go_of_streams() {
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) return;
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    if (nothing > STDERR_FILENO) ::close(nothing);
}

/// The life of the keeper; `watched` is readable once the command has ended.
[[noreturn]] void keep(KeeperTask task, const client::UniqueHandle& watched, const client::UniqueHandle& told) {
    ::prctl(PR_SET_NAME, "jeton-exec");
    // Whoever has the rights of this user may open our descriptors: that is how the command comes to its files. What is
    // in this process is the user's own; it could ask the daemon for the same.
    ::prctl(PR_SET_DUMPABLE, 1);
    be_deaf();
    let_go_of_streams();
    if (::chdir("/") != 0) ::_exit(EXIT_FAILURE);

    const auto slot = first_slot();
    if (!slot) ::_exit(EXIT_FAILURE);
    std::vector<TokenFile> files;
    files.reserve(task.tokens.size());
    for (auto& token : task.tokens) {
        files.emplace_back(std::move(token), *slot + static_cast<int>(files.size()), task.endpoint);
        if (!files.back().begin()) ::_exit(EXIT_FAILURE);
    }
    const AskDaemon ask = [&task](std::string_view form) {
        client::Request request;
        request.method = "POST";
        request.target = "/token";
        request.content_type = "application/x-www-form-urlencoded";
        request.body.append(form);
        return client::exchange(task.endpoint.token_directory, client::name_of(client::Socket::token), request,
                                token_patience, ::geteuid());
    };
    try {
        if (task.listener.socket) std::thread([&] { serve(task.listener, task.pairs, ask); }).detach();
        std::thread([&files] {
            for (;;) {
                std::this_thread::sleep_for(look_every);
                for (auto& file : files) file.look();
            }
        }).detach();
    } catch (const std::system_error&) {  // who has started this process tells of it
        ::_exit(EXIT_FAILURE);
    }

    const Ready ready{pid_in_proc(), *slot};
    if (::write(told.get(), &ready, sizeof ready) != sizeof ready) ::_exit(EXIT_FAILURE);
    ::close(told.get());

    pollfd end{watched.get(), POLLIN, 0};
    while (::poll(&end, 1, -1) < 0 && errno == EINTR) {
    }
    ::_exit(EXIT_SUCCESS);
}

}  // namespace

std::string Keeper::token_file(std::size_t index) const {
    return fmt::format("/proc/{}/fd/{}", pid, first_slot + static_cast<int>(index));
}

Result<Keeper> start_keeper(KeeperTask task) {
    const client::UniqueHandle self{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
    std::array<int, 2> ends{};
    if (!self || ::pipe2(ends.data(), O_CLOEXEC) != 0) return no_keeper("the keeper cannot be started", errno);
    const client::UniqueHandle hear{ends[0]};
    client::UniqueHandle tell_end{ends[1]};
    const auto between = ::fork();
    if (between < 0) return no_keeper("the keeper cannot be started", errno);
    if (between == 0) {
        ::setsid();
        const auto keeper = ::fork();
        if (keeper != 0)
            ::_exit(keeper < 0 ? EXIT_FAILURE : EXIT_SUCCESS);  // so the command never has a child it did not make
        keep(std::move(task), self, tell_end);
    }
    int status = 0;
    while (::waitpid(between, &status, 0) < 0 && errno == EINTR) {
    }
    tell_end = client::UniqueHandle{};
    Ready ready;
    ssize_t got = 0;
    while ((got = ::read(hear.get(), &ready, sizeof ready)) < 0 && errno == EINTR) {
    }
    if (got != sizeof ready || ready.pid <= 0) {
        return refuse(
            "no_keeper", "the keeper of the token file could not start",
            "it needs /proc, room for 160 open files and two threads: ulimit -n, ulimit -u, TasksMax= of the unit");
    }
    return Keeper{ready.pid, ready.first_slot};
}

}  // namespace jeton::cli
