<?php
// A token with PHP's curl extension: php token.php [APP/TENANT@ENVIRONMENT]. token() is there to be copied.

/** The answer of RFC 6749 section 5.1: access_token, expires_in (what is left), scope, connection. */
function token(?string $connection = null): array
{
    $directory = getenv('JETON_SOCKET_DIR') ?: (getenv('XDG_RUNTIME_DIR') ? getenv('XDG_RUNTIME_DIR') . '/jeton' : '');
    if (!file_exists("$directory/token.sock")) {
        $directory = '/run/jeton';
    }
    $form = ['grant_type' => 'client_credentials'] + ($connection === null ? [] : ['connection' => $connection]);
    $curl = curl_init('http://localhost/token');
    curl_setopt_array($curl, [
        CURLOPT_UNIX_SOCKET_PATH => "$directory/token.sock",
        CURLOPT_POSTFIELDS => http_build_query($form),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 20,
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        throw new RuntimeException(curl_error($curl));
    }
    $answer = json_decode($body, true, 8, JSON_THROW_ON_ERROR);
    if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) {
        throw new RuntimeException($answer['error'] . ': ' . ($answer['error_description'] ?? ''));
    }
    return $answer;
}

if (realpath($argv[0] ?? '') === __FILE__) {
    try {
        echo token($argv[1] ?? null)['access_token'], "\n";
    } catch (RuntimeException | JsonException $problem) {
        fwrite(STDERR, $problem->getMessage() . "\n");
        exit(1);
    }
}
