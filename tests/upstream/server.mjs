#!/usr/bin/env node
// An OAuth 2.0 token endpoint for tests and for quickstart: oidc-provider dressed as the portal's `/connect/token`.
// This file: command line, TLS, the port, the end. The endpoint is in endpoint.mjs, scripted faults in faults.mjs.
import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { tokenEndpoint } from './endpoint.mjs';
import { withFaults } from './faults.mjs';
import { requestLog } from './request_log.mjs';

const HELP = `usage: node server.mjs --tls DIR --clients FILE [options]

  --tls DIR          certificates made by ./make-ca DIR (ca.pem, server.pem, server.key)
  --clients FILE     JSON, read at each request: [{"client_id","client_secret","tenant","scope"}]
  --port N           127.0.0.1:N; 0 (default) = the kernel chooses
  --expires-in S     life of a token in seconds (default 900)
  --log FILE         one JSON line per answered token request: time, client_id, outcome, status; never a secret
  --arrivals FILE    one JSON line per token request as it arrives (time, client_id;
                     a request that hangs is here, not in the log)
  --faults FILE      JSON, read at each request: {"delay": ms, "status": 429, "retry_after": s, "hang": true, …};
                     README.md has them all
  --delay MS         wait before each answer
  --die-with-parent  exit when the process that started this one has gone
  --quiet            nothing on standard error but faults of the server itself

Prints "ready https://localhost:PORT" and exits 0 on SIGTERM or SIGINT.`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        tls: { type: 'string' },
        clients: { type: 'string' },
        port: { type: 'string', default: '0' },
        'expires-in': { type: 'string', default: '900' },
        log: { type: 'string' },
        arrivals: { type: 'string' },
        faults: { type: 'string' },
        delay: { type: 'string', default: '0' },
        'die-with-parent': { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    if (!values.tls || !values.clients) throw new Error('--tls and --clients are needed');
    for (const name of ['port', 'expires-in', 'delay']) {
      if (!/^\d{1,9}$/.test(values[name])) throw new Error(`--${name} wants a whole number`);
    }
    return values;
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

function dieWithParent() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, 200).unref();
}

const asked = options();
if (asked['die-with-parent']) dieWithParent();
// Standard output carries the one "ready" line; the library's notices go to standard error or nowhere.
console.info = asked.quiet ? () => {} : console.error;
console.warn = console.info;

const server = createServer({
  cert: readFileSync(join(asked.tls, 'server.pem')),
  key: readFileSync(join(asked.tls, 'server.key')),
});
const stop = () => {
  server.close();
  server.closeAllConnections(); // a hanging request must not keep us
  process.exit(0);
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
server.on('error', (error) => {
  console.error(`upstream: ${error.message}`);
  process.exit(1);
});

server.listen(Number(asked.port), '127.0.0.1', () => {
  const issuer = `https://localhost:${server.address().port}`;
  const log = requestLog({ answers: asked.log, arrivals: asked.arrivals });
  const endpoint = tokenEndpoint({ issuer, clients: asked.clients, expiresIn: Number(asked['expires-in']) });
  server.on('request', withFaults({ file: asked.faults, delay: Number(asked.delay), log }, endpoint));
  console.log(`ready ${issuer}`);
});
