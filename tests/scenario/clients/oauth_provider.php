<?php
// In the manner of a PHP OAuth provider: the body is client_id, client_secret, grant_type and tenant, the token the caller's to keep.
$stdin = fopen('php://stdin', 'r');
$token = null;

function send(string $url, array $options): array
{
    $curl = curl_init($url);
    curl_setopt_array($curl, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30]);
    $body = curl_exec($curl);
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $body === false ? '' : $body];
}

while (fgets($stdin) !== false) {
    if ($token === null) {
        $body = http_build_query([
            'client_id' => getenv('ST_CLIENT_ID'),
            'client_secret' => getenv('ST_CLIENT_SECRET'),
            'grant_type' => 'client_credentials',
            'tenant' => getenv('ST_TENANT_ID'),
        ]);
        [$status, $answer] = send(getenv('ST_AUTH_URL'), [CURLOPT_POSTFIELDS => $body]);
        if ($status !== 200) {
            echo json_encode(['error' => "token: $status"]), "\n";
            continue;
        }
        $token = json_decode($answer, true)['access_token'];
    }
    [$status] = send(getenv('API_URL'), [CURLOPT_HTTPHEADER => ["Authorization: Bearer $token"]]);
    if ($status === 401) {
        $token = null;
    }
    echo json_encode(['status' => $status]), "\n";
}
