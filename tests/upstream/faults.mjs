// Faults on demand: what a token endpoint does on a bad day, told by a file that a test may rewrite at any time.
import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { TOKEN_PATH } from './request_log.mjs';

const PAGE = '<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>\n';

/// The file's content, and how many requests were counted against each of its rules. No file, or an empty one: no fault.
function script(file) {
  let version;
  let rules = {};
  let spent = new Map();
  return () => {
    if (!file) return { rules, spent };
    try {
      const { mtimeNs, ino } = statSync(file, { bigint: true });
      if (version !== `${ino} ${mtimeNs}`) {
        const text = readFileSync(file, 'utf8');
        rules = text.trim() ? JSON.parse(text) : {};
        spent = new Map();
        version = `${ino} ${mtimeNs}`;
      }
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      [version, rules, spent] = [undefined, {}, new Map()];
    }
    return { rules, spent };
  };
}

/// The fault of this request: its client's own, else everybody's; none once `first` requests have had it.
function faultFor(clientId, { rules, spent }) {
  const own = rules.clients?.[clientId];
  const fault = own ?? rules;
  const counted = own ? clientId : '';
  const before = spent.get(counted) ?? 0;
  spent.set(counted, before + 1);
  return fault.first !== undefined && before >= fault.first ? {} : fault;
}

/// A throttle, as {"limit": 30, "within": 60000}: requests beyond the limit in that many milliseconds are refused with 429
/// and the time until there is room again. Those that were refused do not count.
function throttle() {
  let admitted = [];
  return ({ limit, within = 60_000 }) => {
    if (limit === undefined) return undefined;
    const now = Date.now();
    admitted = admitted.filter((at) => at > now - within);
    if (admitted.length < limit) {
      admitted.push(now);
      return undefined;
    }
    return { status: 429, retry_after: Math.max(1, Math.ceil((admitted[0] + within - now) / 1000)) };
  };
}

/// The form of a token request, read once: the library takes it from `request.body`.
async function readForm(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > 65536) return '';
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/// Who asks, by Basic or by form; null where nobody says.
function clientOf(request, form) {
  const basic = /^Basic (\S+)$/.exec(request.headers.authorization ?? '');
  if (!basic) return new URLSearchParams(form).get('client_id');
  const [id] = Buffer.from(basic[1], 'base64').toString().split(':');
  return decodeURIComponent(id.replaceAll('+', ' '));
}

/// An answer that is none of the endpoint's own.
function scriptedAnswer(fault) {
  const status = fault.status ?? 200;
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  if (fault.retry_after !== undefined) headers['Retry-After'] = String(fault.retry_after);
  if (fault.html) {
    headers['Content-Type'] = 'text/html';
    return { status, headers, body: PAGE };
  }
  if (fault.body_bytes) return { status, headers, body: Buffer.alloc(fault.body_bytes, ' ') };
  const error = fault.error ?? (status === 429 ? 'too_many_requests' : 'server_error');
  return { status, headers, body: JSON.stringify({ error }) };
}

/// Wraps `next`, a request handler of node:http(s). Only the token path is counted, delayed or failed. `next` finds
/// `request.fault`: the members `claims` and `answer` are for the endpoint, which alone can sign a token.
export function withFaults({ file, delay, log }, next) {
  const read = script(file);
  const throttled = throttle();
  return async (request, response) => {
    if (request.url.split('?')[0] !== TOKEN_PATH) {
      next(request, response);
      return;
    }
    let fault;
    try {
      request.body = await readForm(request);
      const clientId = clientOf(request, request.body);
      log.begin(request, response, clientId);
      fault = faultFor(clientId, read());
      fault = throttled(fault) ?? fault;
    } catch (error) {
      if (request.destroyed && !response.recordOutcome) return; // the caller left before it had said what it wants
      response.recordOutcome?.('bad control file', 500);
      response.writeHead(500).end(`${error.message}\n`);
      return;
    }
    if (fault.hang) return; // the request stays open until one side gives up
    const wait = fault.delay ?? delay;
    if (wait > 0) await sleep(wait);
    if (response.destroyed) return; // the caller left while it waited
    if (fault.reset) {
      response.recordOutcome('fault reset', null);
      if (fault.reset === 'half') {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 4096 });
        await new Promise((sent) => { response.write('{"access_token":"eyJ', sent); });
      }
      // The TCP socket below TLS: the caller sees its connection reset, not an orderly end.
      (request.socket._parent ?? request.socket).resetAndDestroy();
      return;
    }
    if (fault.status || fault.html || fault.body_bytes) {
      const { status, headers, body } = scriptedAnswer(fault);
      response.recordOutcome(`fault ${status}`, status);
      response.writeHead(status, headers);
      response.end(body);
      return;
    }
    request.fault = fault;
    next(request, response);
  };
}
