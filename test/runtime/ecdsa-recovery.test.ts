import { createHash, createPublicKey, sign } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1';
import * as fc from 'fast-check';
import { KEY_ARN, keyPairOf, signingKms } from './support/fake-kms';
import { createSigner, createVerifier, ecdsaDerToJose, ecdsaJoseToDer, ecdsaRecoveryId } from '../../src/runtime';
import type { EcdsaAlgorithm } from '../../src/runtime';
import { CURVES } from '../../src/spec/curves';

/** Low values of s, and recovery ids, judged by noble: another implementation recovers the public key with what is found here. */

const { Point, CURVE: { n: ORDER } } = secp256k1;
const hex = (text: string) => Buffer.from(text, 'hex');
const numberOf = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const bytesOf = (value: bigint) => hex(value.toString(16).padStart(64, '0'));
const keyOf = (point: InstanceType<typeof Point>) => {
  const [x, y] = [point.x, point.y].map((coordinate) => bytesOf(coordinate).toString('base64url'));
  return createPublicKey({ key: { kty: 'EC', crv: 'secp256k1', x, y }, format: 'jwk' });
};
const recovered = (raw: Uint8Array, id: number, digest: Uint8Array) => (
  secp256k1.Signature.fromCompact(raw).addRecoveryBit(id).recoverPublicKey(digest)
);
const otherS = (raw: Uint8Array) => Buffer.concat([raw.subarray(0, 32), bytesOf(ORDER - numberOf(raw.subarray(32)))]);

describe('a recovery id', () => {
  test('leads back to the key, of either s', () => {
    const secrets = fc.bigInt({ min: 1n, max: ORDER - 1n });
    fc.assert(fc.property(secrets, fc.uint8Array({ minLength: 32, maxLength: 32 }), (secret, digest) => {
      const point = Point.BASE.multiply(secret);
      const raw = secp256k1.sign(digest, bytesOf(secret), { prehash: false }).toCompactRawBytes();
      for (const either of [raw, otherS(raw)]) {
        const id = ecdsaRecoveryId(either, { publicKey: keyOf(point), digest, format: 'jose' });
        expect(recovered(either, id, digest).equals(point)).toBe(true);
        expect(recovered(either, 1 - id, digest).equals(point)).toBe(false);
        expect(ecdsaRecoveryId(ecdsaJoseToDer(either, 'ES256K'), { publicKey: keyOf(point), digest })).toBe(id);
      }
    }), { numRuns: 40 });
  });

  test('is that of the example of EIP-155', () => {
    const publicKey = keyOf(Point.BASE.multiply(BigInt(`0x${'46'.repeat(32)}`)));
    const digest = hex('daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53');
    const signature = hex(
      '28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa63627667cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
    );
    const id = ecdsaRecoveryId(signature, { publicKey, digest, format: 'jose' });
    expect(35 + 2 * 1 + id).toBe(37);
    expect(ecdsaRecoveryId(otherS(signature), { publicKey, digest, format: 'jose' })).toBe(1);
  });

  test('is 2 or 3 where the x of the point is over the order', () => {
    const digest = createHash('sha256').update('x').digest();
    let seen = 0;
    for (let r = 1n; seen < 2; r++) {
      try {
        Point.fromHex(Buffer.concat([Buffer.of(2), bytesOf(ORDER + r)]));
      } catch {
        // No point has this x.
        continue;
      }
      const raw = Buffer.concat([bytesOf(r), bytesOf(7n)]);
      for (const id of [2, 3]) expect(ecdsaRecoveryId(raw, { publicKey: keyOf(recovered(raw, id, digest)), digest, format: 'jose' })).toBe(id);
      seen++;
    }
  });

  test('is there for keys and factors at the edges', () => {
    // The key is the base point, or its negative: sums meet a point and itself, or its negative.
    for (const secret of [1n, 2n, ORDER - 1n, ORDER - 2n]) {
      for (const digest of [Buffer.alloc(32), bytesOf(1n), bytesOf(ORDER - 1n), bytesOf(ORDER), Buffer.alloc(32, 255)]) {
        const raw = secp256k1.sign(digest, bytesOf(secret), { prehash: false }).toCompactRawBytes();
        const id = ecdsaRecoveryId(raw, { publicKey: keyOf(Point.BASE.multiply(secret)), digest, format: 'jose' });
        expect(recovered(raw, id, digest).equals(Point.BASE.multiply(secret))).toBe(true);
      }
    }
  });

  const { publicKey, privateKey } = keyPairOf('ECC_SECG_P256K1');
  const digest = createHash('sha256').update('x').digest();
  const der = sign('sha256', Buffer.from('x'), privateKey);
  const other = keyOf(Point.BASE.multiply(5n));
  test.each<[string, () => unknown, string]>([
    ['another message', () => ecdsaRecoveryId(der, { publicKey, digest: Buffer.alloc(32, 1) }), 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ['another key', () => ecdsaRecoveryId(der, { publicKey: other, digest }), 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ['r‖s for DER', () => ecdsaRecoveryId(ecdsaDerToJose(der, 'ES256K'), { publicKey, digest }), 'ERR_KEYSMITH_FORMAT'],
    ['DER for r‖s', () => ecdsaRecoveryId(der, { publicKey, digest, format: 'jose' }), 'ERR_KEYSMITH_FORMAT'],
    ['s of 0', () => ecdsaRecoveryId(Buffer.concat([bytesOf(1n), bytesOf(0n)]), { publicKey, digest, format: 'jose' }), 'ERR_KEYSMITH_FORMAT'],
    ['a key on another curve', () => ecdsaRecoveryId(der, { publicKey: keyPairOf('ECC_NIST_P256').publicKey, digest }), 'ERR_KEYSMITH_INPUT'],
    ['a digest of another length', () => ecdsaRecoveryId(der, { publicKey, digest: Buffer.alloc(48) }), 'ERR_KEYSMITH_INPUT'],
    ['a digest that is text', () => ecdsaRecoveryId(der, { publicKey, digest: digest.toString('hex') as never }), 'ERR_KEYSMITH_INPUT'],
  ])('is not there for %s', (_, find, code) => expect(find).toThrow(expect.objectContaining({ code })));
});

describe('low s', () => {
  const halfOf = (spec: keyof typeof CURVES) => BigInt(`0x${CURVES[spec]!.order}`) / 2n;
  const isLow = (jose: Uint8Array, spec: keyof typeof CURVES) => numberOf(jose.subarray(jose.length / 2)) <= halfOf(spec);

  test.each<[EcdsaAlgorithm, keyof typeof CURVES & string]>([
    ['ES256K', 'ECC_SECG_P256K1'], ['ES256', 'ECC_NIST_P256'], ['ES384', 'ECC_NIST_P384'], ['ES512', 'ECC_NIST_P521'],
  ])('%s on request, and else as KMS made it; both verify', async (algorithm, spec) => {
    const message = Buffer.from('a transaction');
    const { kms, spki } = signingKms(spec, () => message);
    const made: Uint8Array[] = [];
    kms.tamper = (reply) => { made.push(reply.Signature as Uint8Array); return reply; };
    const plain = createSigner({ kms: kms.port, keyArn: KEY_ARN, algorithm });
    const checking = createSigner({ kms: kms.port, keyArn: KEY_ARN, algorithm, verifyAfterSign: spki });
    const verifier = createVerifier({ publicKey: spki, algorithm });
    const digest = createHash(`sha${algorithm === 'ES256K' ? 256 : algorithm.slice(2)}`).update(message).digest();
    let turned = 0;
    for (let call = 0; call < 24; call++) {
      const lowS = call % 4 > 0;
      const options = { format: 'jose', lowS } as const;
      const signature = call % 4 === 2 ? await plain.signDigest(digest, options) : await (call % 4 === 3 ? checking : plain).sign(message, options);
      const ofKms = ecdsaDerToJose(made.at(-1)!, algorithm);
      expect(isLow(signature, spec) || !lowS).toBe(true);
      if (!lowS || isLow(ofKms, spec)) expect(Buffer.from(signature).equals(ofKms)).toBe(true);
      else turned++;
      expect(await verifier.verify(message, signature, { format: 'jose' })).toBe(true);
      if (algorithm === 'ES256K') expect([0, 1]).toContain(ecdsaRecoveryId(signature, { publicKey: spki, digest, format: 'jose' }));
    }
    expect(turned).toBeGreaterThan(0);
    expect(isLow(ecdsaDerToJose(await plain.sign(message, { lowS: true }), algorithm), spec)).toBe(true);
  });

  test('is refused for signatures without s, and for what is neither true nor false', async () => {
    const { kms } = signingKms('ECC_NIST_EDWARDS25519', () => Buffer.alloc(0));
    const refused = { code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining("'lowS'") };
    await expect(createSigner({ kms: kms.port, keyArn: KEY_ARN, algorithm: 'EdDSA' }).sign('x', { lowS: true })).rejects.toMatchObject(refused);
    await expect(createSigner({ kms: kms.port, keyArn: KEY_ARN, algorithm: 'ES256K' }).sign('x', { lowS: 'yes' as never })).rejects.toMatchObject(refused);
    await expect(createSigner({ kms: kms.port, keyArn: KEY_ARN, algorithm: 'EdDSA' }).sign('x', { lowS: false })).resolves.toBeDefined();
    expect(kms.calls).toHaveLength(1);
  });
});
