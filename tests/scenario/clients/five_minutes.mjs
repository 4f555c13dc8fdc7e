// A node of a workflow tool: fetch, one token a client in a Map, and none that ends within five minutes is taken.
import { createInterface } from 'node:readline';

const AUTH_URL = 'https://auth-integration.servicetitan.io/connect/token';
const tokens = new Map();

async function getToken(clientId, clientSecret, tenant) {
    const key = `${clientId}:${tenant}`;
    const cached = tokens.get(key);
    if (cached && cached.expiresAt - 300_000 > Date.now()) return cached.token;
    const response = await fetch(AUTH_URL, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
    });
    if (!response.ok) throw new Error(`token: ${response.status}`);
    const answer = await response.json();
    if (answer.expires_in < 300) throw new Error('the token ends within five minutes');
    tokens.set(key, { token: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 });
    return answer.access_token;
}

async function call() {
    const { ST_CLIENT_ID: id, ST_CLIENT_SECRET: secret, ST_TENANT_ID: tenant, API_URL: url } = process.env;
    const token = await getToken(id, secret, tenant);
    const response = await fetch(url, { headers: { Authorization: `Bearer ${token}`, 'ST-App-Key': id } });
    if (response.status === 401) tokens.clear();
    return response.status;
}

for await (const _ of createInterface({ input: process.stdin })) {
    try {
        console.log(JSON.stringify({ status: await call() }));
    } catch (problem) {
        console.log(JSON.stringify({ error: problem.message }));
    }
}
