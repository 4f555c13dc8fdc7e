// An ordinary OAuth client, npm simple-oauth2. All it has of jeton is the path of a socket.
// usage: oauth_client.cjs SOCKET PATH CLIENT_ID      prints the token answer; CLIENT_SECRET from the environment, if any
const { createRequire } = require('node:module');
const { join } = require('node:path');

const packages = createRequire(join(__dirname, '../../tests/upstream/package.json'));
const { ClientCredentials } = packages('simple-oauth2');

const [socketPath, tokenPath, id] = process.argv.slice(2);
const client = new ClientCredentials({
  client: { id, secret: process.env.CLIENT_SECRET ?? '' },
  auth: { tokenHost: 'http://localhost', tokenPath },
  http: { socketPath },
  options: { authorizationMethod: 'body' },
});

client.getToken({}).then(
  (answer) => console.log(JSON.stringify(answer.token)),
  (error) => {
    console.error(`oauth_client: ${error.message}: ${JSON.stringify(error.data?.payload ?? null)}`);
    process.exitCode = 1;
  },
);
