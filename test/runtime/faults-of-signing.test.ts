import { generateKeyPairSync } from 'node:crypto';
import { createSigner, createVerifier, ecdsaDerToJose, ecdsaJoseToDer, publicKeyToJwk } from '../../src/runtime';
import type { KmsPort } from '../../src/runtime';

/** What signatures may be like, by the numbers of the list that the run time was built against: 34 to 36, of raw signatures. */

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = publicKeyToJwk(pair.publicKey, { algorithm: 'ES256' });

test('34: the algorithm is that of the key: none, another or a symmetric one is refused by name', () => {
  for (const algorithm of ['none', 'None', 'nOnE', 'HS256', 'ES384', 'ES256K', '', undefined]) {
    const create = () => createVerifier({ publicKey: jwk, algorithm: algorithm as 'ES256' });
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  }
  expect(createVerifier({ publicKey: jwk, algorithm: 'ES256' }).algorithm).toBe('ES256');
});

test('35: ES256 signatures convert with any leading zeros, and not when r or s is 0 or as large as the order', () => {
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const number = (value: number) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
  const orderLess1 = order.map((byte, index) => (index === 31 ? byte - 1 : byte));
  for (const [r, s] of [[number(1), number(127)], [number(128), number(255)], [orderLess1, number(2)]]) {
    const raw = Buffer.concat([r, s]);
    expect(ecdsaDerToJose(ecdsaJoseToDer(raw, 'ES256'), 'ES256')).toEqual(raw);
  }
  for (const [r, s] of [[number(0), number(1)], [number(1), number(0)], [order, number(1)], [number(1), order]]) {
    expect(() => ecdsaJoseToDer(Buffer.concat([r, s]), 'ES256')).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_FORMAT' }));
  }
  for (const der of ['3006020100020101', '30060201ff020101', '300702020001020101', '300602010102010100', '3007020101020101']) {
    expect(() => ecdsaDerToJose(Buffer.from(der, 'hex'), 'ES256')).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_FORMAT' }));
  }
});

test('36: over 4096 bytes are hashed here, a digest of another length is refused, and a wrong signature does not leave', async () => {
  const sent: object[] = [];
  const kms: Pick<KmsPort, 'sign'> = {
    sign: async (input) => {
      sent.push(input);
      return { KeyId: KEY, SigningAlgorithm: 'ECDSA_SHA_256', Signature: Buffer.from('3006020101020101', 'hex') };
    },
  };
  const signer = createSigner({ kms, keyArn: KEY, algorithm: 'ES256', verifyAfterSign: jwk });
  await expect(signer.sign(Buffer.alloc(5000))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  expect(sent).toMatchObject([{ MessageType: 'DIGEST', Message: expect.objectContaining({ length: 32 }) }]);
  await expect(signer.signDigest(Buffer.alloc(31))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  expect(sent).toHaveLength(1);
});
