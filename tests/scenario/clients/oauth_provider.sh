#!/bin/sh
# The same body as the PHP provider sends, from a shell with curl: client_id, client_secret, grant_type and tenant. The token is
# kept until the API refuses it.
token=
while read -r _; do
    if [ -z "$token" ]; then
        answer=$(curl -sS --fail --max-time 30 "$ST_AUTH_URL" -d "client_id=$ST_CLIENT_ID" -d "client_secret=$ST_CLIENT_SECRET" \
            -d grant_type=client_credentials -d "tenant=$ST_TENANT_ID" 2>/dev/null) || { echo '{"error": "token"}'; continue; }
        token=$(printf '%s' "$answer" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    fi
    status=$(curl -sS -o /dev/null -w '%{http_code}' --max-time 30 -H "Authorization: Bearer $token" "$API_URL")
    [ "$status" != 401 ] || token=
    echo "{\"status\": $status}"
done
