/**
 * Access tokens from the local OAuth daemon jeton, and a fetch for programs that post to a token URL themselves: only those
 * requests take the daemon's socket. A token that was fetched is handed out again for as long as the daemon stands by it (page.js).
 *
 * Node.js cannot ask the kernel who serves a Unix socket; what is checked before a byte is sent is whose the directory is and who
 * may write to it or replace it, which is what decides who can serve there.
 */
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { find, forget, keep, moment } from './page.js';

export { forget };

/** The token URLs of the portal that the daemon's presets are for. */
export const DEFAULT_ORIGINS = Object.freeze(['https://auth.servicetitan.io', 'https://auth-integration.servicetitan.io']);

const SYSTEM_DIRECTORY = '/run/jeton';
const SOCKET_NAME = 'token.sock';
const PATIENCE = 20_000; // ms: the daemon itself waits fifteen seconds for a token endpoint elsewhere
const ANSWER_LIMIT = 1024 * 1024;
const SESSIONS_MAX = 4; // for who is asked to connect again
const PAUSE = 20; // ms before the next
const BACKLOG_PAUSE = 10; // ms: a full backlog can only be waited for

/** Why there is no token. `code`: the daemon's word (RFC 6749 section 5.2), 'unreachable' or 'untrusted'. */
export class JetonError extends Error {
    constructor(code, message, more = {}) {
        super(message);
        this.name = 'JetonError';
        this.code = code;
        Object.assign(this, more); // status, retryAfter (seconds), description
    }
}

const untrusted = (message) => new JetonError('untrusted', message);
const ownerName = (uid) => (uid === 0 ? 'root' : `uid ${uid}`);

function othersMayWrite(entry) {
    const byGroup = (entry.mode & 0o020) !== 0 && (entry.uid !== 0 || entry.gid !== 0);
    return byGroup || (entry.mode & 0o002) !== 0;
}

function checkAncestors(directory) {
    for (let above = path.dirname(directory); ; above = path.dirname(above)) {
        const entry = fs.lstatSync(above);
        if (entry.uid !== 0 && entry.uid !== process.geteuid()) {
            throw untrusted(`${above} above the socket belongs to ${ownerName(entry.uid)}, who could replace it`);
        }
        if (!entry.isSymbolicLink() && othersMayWrite(entry) && (entry.mode & 0o1000) === 0) {
            throw untrusted(`others may write to ${above}, which is above the socket`);
        }
        if (above === '/') return;
    }
}

/** Accepts a directory of root or this user that nobody else may write to or replace, as the CLI does. */
export function checkDirectory(directory) {
    if (!path.isAbsolute(directory)) throw untrusted(`the socket directory "${directory}" is not an absolute path`);
    const named = directory.replace(/(?<=.)\/+$/, '');
    try {
        const entry = fs.lstatSync(named);
        if (!entry.isDirectory()) throw untrusted(`${named} is not a directory itself`);
        if (entry.uid !== 0 && entry.uid !== process.geteuid()) {
            throw untrusted(`${named} belongs to ${ownerName(entry.uid)}, not to root or you`);
        }
        if (othersMayWrite(entry)) throw untrusted(`others may write to ${named} and place a false socket`);
        checkAncestors(named);
        checkAncestors(fs.realpathSync(named));
    } catch (problem) {
        if (problem instanceof JetonError) throw problem;
        throw new JetonError('unreachable', `no jetond is running: ${named}: ${problem.code ?? problem.message}`);
    }
}

/** $JETON_SOCKET_DIR; else that of this user's own daemon, if it has a socket there; else the system's. */
export function socketDirectory() {
    if (process.env.JETON_SOCKET_DIR) return process.env.JETON_SOCKET_DIR;
    const runtime = process.env.XDG_RUNTIME_DIR;
    const own = runtime && !isOfAnother(runtime) && path.join(runtime, 'jeton');
    return own && fs.existsSync(path.join(own, SOCKET_NAME)) ? own : SYSTEM_DIRECTORY;
}

/** Of whoever became root, or whose environment this is. */
function isOfAnother(runtime) {
    try {
        const { uid } = fs.statSync(runtime);
        return uid !== 0 && uid !== process.geteuid();
    } catch {
        return false;
    }
}

/** The checked path of the socket. */
function socketPath(directory = socketDirectory()) {
    checkDirectory(directory);
    return path.join(directory, SOCKET_NAME);
}

const asksToConnectAgain = (answer) => answer.status === 503 && answer.headers['retry-after'] === '0';
const hasFullBacklog = (problem) => problem.cause?.code === 'EAGAIN' && problem.cause.syscall === 'connect';

/** One request; {status, headers, body}. */
async function exchange({ timeout = PATIENCE, ...request }) {
    const deadline = performance.now() + timeout;
    for (let session = 1; ;) {
        const left = Math.max(1, deadline - performance.now());
        try {
            const answer = await exchangeOnce({ ...request, timeout: left });
            if (!asksToConnectAgain(answer) || session++ === SESSIONS_MAX) return answer;
            await pause(PAUSE, undefined, { signal: request.signal });
        } catch (problem) {
            if (!hasFullBacklog(problem) || left <= BACKLOG_PAUSE) throw problem;
            await pause(BACKLOG_PAUSE, undefined, { signal: request.signal });
        }
    }
}

function exchangeOnce({ method, target, headers, body, directory, timeout, signal }) {
    return new Promise((resolve, reject) => {
        const failed = (why) => reject(why instanceof JetonError || why.name === 'AbortError' ? why : new JetonError('unreachable', `no answer from jeton: ${why.message}`, { cause: why }));
        const request = http.request({
            socketPath: socketPath(directory), method, path: target, signal, agent: false,
            headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
        });
        const timer = setTimeout(() => request.destroy(new Error('the daemon did not answer in time')), timeout);
        request.on('close', () => clearTimeout(timer));
        request.on('error', failed);
        request.on('response', async (response) => {
            try {
                const parts = [];
                let size = 0;
                for await (const part of response) {
                    parts.push(part);
                    if ((size += part.length) > ANSWER_LIMIT) throw new Error('the answer is too long');
                }
                resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) });
            } catch (problem) {
                request.destroy();
                failed(problem);
            }
        });
        request.end(body);
    });
}

const FORM = 'application/x-www-form-urlencoded';

/**
 * A token of `connection` (APP/TENANT@ENVIRONMENT), or of this user's default binding: the daemon's answer, with access_token,
 * expires_in (seconds that are left), scope, connection and app_key. Options: scope, minTtl (seconds), rejectedToken, directory,
 * timeout (ms), signal, page (false: ask every time). Rejects with a JetonError.
 */
export async function token(connection, { scope, minTtl, rejectedToken, page = true, ...more } = {}) {
    const directory = more.directory ?? socketDirectory();
    const key = JSON.stringify([directory, connection ?? '', Array.isArray(scope) ? scope.join(' ') : scope ?? '']);
    const before = page ? find(key, { minTtl, rejectedToken }) : undefined;
    if (before) return before;
    const asked = page ? moment() : undefined;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (connection) form.set('connection', connection);
    if (scope) form.set('scope', Array.isArray(scope) ? scope.join(' ') : scope);
    if (minTtl !== undefined) form.set('min_ttl', String(minTtl));
    if (rejectedToken) form.set('rejected_token', rejectedToken);
    const headers = { host: 'localhost', 'content-type': FORM, accept: 'application/json' };
    const answer = await exchange({ ...more, directory, method: 'POST', target: '/token', headers, body: form.toString() });
    let document;
    try {
        document = JSON.parse(answer.body.toString());
    } catch {
        throw new JetonError('unreachable', `the daemon's answer (${answer.status}) cannot be read`);
    }
    if (answer.status === 200) {
        keep(key, directory, { ...document }, answer.headers['jeton-epoch'], asked);
        return document;
    }
    const { error, error_description: description } = document;
    const retryAfter = answer.headers['retry-after'] === undefined ? undefined : Number(answer.headers['retry-after']);
    throw new JetonError(error, description ? `${error}: ${description}` : error, { description, status: answer.status, retryAfter });
}

const originsOf = (origins) => new Set(origins.map((origin) => new URL(origin).origin));

/** With a connection the daemon is to know the program by its user: client ID and secret are left out. */
function forTheSocket(headers, body, connection) {
    if (!connection) return body;
    delete headers.authorization;
    const form = new URLSearchParams(body);
    for (const name of ['client_id', 'client_secret', 'connection']) form.delete(name);
    form.set('connection', connection);
    return form.toString();
}

const NOT_PASSED_ON = ['connection', 'keep-alive', 'content-length', 'transfer-encoding', 'expect', 'accept-encoding', 'upgrade'];

/**
 * A fetch that takes requests to `origins` (https://HOST[:PORT]) to the daemon's socket, and all others to `fetch`. Options: origins;
 * connection: ask for it as this user and leave client ID and secret out (without it they are passed on as they are); directory;
 * timeout (ms); fetch (default: the global one).
 */
export function fetchWith({ origins = DEFAULT_ORIGINS, connection, directory, timeout, fetch: elsewhere = globalThis.fetch } = {}) {
    const ours = originsOf(origins);
    return async function fetch(resource, options) {
        const url = new URL(resource instanceof Request ? resource.url : String(resource));
        if (!ours.has(url.origin)) return elsewhere(resource, options);
        const request = new Request(resource, options);
        const headers = Object.fromEntries(request.headers);
        for (const name of NOT_PASSED_ON) delete headers[name];
        headers.host = url.host;
        const body = forTheSocket(headers, await request.text(), connection);
        try {
            const answer = await exchange({ method: request.method, target: url.pathname + url.search, headers, body, directory, timeout, signal: request.signal });
            const fields = new Headers();
            for (const [name, value] of Object.entries(answer.headers)) fields.set(name, String(value));
            return new Response(answer.body, { status: answer.status, headers: fields });
        } catch (problem) {
            if (problem.name === 'AbortError') throw problem;
            throw new TypeError('fetch failed', { cause: problem }); // as every fetch does
        }
    };
}

/** Makes that fetch the global one. Returns the one that was. */
export function install(options = {}) {
    const before = globalThis.fetch;
    globalThis.fetch = fetchWith({ ...options, fetch: before });
    return before;
}

/**
 * A dispatcher for programs that use undici (5 or later) itself: `setGlobalDispatcher(dispatcher(undici))`. Client ID and secret are
 * passed on as they are; an empty secret lets the daemon know the program by its user. A full backlog, and a 503 with Retry-After: 0,
 * are the program's to try again. Options: origins, directory.
 */
export function dispatcher(undici, { origins = DEFAULT_ORIGINS, directory } = {}) {
    const ours = originsOf(origins);
    const connect = (_options, done) => {
        let socket;
        try {
            socket = net.connect(socketPath(directory));
        } catch (problem) {
            done(problem, null);
            return undefined;
        }
        socket.once('connect', () => done(null, socket));
        socket.once('error', (problem) => done(problem, null));
        return socket;
    };
    return new undici.Agent({
        factory: (origin, options) => ours.has(new URL(origin).origin)
            ? new undici.Pool(origin, { connect, pipelining: 0 })
            : new undici.Pool(origin, options),
    });
}
