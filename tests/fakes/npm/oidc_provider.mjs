// Be the identity provider that npm's oidc-provider is, as the JSON of the second argument sets it up.
// The first argument is the folder of the installed packages. It says its port, and ends with its input.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [folder, setup] = process.argv.slice(2);
const { claims, path, configuration } = JSON.parse(setup);
const { default: Provider } = await import(pathToFileURL(createRequire(`${folder}/`).resolve('oidc-provider')));

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}${path}`;
  const provider = new Provider(issuer, {
    ...configuration,
    cookies: { keys: ['a key of the tests'] },
    pairwiseIdentifier: (_, id, client) => `${id} at ${client.clientId}`,
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims }) }),
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (path && request.url.startsWith(path)) {
      request.originalUrl = request.url;
      request.url = request.url.slice(path.length) || '/';
    }
    answer(request, response);
  });
  console.log(JSON.stringify({ issuer }));
});
process.stdin.on('end', () => process.exit(0)).resume();
