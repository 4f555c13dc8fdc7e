#include "daemon/front/peer/name_helper.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <grp.h>
#include <pwd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/error.hpp"
#include "daemon/base/helper_process.hpp"
#include "daemon/base/log.hpp"
#include "daemon/front/peer/name_service.hpp"

namespace jeton::front {
namespace {

// A question is one of these, then a name or a number. An answer has one part a line; it is empty where there is none.
constexpr char user_by_number = 'u', user_by_name = 'U', group_by_number = 'g', group_by_name = 'G', groups_of = 'L';

std::unique_ptr<HelperProcess>& helper() {
    static std::unique_ptr<HelperProcess> instance;
    return instance;
}

template <class LookUp>
std::string user_entry(LookUp look_up) {
    return name_service_entry<passwd>(look_up,
                                      [](const passwd& entry) {
                                          return fmt::format("{}\n{}\n{}", log::escape(entry.pw_name), entry.pw_uid,
                                                             entry.pw_gid);
                                      })
        .value_or("");
}

template <class LookUp>
std::string group_entry(LookUp look_up) {
    return name_service_entry<group>(look_up,
                                     [](const group& entry) {
                                         return fmt::format("{}\n{}\n{}", log::escape(entry.gr_name), entry.gr_gid,
                                                            entry.gr_gid);
                                     })
        .value_or("");
}

std::string account_groups(const std::string& name, gid_t gid) {
    std::vector<gid_t> groups(64);
    for (;;) {
        auto count = static_cast<int>(groups.size());
        const bool fits = ::getgrouplist(name.c_str(), gid, groups.data(), &count) >= 0;
        const auto needed = static_cast<std::size_t>(std::max(count, 0));
        if (fits || needed <= groups.size()) {
            groups.resize(fits ? needed : 0);
            return fmt::format("{}", fmt::join(groups, "\n"));
        }
        groups.resize(needed);
    }
}

std::string_view take_line(std::string_view& text) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

std::string answer_to(std::string_view question) {
    const char kind = question.empty() ? '\0' : question.front();
    const std::string text{question.substr(std::min<std::size_t>(1, question.size()))};
    const auto number = id_in(text).value_or(0);
    switch (kind) {
        case user_by_number: return user_entry([&](auto... room) { return ::getpwuid_r(number, room...); });
        case user_by_name: return user_entry([&](auto... room) { return ::getpwnam_r(text.c_str(), room...); });
        case group_by_number: return group_entry([&](auto... room) { return ::getgrgid_r(number, room...); });
        case group_by_name: return group_entry([&](auto... room) { return ::getgrnam_r(text.c_str(), room...); });
        case groups_of: {
            std::string_view rest{text};
            const auto gid = id_in(take_line(rest)).value_or(0);
            return account_groups(std::string{rest}, gid);
        }
        default: return {};
    }
}

/// A name service of the network may hang for minutes. All callers wait for this thread meanwhile, and the heartbeat of
/// the epoch page does.
constexpr std::chrono::milliseconds patience{500};

std::string ask(const std::string& question) {
    if (!helper()) return answer_to(question);
    std::optional<std::string> answer;
    try {
        answer = helper()->ask(question, patience);
    } catch (const std::runtime_error& fault) {
        log::error("{}: this daemon ends, too", fault.what());
        std::raise(SIGTERM);
        return {};
    }
    if (!answer) throw Late("the name service of this host does not answer");
    return *std::move(answer);
}

std::optional<NameEntry> entry_in(std::string_view answer) {
    const auto name = take_line(answer);
    const auto id = id_in(take_line(answer));
    const auto gid = id_in(take_line(answer));
    if (name.empty() || !id || !gid) return std::nullopt;
    return NameEntry{std::string{name}, *id, *gid};
}

}  // namespace

void start_name_helper(const std::function<void()>& confine) {
    helper() = std::make_unique<HelperProcess>("jetond-names", confine, answer_to);
}

std::optional<NameEntry> user_of_number(uid_t uid) { return entry_in(ask(fmt::format("{}{}", user_by_number, uid))); }

std::optional<NameEntry> user_of_name(const std::string& name) { return entry_in(ask(user_by_name + name)); }

std::optional<NameEntry> group_of_number(gid_t gid) { return entry_in(ask(fmt::format("{}{}", group_by_number, gid))); }

std::optional<NameEntry> group_of_name(const std::string& name) { return entry_in(ask(group_by_name + name)); }

std::vector<gid_t> groups_of_name(const std::string& name, gid_t gid) {
    const auto answer = ask(fmt::format("{}{}\n{}", groups_of, gid, name));
    std::vector<gid_t> groups;
    std::string_view rest{answer};
    while (!rest.empty()) {
        if (const auto number = id_in(take_line(rest))) groups.push_back(*number);
    }
    return groups;
}

}  // namespace jeton::front
