// Faults on demand: what a token endpoint does on a bad day, told by a file that a test may rewrite at any time.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { TOKEN_PATH } from './request_log.mjs';

/// {"delay": ms, "status": 500 or 429 …, "retry_after": s, "hang": true}; no file or an empty one: no fault.
function scripted(file) {
  if (!file) return {};
  try {
    const text = readFileSync(file, 'utf8');
    return text.trim() ? JSON.parse(text) : {};
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

/// Wraps `next`, a request handler of node:http(s). Only the token path is counted, delayed or failed.
export function withFaults({ file, delay, log }, next) {
  return async (request, response) => {
    if (request.url.split('?')[0] !== TOKEN_PATH) {
      next(request, response);
      return;
    }
    log.begin(request, response);
    let fault;
    try {
      fault = scripted(file);
    } catch (error) {
      response.recordOutcome('bad control file', 500);
      response.writeHead(500).end(`${error.message}\n`);
      return;
    }
    if (fault.hang) return; // the request stays open until one side gives up
    const wait = fault.delay ?? delay;
    if (wait > 0) await sleep(wait);
    if (response.destroyed) return; // the caller left while it waited
    if (fault.status) {
      response.recordOutcome(`fault ${fault.status}`, fault.status);
      const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
      if (fault.retry_after !== undefined) headers['Retry-After'] = String(fault.retry_after);
      response.writeHead(fault.status, headers);
      response.end(JSON.stringify({ error: fault.status === 429 ? 'too_many_requests' : 'server_error' }));
      return;
    }
    next(request, response);
  };
}
