import { createJwtVerifier, createRemoteJwks, createSigningApiClient, isKeysmithError } from 'cdk-keysmith/runtime';

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

async function main([url]: readonly string[]): Promise<void> {
  if (!url) return console.log('give the URL of the API, which its stack puts out');
  console.log('verified', await check(await login(url, { sub: 'c-17', roles: ['buyer'] }), url));
  await login(url, { sub: 'c-17', admin: true }).catch((error: unknown) => console.log('refused ', isKeysmithError(error) && error.message));
}

void main(process.argv.slice(2));
