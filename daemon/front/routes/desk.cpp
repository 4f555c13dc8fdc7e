#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

json::object describe(Desk& desk, const Caller& caller) {
    json::object peer;
    peer["uid"] = caller.peer.uid;
    peer["gid"] = caller.peer.gid;
    peer["pid"] = caller.peer.pid;
    if (const auto name = desk.names.name_of(caller.peer.uid)) peer["user"] = *name;
    if (const auto command = caller.command()) peer["command"] = *command;
    peer["foreign"] = caller.peer.foreign;
    return peer;
}

Question question_of(Desk& desk, const Caller& caller, std::string_view verb, json::value body) {
    return Question{
        .peer = describe(desk, caller), .socket = caller.socket_name, .verb = verb, .body = std::move(body)};
}

}  // namespace jeton::front
