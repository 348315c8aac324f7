/**
 * A program that has to compile: `strict`, `exactOptionalPropertyTypes`, without `skipLibCheck`. The tests compile it with TypeScript 6 against the
 * declarations of the sources, and `npm run test:package` against those of the tarball with the oldest that is supported.
 */
import { webcrypto } from 'node:crypto';
import { KMS } from '@aws-sdk/client-kms';
import {
  KmsDiscoveryKeyring, KmsKeyring, createClientDecryptor, createDirectCipher, createEnvelopeCipher, createIndexSecret, createSigner, createVerifier,
  digestOf, ecdsaDerToJose, ecdsaJoseToDer, encryptForPublicKey, fetchPublicKey, fromEnvironment, publicKeyToDer, publicKeyToJwk, readPublicKey,
  resilientKms, webStreams,
} from 'cdk-keysmith/runtime';
import type { AttachedClientKey, AttachedDataKey, AttachedSigningKey, KmsPort, OwnedBuffer, OwnedBytes } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

/** `KMS` of the AWS SDK is taken wherever KMS is. */
const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const kms: KmsPort = new KMS({});
resilientKms({ kms: (region) => new KMS({ region, maxAttempts: 1 }) });
new KmsDiscoveryKeyring({ kms: (region) => new KMS({ region }), partition: 'aws', accounts: ['111122223333'] });
const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: new KMS({}), keyArn }) });

/** A public key goes from hand to hand as it is. */
const key = await fetchPublicKey({ kms: new KMS({}), keyArn });
createVerifier({ publicKey: key, algorithm: 'ES256' });
createVerifier({ publicKey: readPublicKey('…'), algorithm: 'ES256' });
const signer = createSigner({ kms, keyArn, algorithm: 'ES256', verifyAfterSign: key });
// @ts-expect-error -- what holds no key is none
createVerifier({ publicKey: { keySpec: 'ECC_NIST_P256' }, algorithm: 'ES256' });

/** A signal that may not be there needs no `if`. */
const { abortSignal }: { abortSignal?: AbortSignal | undefined } = {};
const message = await cipher.encrypt(new Uint8Array(1), { abortSignal });
const { plaintext } = await cipher.decrypt(message, { abortSignal });

/** Whatever bytes come out go into WebCrypto, `Blob`, `fetch` and `Response`. */
const direct = createDirectCipher({ kms, keyArn });
const all: Array<OwnedBytes | OwnedBuffer> = [
  message, plaintext, await cipher.reEncrypt(message), await createIndexSecret(cipher),
  await direct.encrypt('x'), await direct.decrypt(message), encryptForPublicKey(key, 'x'),
  await createClientDecryptor({ kms, keyArn, keySpec: 'RSA_2048' }).decrypt(message),
  await signer.sign('x', { abortSignal }), await signer.signDigest(message), ecdsaDerToJose(message, 'ES256'), ecdsaJoseToDer(message, 'ES256'),
  key.spki, publicKeyToDer(key), await digestOf('sha256', 'x'),
];
for (const bytes of all) {
  await webcrypto.subtle.digest('SHA-256', bytes);
  await crypto.subtle.digest('SHA-256', bytes);
  await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt']);
  new Blob([bytes]);
  new Response(bytes);
  await fetch('https://example.com', { method: 'POST', body: bytes });
}
await crypto.subtle.importKey('spki', key.spki, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
await crypto.subtle.importKey('jwk', publicKeyToJwk(key), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
const sealed = new Blob([plaintext]).stream().pipeThrough(webStreams(cipher.encryptStream()));
new Response(sealed.pipeThrough(webStreams(cipher.decryptStream())));

/** An attached key is of the kind that it is asked for as; of any kind, it is told apart. */
const data: AttachedDataKey = fromEnvironment.dataKey('ORDERS', { kms });
const signing: AttachedSigningKey = fromEnvironment.signingKey('RECEIPTS', { kms });
const client: AttachedClientKey = fromEnvironment.clientKey('CARDS', { kms });
const ordersCipher = fromEnvironment.cipher('ORDERS', { kms });
await ordersCipher.encrypt(new Uint8Array(1));
const any = fromEnvironment('ORDERS', { kms });
// @ts-expect-error -- of any kind: not before its kind is known
any.envelope;
if (any.kind === 'data key') await any.envelope.decrypt(message);

const local = await startLocalKms({ keys: [] });
createEnvelopeCipher({ keyring: new KmsKeyring({ kms: local.port('App'), keyArn }) });
export { client, data, signing };
