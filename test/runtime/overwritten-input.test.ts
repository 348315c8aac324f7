import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { createClientDecryptor, createDirectCipher, createSigner, createVerifier } from '../../src/runtime';

/** Bytes that their owner overwrites right after the call: what was given counts, also where the client reads it later. */

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A client that reads its input when it has waited for credentials, and tries twice. */
function slow(reply: object): { seen: string[]; readonly kms: never } {
  const seen: string[] = [];
  const call = async (input: Record<string, Uint8Array>) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      await later();
      seen.push(['Plaintext', 'CiphertextBlob', 'Message', 'Signature'].map((name) => input[name]).filter(Boolean).map((bytes) => Buffer.from(bytes).toString('hex')).join());
    }
    return { KeyId: KEY, ...reply };
  };
  return { seen, kms: { encrypt: call, decrypt: call, sign: call, verify: call } as never };
}

const given = () => Uint8Array.from([200, 1, 2]);

/** What the client saw of an action on bytes that are overwritten at once. */
async function seenOf(client: { seen: string[] }, act: (bytes: Uint8Array) => Promise<unknown>, bytes = given()): Promise<string[]> {
  const outcome = act(bytes).catch(() => undefined);
  bytes.fill(0xee);
  await outcome;
  return client.seen;
}

test('by the direct cipher', async () => {
  const writing = slow({ CiphertextBlob: Buffer.alloc(60) });
  expect(await seenOf(writing, (bytes) => createDirectCipher({ kms: writing.kms, keyArn: KEY }).encrypt(bytes))).toEqual(['c80102', 'c80102']);
  const reading = slow({ Plaintext: Buffer.alloc(1) });
  expect(await seenOf(reading, (bytes) => createDirectCipher({ kms: reading.kms, keyArn: KEY }).decrypt(bytes))).toEqual(['c80102', 'c80102']);
});

test('by the client decryptor', async () => {
  const client = slow({ Plaintext: Buffer.alloc(1) });
  const ciphertext = new Uint8Array(256).fill(200);
  const expected = Buffer.from(ciphertext).toString('hex');
  const seen = await seenOf(client, (bytes) => createClientDecryptor({ kms: client.kms, keyArn: KEY, keySpec: 'RSA_2048' }).decrypt(bytes), ciphertext);
  expect(seen).toEqual([expected, expected]);
});

test.each([
  ['ES256', 64], ['EdDSA', 6],
] as const)('by the signer (%s), of messages and digests', async (algorithm, digits) => {
  const client = slow({ Signature: Buffer.alloc(64), SigningAlgorithm: 'none' });
  const calm = slow({ Signature: Buffer.alloc(64), SigningAlgorithm: 'none' });
  const signer = createSigner({ kms: client.kms, keyArn: KEY, algorithm });
  await createSigner({ kms: calm.kms, keyArn: KEY, algorithm }).sign(given()).catch(() => undefined);
  expect(await seenOf(client, (bytes) => signer.sign(bytes))).toEqual(calm.seen);
  expect(calm.seen[0].length).toBe(digits);
  if (algorithm !== 'ES256') return;
  const digests = slow({ Signature: Buffer.alloc(64), SigningAlgorithm: 'none' });
  const digest = new Uint8Array(32).fill(5);
  expect(await seenOf(digests, (bytes) => createSigner({ kms: digests.kms, keyArn: KEY, algorithm }).signDigest(bytes), digest)).toEqual(['05'.repeat(32), '05'.repeat(32)]);
});

test('by a signer that verifies, and by a verifier', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const signature = sign('sha256', given(), privateKey);
  const client = slow({ Signature: signature, SigningAlgorithm: 'ECDSA_SHA_256' });
  const message = given();
  const signing = createSigner({ kms: client.kms, keyArn: KEY, algorithm: 'ES256', verifyAfterSign: spki }).sign(message);
  message.fill(0);
  await expect(signing).resolves.toEqual(Uint8Array.from(signature));

  const [again, copy] = [given(), Uint8Array.from(signature)];
  const verifying = createVerifier({ publicKey: spki, algorithm: 'ES256' }).verify(again, copy);
  again.fill(0);
  copy.fill(0);
  await expect(verifying).resolves.toBe(true);
});

describe.each([
  ['ES256', 'jose'], ['ES256', 'der'], ['EdDSA', 'der'], ['PS256', 'jose'],
] as const)('by a verifier of %s, %s, signature and message', (algorithm, format) => {
  const pair = algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const settings = {
    key: pair.privateKey,
    dsaEncoding: format === 'jose' ? 'ieee-p1363' as const : 'der' as const,
    ...(algorithm === 'PS256' && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
  };
  const signature = sign(algorithm === 'EdDSA' ? null : 'sha256', given(), settings);

  test('with the public key', async () => {
    const [message, copy] = [given(), Uint8Array.from(signature)];
    const verifying = createVerifier({ publicKey: pair.publicKey, algorithm }).verify(message, copy, { format });
    message.fill(0);
    copy.fill(0);
    await expect(verifying).resolves.toBe(true);
  });

  test('with the public key, while a stream is read', async () => {
    const copy = Uint8Array.from(signature);
    const message = (async function* () { await later(); yield given(); })();
    const verifying = createVerifier({ publicKey: pair.publicKey, algorithm }).verify(message, copy, { format });
    copy.fill(0);
    await expect(verifying).resolves.toBe(true);
  });

  test('through KMS, which is shown the same at each attempt', async () => {
    const seenWith = async (overwrite: boolean) => {
      const client = slow({ SignatureValid: true });
      const [message, copy] = [given(), Uint8Array.from(signature)];
      const verifying = createVerifier({ kms: client.kms, keyArn: KEY, algorithm }).verify(message, copy, { format });
      if (overwrite) copy.fill(0);
      if (overwrite) message.fill(0);
      await expect(verifying).resolves.toBe(true);
      return client.seen;
    };
    const calm = await seenWith(false);
    expect(calm[0]).toContain(signature.toString('hex').slice(-16));
    expect(await seenWith(true)).toEqual(calm);
  });
});
