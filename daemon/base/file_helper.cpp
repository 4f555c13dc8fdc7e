#include "daemon/base/file_helper.hpp"

#include <csignal>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>
#include <string_view>

#include "daemon/base/encoding.hpp"
#include "daemon/base/files.hpp"
#include "daemon/base/helper_process.hpp"
#include "daemon/base/log.hpp"

namespace jeton {
namespace {

// An answer begins with one of these.
constexpr char done = 'D';     ///< then: the content
constexpr char refused = 'R';  ///< then: code, what, next, with a NUL between
constexpr char failed = 'F';   ///< then: what happened

std::unique_ptr<HelperProcess>& helper() {
    static std::unique_ptr<HelperProcess> instance;
    return instance;
}

std::string in_words(const Error& error) {
    std::string answer{refused, static_cast<char>(error.code)};
    return answer.append(error.what).append({'\0'}).append(error.next);
}

Error from_words(std::string_view answer) {
    const auto code = static_cast<Errc>(static_cast<unsigned char>(answer.at(0)));
    answer.remove_prefix(1);
    const auto end = answer.find('\0');
    return refuse(code, std::string{answer.substr(0, end)}, std::string{answer.substr(end + 1)});
}

/// One line of log for each file: who looks after the host sees what was handed over.
void note(FileKind kind, const std::string& file) {
    static std::set<std::string> noted;
    if (noted.size() < 1024 && noted.insert(file).second)
        log::info("{} {} for the vault", kind == FileKind::new_key ? "makes" : "reads", file);
}

std::string answer_for(FileKind kind, const std::filesystem::path& file) {
    note(kind, file.string());
    std::string answer{done};
    if (kind == FileKind::new_key) {
        const auto made = create_key_file(file);
        return made ? answer : in_words(made.error());
    }
    if (kind == FileKind::secret || kind == FileKind::credential) {
        const auto content = kind == FileKind::secret ? read_secret_file(file) : read_credential_file(file);
        if (!content) return in_words(content.error());
        answer.reserve(1 + content->size());  // no copy is left behind
        return answer.append(text_of(content->span()));
    }
    const auto content = kind == FileKind::trusted ? read_trusted_file(file) : read_certificates(file);
    return content ? answer.append(*content) : in_words(content.error());
}

std::string work(std::string_view question) try {
    if (question.size() < 2) throw std::runtime_error("no file is named");
    return answer_for(static_cast<FileKind>(question.front()), question.substr(1));
} catch (const std::exception& fault) {
    return std::string{failed} + fault.what();
}

}  // namespace

void start_file_helper(const char* name, const std::function<void()>& confine) {
    helper() = std::make_unique<HelperProcess>(name, confine, work);
}

bool has_file_helper() { return helper() != nullptr; }

Result<std::string> ask_file_helper(FileKind kind, const std::filesystem::path& file) {
    std::string answer;
    try {
        answer = helper()->ask(static_cast<char>(kind) + file.string());
    } catch (const std::runtime_error& fault) {
        // Whoever supervises this process starts it again, with a new helper.
        log::error("{}: this process ends, too", fault.what());
        std::raise(SIGTERM);
        return refuse(Errc::wrong_state, "cannot read " + file.string() + ": " + fault.what(), "try again in a moment");
    }
    const char outcome = answer.empty() ? failed : answer.front();
    if (outcome == refused && answer.size() > 2) return from_words(std::string_view{answer}.substr(1));
    if (outcome != done) throw std::runtime_error(answer.empty() ? "the helper says nothing" : answer.substr(1));
    answer.erase(0, 1);
    return answer;
}

}  // namespace jeton
