#include "daemon/front/routes/epoch_page.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace jeton::front {
namespace {

namespace json = protocol::json;
using State = EpochPageWriter::State;

constexpr std::string_view mend_it = "start jetond again";

/// What is wrong with a page; nothing where it is well or switched off.
std::optional<Error> problem_of(const EpochPageWriter& page) {
    if (page.state() == State::failed) return page.problem();
    if (page.state() == State::off || page.is_in_place()) return std::nullopt;
    return refuse(Errc::wrong_state,
                  fmt::format("the epoch page {} was removed or replaced since the start", page.path().string()),
                  std::string{mend_it});
}

json::value finding(std::string_view severity, std::string_view what, json::value next) {
    return {{"check", "page"}, {"severity", severity}, {"what", what}, {"next", std::move(next)}};
}

}  // namespace

void add_page_status(const Desk& desk, json::value& done) {
    const auto problem = problem_of(desk.page);
    const std::string_view state = problem ? "failed" : desk.page.state() == State::off ? "off" : "on";
    json::object view;
    view["state"] = state;
    view["path"] = desk.page.state() == State::off ? json::value(nullptr) : json::value(desk.page.path().string());
    view["problem"] = problem ? json::value(problem->what) : json::value(nullptr);
    done.as_object()["epoch_page"] = std::move(view);
}

void add_page_finding(const Desk& desk, json::value& done) {
    const auto problem = problem_of(desk.page);
    auto& all = done.as_array();
    if (problem) {
        all.push_back(finding("warning", problem->what + ": every token is fetched, none is kept by programs",
                              json::value(problem->next)));
    } else if (desk.page.state() == State::off) {
        all.push_back(finding("ok", "the epoch page is switched off: every token is fetched", nullptr));
    } else {
        all.push_back(finding("ok", fmt::format("programs see changes at {}", desk.page.path().string()), nullptr));
    }
}

}  // namespace jeton::front
