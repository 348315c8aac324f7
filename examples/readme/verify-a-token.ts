import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createJwtSigner, createJwtVerifier, createRemoteJwks, fetchJwks, isKeysmithError } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

/** Who takes tokens: knows the issuer, the URL of its keys, and who it is itself. No AWS. */
function verifierFor(url: string) {
  const verifier = createJwtVerifier({ keys: createRemoteJwks({ url }), issuer: 'https://shop.example', audience: 'orders' });
  return async (token: string): Promise<string> => {
    try {
      const { claims } = await verifier.verify(token);
      return `200 ${claims.sub}`;
    } catch (error) {
      if (!isKeysmithError(error)) throw error;
      // Nothing is known of the token, where its keys cannot be had.
      return `${error.code === 'ERR_KEYSMITH_KEYS_UNAVAILABLE' ? 503 : 401} ${error.code}`;
    }
  };
}

async function main(): Promise<void> {
  const local = await startLocalKms({ keys: [{ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', aliases: ['alias/tokens'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const key = { kms: local.port('App'), keyArn: local.keyArn('alias/tokens'), algorithm: 'ES256' } as const;
  const jwks = JSON.stringify(await fetchJwks([key]));
  const site = createServer((_, response) => response.setHeader('cache-control', 'max-age=300').end(jwks));
  await new Promise<void>((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/.well-known/jwks.json`;
  try {
    const verify = verifierFor(url);
    const signer = (options: object = {}) => createJwtSigner({ ...key, issuer: 'https://shop.example', audience: 'orders', lifetimeSeconds: 300, ...options });
    const token = await signer().sign({ sub: 'c-17' });
    console.log('as it is          ', await verify(token));
    console.log('cut short         ', await verify(token.slice(0, -1)));
    console.log('of yesterday      ', await verify(await signer({ now: () => Date.now() - 86_400_000 }).sign({ sub: 'c-17' })));
    console.log('for somebody else ', await verify(await signer({ audience: 'billing' }).sign({ sub: 'c-17' })));
    console.log('keys not to be had', await verifierFor('http://127.0.0.1:1/jwks.json')(token));

    // The same with jose, which knows nothing of this library: npm install jose
    const { createRemoteJWKSet, jwtVerify } = await import('jose');
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(url)), { issuer: 'https://shop.example', audience: 'orders' });
    console.log('jose              ', payload.sub);
  } finally {
    site.closeAllConnections();
    site.close();
    await local.stop();
  }
}

void main();
