// The endpoint itself: oidc-provider, set up to answer as the portal does.
// Client credentials only; a pair in the form or as Basic; `at+jwt` with `tenant`, `client_id` and an array `scope`,
// neither `aud` nor `sub`; 400 for every refusal, `invalid_client` included, and nothing but its code.
import { generateKeyPairSync, randomBytes, createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

import Provider, { errors } from 'oidc-provider';

import { TOKEN_PATH } from './request_log.mjs';

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = `${randomBytes(20).toString('hex').toUpperCase()}RS256`;
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid };
}

/// Clients as of this moment: a test adds, changes or removes a pair by rewriting the file.
function readClients(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/// What oidc-provider asks its storage for. Tokens are not stored: JWTs need no row.
function storage(file) {
  return class {
    constructor(model) {
      this.model = model;
    }

    async find(id) {
      if (this.model !== 'Client') return undefined;
      const client = readClients(file).find((one) => one.client_id === id);
      return client && {
        client_id: client.client_id,
        client_secret: client.client_secret,
        also_secret: client.also_secret,
        tenant: client.tenant,
        granted: client.scope ?? '',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_post',
      };
    }

    async upsert() {}

    async consume() {}

    async destroy() {}

    async revokeByGrantId() {}
  };
}

function sameText(left, right) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/// No scope asked for means all that the client has; more than that is refused.
function resourceServer(expiresIn) {
  return (ctx, _resource, client) => {
    const granted = client.granted.split(' ').filter(Boolean);
    const asked = (ctx.oidc.params.scope ?? '').split(' ').filter(Boolean);
    const beyond = asked.find((scope) => !granted.includes(scope));
    if (beyond) throw new errors.InvalidScope('requested scope is not allowed', beyond);
    if (asked.length === 0) ctx.oidc.params.scope = client.granted;
    return {
      scope: client.granted,
      audience: ctx.oidc.issuer,
      accessTokenFormat: 'jwt',
      accessTokenTTL: expiresIn,
      jwt: { sign: { alg: 'RS256' } },
    };
  };
}

/// The portal's claims. oidc-provider insists on an audience but the portal has none: it is there, yet not written.
function portalClaims(ctx, token, jwt) {
  const { payload } = jwt;
  const { aud } = payload;
  delete payload.sub;
  delete payload.aud;
  Object.defineProperty(payload, 'aud', { value: aud, writable: true, enumerable: false });
  payload.nbf = payload.iat;
  payload.tenant = token.client.tenant;
  payload.scope = (payload.scope ?? '').split(' ').filter(Boolean);
  replaceMembers(payload, ctx.req.fault?.claims);
}

/// What a fault says of members: a new value each, or null for none at all.
function replaceMembers(members, replaced = {}) {
  for (const [name, value] of Object.entries(replaced)) {
    if (value === null) delete members[name];
    else members[name] = value;
  }
}

/// Runs around the library: status and body as the portal gives them, and the outcome for the log.
async function portalAnswers(ctx, next) {
  await next();
  if (ctx.path !== TOKEN_PATH) return;
  if (ctx.status === 401 && ctx.body?.error) ctx.status = 400;
  ctx.remove('WWW-Authenticate');
  if (ctx.body?.error === 'invalid_client') ctx.body = { error: 'invalid_client' };
  if (ctx.status === 200) replaceMembers(ctx.body, ctx.req.fault?.answer);
  const outcome = ctx.body?.error ?? (ctx.status === 200 ? 'token' : `status ${ctx.status}`);
  ctx.res.recordOutcome(outcome, ctx.status);
}

/// A request handler for node:https. `issuer`: "https://localhost:PORT"; `expiresIn`: seconds.
export function tokenEndpoint({ issuer, clients, expiresIn }) {
  const provider = new Provider(issuer, {
    adapter: storage(clients),
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    routes: { token: TOKEN_PATH },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    responseTypes: [],
    scopes: [],
    extraClientMetadata: { properties: ['tenant', 'granted', 'also_secret'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => issuer,
        getResourceServerInfo: resourceServer(expiresIn),
      },
    },
    formats: { customizers: { jwt: portalClaims } },
  });
  // Two secrets of one client live side by side while one of them is being replaced.
  provider.Client.prototype.compareClientSecret = function compare(actual) {
    return [this.clientSecret, this.also_secret].some((secret) => secret && sameText(secret, actual));
  };
  provider.on('server_error', (_ctx, error) => console.error('upstream:', error));
  provider.use(portalAnswers);
  return provider.callback();
}
