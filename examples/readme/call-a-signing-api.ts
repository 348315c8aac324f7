import { createJwtVerifier, createRemoteJwks, createSigningApiClient, isKeysmithError } from 'cdk-keysmith/runtime';
import { app } from './signing-api';
import { serveLocally } from '../signing-api/local-api';

/** In a function under the role Login, which may invoke the API and has no permission on the key. */
async function login(url: string, claims: object): Promise<string> {
  const { token } = await createSigningApiClient({ url }).issueToken('/tokens', { claims });
  return token;
}

/** Who takes tokens: knows the issuer, and the URL of its keys. No AWS. */
async function check(token: string, url: string): Promise<unknown> {
  const keys = createRemoteJwks({ url: `${url}/.well-known/jwks.json` });
  const { claims } = await createJwtVerifier({ keys, issuer: 'https://tokens.shop.example', audience: 'orders' }).verify(token);
  return claims.sub;
}

async function main(): Promise<void> {
  // The deployed API, played on this machine: what ships runs under its role, on a local KMS.
  const { url, close } = await serveLocally(app.synth().directory);
  Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'of-login', AWS_SECRET_ACCESS_KEY: 'secret' });
  try {
    console.log('verified', await check(await login(url, { sub: 'c-17', roles: ['buyer'] }), url));
    await login(url, { sub: 'c-17', admin: true }).catch((error: unknown) => console.log('refused ', isKeysmithError(error) && error.message));
  } finally {
    await close();
  }
}

void main();
