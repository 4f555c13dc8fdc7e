// A token with libcurl: c++ -std=c++17 token.cpp -lcurl -o token && ./token [APP/TENANT@ENVIRONMENT]
// Prints the daemon's JSON answer; any JSON library reads it.
#include <curl/curl.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

static std::size_t append(char* bytes, std::size_t size, std::size_t count, void* text) {
    static_cast<std::string*>(text)->append(bytes, size * count);
    return size * count;
}

int main(int argc, char** argv) {
    const char* directory = std::getenv("JETON_SOCKET_DIR");
    const auto socket = std::string{directory != nullptr ? directory : "/run/jeton"} + "/token.sock";
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
    if (!curl) return 1;

    std::string form = "grant_type=client_credentials", answer;
    if (argc > 1) {
        char* escaped = curl_easy_escape(curl.get(), argv[1], 0);
        form += "&connection=" + std::string{escaped};
        curl_free(escaped);
    }
    curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_URL, "http://localhost/token");
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, form.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
    const CURLcode problem = curl_easy_perform(curl.get());
    if (problem != CURLE_OK) {
        std::cerr << curl_easy_strerror(problem) << "\n";
        return 1;
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    (status == 200 ? std::cout : std::cerr) << answer;
    return status == 200 ? 0 : 1;
}
