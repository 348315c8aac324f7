import { jose } from './support/libraries';
import { JOSE_ALGORITHMS, TokenKeys } from './support/token-keys';
import { createJwtSigner, createJwtVerifier, fetchJwks } from '../../../src/runtime';

let keys: TokenKeys;
beforeAll(async () => {
  keys = await TokenKeys.start();
});
afterAll(() => keys.stop());

const ISSUER = 'https://tokens.example';
const AUDIENCE = 'orders';

describe.each(JOSE_ALGORITHMS)('%s', (algorithm) => {
  const signer = () => createJwtSigner({ ...keys.key(algorithm), issuer: ISSUER, audience: AUDIENCE, lifetimeSeconds: 300 });

  test('a token is verified with the set that publishes the key', async () => {
    const token = await signer().sign({ sub: 'c-17', roles: ['reader'] });
    const jwks = await fetchJwks([keys.key(algorithm)]);
    const { claims, header, kid } = await createJwtVerifier({ keys: jwks, issuer: ISSUER, audience: AUDIENCE }).verify(token);
    expect(claims).toMatchObject({ iss: ISSUER, aud: AUDIENCE, sub: 'c-17', roles: ['reader'] });
    expect(claims.exp! - claims.iat!).toBe(300);
    expect(header).toEqual({ alg: algorithm, kid, typ: 'JWT' });
    expect(jwks.keys).toEqual([expect.objectContaining({ kid, alg: algorithm, use: 'sig' })]);
    const { kid: _, alg, use, ...members } = jwks.keys[0];
    expect(kid).toBe(await jose.calculateJwkThumbprint((alg!.startsWith('ML') ? { ...members, alg } : members) as never));
  });
});
