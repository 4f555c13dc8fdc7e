#include "tests/proof/vault.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/verbs/authorisation.hpp"
#include "daemon/vault/verbs/table.hpp"

namespace jeton::vault {

void DatabaseProbe::leave_files(Database& database) {
    auto* handle = database.handle_.getHandle();
    int persist = 1;
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_file_control(handle, nullptr, SQLITE_FCNTL_PERSIST_WAL, &persist);
}

}  // namespace jeton::vault

namespace jeton::proof {
namespace {

std::string frame(std::size_t id, const Question& question) {
    const auto uid = question.who.uid;
    return json::serialize(json::value{{"id", id},
                                       {"peer", {{"uid", uid}, {"gid", uid}, {"pid", 5}, {"user", question.who.name}}},
                                       {"socket", question.verb == "token.issue" ? "token" : "control"},
                                       {"verb", question.verb},
                                       {"body", question.body}});
}

void add(std::string& text, const vault::Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) text += std::to_string(*number);
    if (const auto* words = std::get_if<std::string>(&value)) text += *words;
    if (const auto* bytes = std::get_if<Bytes>(&value)) text.append(bytes->begin(), bytes->end());
    text += static_cast<char>('0' + value.index());
}

}  // namespace

const std::string& Answer::word() const {
    static const std::string done_word = "done";
    return is_done() ? done_word : error;
}

Place::Place() {
    auto pattern = (std::filesystem::temp_directory_path() / "jeton-proof-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a directory in " + pattern);
    directory_ = pattern;
    for (const auto* part : {"state", "anchor", "keys"}) {
        std::filesystem::create_directory(directory_ / part);
        std::filesystem::permissions(directory_ / part, std::filesystem::perms{0700});
    }
}

Place::~Place() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

Config Place::config() const {
    Config config;
    config.mode = DaemonMode::user;  // makes its store and key file at the first start
    config.paths.state = directory_ / "state";
    config.paths.anchor = directory_ / "anchor";
    config.keys.key_file = directory_ / "keys/key";
    config.audit.every_token = true;
    return config;
}

Vault::Vault(const Place& place, const Clock& clock)
    : config_(place.config()), store_({config_.database(), config_.paths.anchor}, clock) {
    vault::open_at_start(store_, config_, clock);
    room_ = std::make_unique<vault::Room>(vault::Room{config_, clock, store_});
}

vault::Desk& Vault::desk() {
    if (desk_) return *desk_;
    constexpr std::int64_t nobody =
        65534;  // whose daemon it is: the operator is uid 0, everybody else is granted roles
    desk_ = std::make_unique<vault::Desk>(*room_, nobody, [this](std::string payload) {
        auto sent = json::parse(payload).as_object();
        if (sent.contains("id")) sent_.push_back(std::move(sent));
    });
    desk_->greet();
    return *desk_;
}

std::vector<Answer> Vault::ask(const std::vector<Question>& questions) {
    std::deque<std::string> frames;
    for (std::size_t i = 0; i < questions.size(); ++i) frames.push_back(frame(i, questions[i]));
    sent_.clear();
    desk().take(std::move(frames));
    std::vector<Answer> answers(questions.size());
    for (auto& answer : answers) answer.error = "no answer";
    for (auto& sent : sent_) {
        auto& answer = answers.at(static_cast<std::size_t>(sent.at("id").as_int64()));
        answer = {};
        if (sent.contains("done")) {
            answer.done = std::move(sent.at("done"));
            continue;
        }
        const auto& refused = sent.at("refused").as_object();
        answer.error = refused.at("error").as_string();
        answer.what = refused.at("error_description").as_string();
    }
    return answers;
}

Answer Vault::see(const Person& who, std::string_view name, const json::object& body) {
    vault::Peer peer;
    peer.uid = peer.gid = who.uid;
    peer.user = who.name;
    peer.on_control_socket = true;
    Answer seen;
    json::array rows;
    for (std::string after;;) {
        auto asked = body;
        if (!after.empty()) asked["after"] = after;
        const json::value text(std::move(asked));  // in braces it would become an array
        const auto outcome = look([&](vault::Transaction& tx) -> Result<vault::Outcome> {
            const auto& verb = *vault::find_verb(name);
            const auto standing = vault::authorise(tx, peer, verb, text, room_->clock.now());
            if (!standing) return standing.error();
            vault::Call call{tx, peer, *standing, text, *room_, std::nullopt};
            return std::get<vault::VerbFunction>(verb.function)(call);
        });
        if (!outcome) {
            seen.error = protocol::word_of(outcome.error().code).name;
            seen.what = outcome.error().what;
            return seen;
        }
        if (!outcome->done->is_array()) {
            seen.done = *outcome->done;
            return seen;
        }
        for (const auto& row : outcome->done->get_array()) rows.push_back(row);
        if (outcome->next.empty()) break;
        after = outcome->next;
    }
    seen.done = std::move(rows);
    return seen;
}

void Vault::end() {
    desk().write_tally();
    desk().keep_time();
    store_.checkpoint();
    is_ended_ = true;
}

Vault::~Vault() {
    if (auto* database = engine().database.get(); database != nullptr && !is_ended_)
        vault::DatabaseProbe::leave_files(*database);
}

std::string Vault::dump() {
    auto& database = *engine().database;
    std::string text;
    for (const auto& table :
         database.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'state' ORDER BY name")) {
        const auto& name = std::get<std::string>(table.front());
        text += "\n" + name + ":";
        database.each("SELECT * FROM " + name, {}, [&](const vault::Record& row) {
            text += '\n';
            for (const auto& cell : row) add(text, cell);
            return true;
        });
    }
    return text;
}

}  // namespace jeton::proof
