#!/bin/sh
# A token from the shell: token.sh [APP/TENANT@ENVIRONMENT]. Without a connection: that of your default binding.
set -eu
directory=${JETON_SOCKET_DIR:-${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/jeton}}
[ -S "$directory/token.sock" ] || directory=/run/jeton

# --fail-with-body: a refusal is printed too, and ends with a failure. The socket's mode protects nothing and need not:
# the daemon asks the kernel who is calling.
exec curl --silent --show-error --fail-with-body --max-time 20 --unix-socket "$directory/token.sock" \
    --data grant_type=client_credentials ${1:+--data-urlencode "connection=$1"} http://localhost/token
