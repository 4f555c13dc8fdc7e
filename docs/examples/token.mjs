#!/usr/bin/env node
// A token with nothing but Node's own http: token.mjs [APP/TENANT@ENVIRONMENT].
import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

function socketPath() {
    const own = process.env.JETON_SOCKET_DIR || (process.env.XDG_RUNTIME_DIR && join(process.env.XDG_RUNTIME_DIR, 'jeton'));
    return own && existsSync(join(own, 'token.sock')) ? join(own, 'token.sock') : '/run/jeton/token.sock';
}

/** The answer of RFC 6749 section 5.1: access_token, expires_in (what is left), scope, connection. */
export function token(connection) {
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(connection && { connection }) }).toString();
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(form) };
    return new Promise((resolve, reject) => {
        const request = http.request({ socketPath: socketPath(), method: 'POST', path: '/token', headers, timeout: 20_000 });
        request.on('response', async (response) => {
            try {
                const parts = [];
                for await (const part of response) parts.push(part);
                const answer = JSON.parse(Buffer.concat(parts).toString());
                if (response.statusCode === 200) resolve(answer);
                else reject(new Error(`${answer.error}: ${answer.error_description ?? ''}`));
            } catch (problem) {
                reject(problem);
            }
        });
        request.on('timeout', () => request.destroy(new Error('the daemon did not answer in time')));
        request.on('error', reject);
        request.end(form);
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    try {
        console.log((await token(process.argv[2])).access_token);
    } catch (problem) {
        console.error(problem.message);
        process.exitCode = 1;
    }
}
