import { createHash, createPublicKey } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa';
import { createVerifier, jwkThumbprint, publicKeyToDer, publicKeyToJwk } from '../../src/runtime';
import type { PublicJwk } from '../../src/runtime';
import { ed25519phVerify } from '../../src/runtime/noble';

/** Vectors that the RFCs print, each with its section. */
const CLAIMS = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

const JWS: Array<[string, 'RS256' | 'ES256' | 'EdDSA', PublicJwk, string, string]> = [
  ['RFC 7515 A.2', 'RS256', {
    kty: 'RSA',
    e: 'AQAB',
    n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW'
      + 'vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k'
      + 'G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  }, `eyJhbGciOiJSUzI1NiJ9.${CLAIMS}`,
  'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4'
    + 'BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv'
    + 'hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw'],
  ['RFC 7515 A.3', 'ES256', {
    kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  }, `eyJhbGciOiJFUzI1NiJ9.${CLAIMS}`,
  'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'],
  ['RFC 8037 A.4', 'EdDSA', {
    kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }, 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
  'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'],
];

describe.each(JWS)('%s, %s', (_, algorithm, publicKey, input, base64url) => {
  const verifier = createVerifier({ publicKey, algorithm });
  const signature = Buffer.from(base64url, 'base64url');

  test('verifies', async () => expect(await verifier.verify(input, signature, { format: 'jose' })).toBe(true));
  test('not for another text', async () => expect(await verifier.verify(`${input} `, signature, { format: 'jose' })).toBe(false));
});

test.each<[string, PublicJwk, string]>([
  ['RFC 7638 section 3.1', {
    kty: 'RSA',
    e: 'AQAB',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5Js'
      + 'GY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-'
      + 'bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    alg: 'RS256',
    kid: '2011-04-29',
  }, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
  ['RFC 8037 A.3', { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'],
])('the thumbprint of %s', (_, jwk, thumbprint) => {
  expect(jwkThumbprint(jwk)).toBe(thumbprint);
  expect(publicKeyToJwk(jwk).kid).toBe(thumbprint);
});

test('RFC 9964: the ML-DSA-44 key of an all-zero seed has the kid printed there', () => {
  const pub = Buffer.from(ml_dsa44.keygen(new Uint8Array(32)).publicKey).toString('base64url');
  expect(publicKeyToJwk({ kty: 'AKP', alg: 'ML-DSA-44', pub }).kid).toBe('T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o');
});

describe('Ed25519ph of RFC 8032 section 7.3', () => {
  const secret = Buffer.from('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42', 'hex');
  const signature = Buffer.from(
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41' + '31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406', 'hex');
  const raw = Buffer.from(ed25519ph.getPublicKey(secret));
  const publicKey = publicKeyToDer(createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' }));
  const message = Buffer.from('abc');

  test('the primitive verifies it', async () => {
    expect(raw.toString('hex')).toBe('ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf');
    const verify = await ed25519phVerify();
    expect(verify(raw, message, signature)).toBe(true);
    expect(verify(raw, Buffer.from('abd'), signature)).toBe(false);
  });

  test('a signature by KMS is over the digest, which KMS hashes again: the same bytes do not verify as one', async () => {
    const verifier = createVerifier({ publicKey, algorithm: 'Ed25519ph' });
    expect(await verifier.verify(message, signature)).toBe(false);
    const asKms = ed25519ph.sign(createHash('sha512').update(message).digest(), secret);
    expect(await verifier.verify(message, asKms)).toBe(true);
  });
});
