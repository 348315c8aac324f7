import { constants, createCipheriv, createDecipheriv, createHash, generateKeyPairSync, privateDecrypt, randomBytes, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa';
import type { EncryptionContext, KmsPort } from '../../../src/runtime';
import type { KeySpecName } from '../../../src/spec/key-specs';

/**
 * A KMS of one key, made from primitives alone, so that the run time is not judged by code that shares its mistakes.
 * It signs digests as KMS does: by building what the scheme signs, not by asking for the message.
 */
export const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555';
export const OTHER_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/99999999-2222-3333-4444-555555555555';

type Operation = keyof KmsPort;
type Reply = Record<string, unknown>;

export interface Call {
  readonly operation: Operation;
  readonly input: any;
  readonly options: any;
}

export class FakeKms {
  public readonly calls: Call[] = [];
  /** Changes each reply on its way back. */
  public tamper?: (reply: Reply) => Reply;
  /** Fails each call with this error. */
  public failure?: unknown;

  constructor(private readonly operations: Partial<Record<Operation, (input: any) => Reply>>) {}

  public get port(): KmsPort {
    const entries = Object.entries(this.operations).map(([operation, run]) => [operation, async (input: any, options: any) => {
      this.calls.push({ operation: operation as Operation, input, options });
      if (this.failure) throw this.failure;
      const reply = { KeyId: KEY_ARN, ...run(input) };
      return this.tamper ? this.tamper(reply) : reply;
    }]);
    return Object.fromEntries(entries) as KmsPort;
  }
}

/** An error as the SDK throws it. */
export function sdkError(name: string, status?: number, message = `${name} of KMS`): Error {
  return Object.assign(new Error(message), { name, ...(status && { $metadata: { httpStatusCode: status } }) });
}

const aadOf = (context: EncryptionContext = {}): Buffer => Buffer.from(JSON.stringify(Object.entries(context).sort()));

/** A symmetric encryption key. */
export function symmetricKms(): FakeKms {
  const key = randomBytes(32);
  return new FakeKms({
    encrypt({ Plaintext, EncryptionContext }) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aadOf(EncryptionContext));
      const body = Buffer.concat([cipher.update(Plaintext), cipher.final()]);
      return { CiphertextBlob: Buffer.concat([Buffer.from([1, 2, 2, 0]), iv, body, cipher.getAuthTag()]) };
    },
    decrypt({ CiphertextBlob, EncryptionContext }) {
      const blob = Buffer.from(CiphertextBlob);
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(4, 16)).setAAD(aadOf(EncryptionContext)).setAuthTag(blob.subarray(-16));
        return { Plaintext: Buffer.concat([decipher.update(blob.subarray(16, -16)), decipher.final()]) };
      } catch {
        throw sdkError('InvalidCiphertextException', 400);
      }
    },
  });
}

/** An RSA encryption key. */
export function clientKms(modulusLength: 2048 | 3072 | 4096): { kms: FakeKms; publicKey: KeyObject } {
  const { publicKey, privateKey } = keyPairOf(`RSA_${modulusLength}`);
  const kms = new FakeKms({
    decrypt({ CiphertextBlob, EncryptionAlgorithm }) {
      if (EncryptionAlgorithm !== 'RSAES_OAEP_SHA_256') throw sdkError('InvalidKeyUsageException', 400);
      try {
        return { Plaintext: privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, CiphertextBlob) };
      } catch {
        throw sdkError('InvalidCiphertextException', 400);
      }
    },
    getPublicKey: () => ({ PublicKey: spkiOf(publicKey), KeySpec: `RSA_${modulusLength}`, KeyUsage: 'ENCRYPT_DECRYPT' }),
  });
  return { kms, publicKey };
}

const pairs = new Map<KeySpecName, { publicKey: KeyObject; privateKey: KeyObject }>();

/** A key pair of the spec; one for all tests of a file, since RSA keys are slow to make. */
export function keyPairOf(spec: KeySpecName): { publicKey: KeyObject; privateKey: KeyObject } {
  const pair = pairs.get(spec) ?? newKeyPair(spec);
  pairs.set(spec, pair);
  return pair;
}

export function newKeyPair(spec: KeySpecName): { publicKey: KeyObject; privateKey: KeyObject } {
  if (spec.startsWith('RSA_')) return generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(4)) });
  if (spec === 'ECC_NIST_EDWARDS25519') return generateKeyPairSync('ed25519');
  const curves: Partial<Record<KeySpecName, string>> = {
    ECC_NIST_P256: 'P-256', ECC_NIST_P384: 'P-384', ECC_NIST_P521: 'P-521', ECC_SECG_P256K1: 'secp256k1',
  };
  return generateKeyPairSync('ec', { namedCurve: curves[spec]! });
}

export function spkiOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' });
}

export const ML_DSA_SETS = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 } as const;
const ML_DSA_PREFIX = {
  ML_DSA_44: '30820532300b06096086480165030403110382052100',
  ML_DSA_65: '308207b2300b0609608648016503040312038207a100',
  ML_DSA_87: '30820a32300b060960864801650304031303820a2100',
} as const;

/** A signing key: its KMS, and its SubjectPublicKeyInfo. */
export function signingKms(spec: KeySpecName, message: () => Uint8Array): { kms: FakeKms; spki: Buffer } {
  if (spec in ML_DSA_SETS) return mlDsaKms(spec as keyof typeof ML_DSA_SETS);
  const { publicKey, privateKey } = keyPairOf(spec);
  const own = (input: any): boolean => verifies(spec, publicKey, input, messageFor(input, message));
  const kms = new FakeKms({
    sign: (input) => ({ Signature: signatureOf(spec, privateKey, input, messageFor(input, message)), SigningAlgorithm: input.SigningAlgorithm }),
    verify(input) {
      if (!own(input)) throw sdkError('KMSInvalidSignatureException', 400);
      return { SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm };
    },
    getPublicKey: () => ({ PublicKey: spkiOf(publicKey), KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }),
  });
  return { kms, spki: spkiOf(publicKey) };
}

/** node:crypto signs messages only: the message is handed in, and a digest must be its digest. */
function messageFor({ Message, MessageType, SigningAlgorithm }: any, message: () => Uint8Array): Uint8Array {
  if (Message.length > 4096) throw sdkError('ValidationException', 400);
  if (MessageType === 'RAW' || SigningAlgorithm === 'ED25519_PH_SHA_512') return Message;
  const expected = createHash(hashOf(SigningAlgorithm)).update(message()).digest();
  return expected.equals(Message) ? message() : Buffer.from(Message);
}

const hashOf = (algorithm: string): string => `sha${/\d+$/.exec(algorithm)![0]}`;

function settingsFor(key: KeyObject, algorithm: string): any {
  if (algorithm.includes('PSS')) return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return { key };
}

function signatureOf(spec: KeySpecName, key: KeyObject, { SigningAlgorithm }: any, message: Uint8Array): Uint8Array {
  if (SigningAlgorithm === 'ED25519_PH_SHA_512') return ed25519ph.sign(message, Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url'));
  return sign(spec === 'ECC_NIST_EDWARDS25519' ? null : hashOf(SigningAlgorithm), message, settingsFor(key, SigningAlgorithm));
}

function verifies(spec: KeySpecName, key: KeyObject, { SigningAlgorithm, Signature }: any, message: Uint8Array): boolean {
  if (SigningAlgorithm === 'ED25519_PH_SHA_512') return ed25519ph.verify(Signature, message, Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'));
  return verify(spec === 'ECC_NIST_EDWARDS25519' ? null : hashOf(SigningAlgorithm), message, settingsFor(key, SigningAlgorithm), Signature);
}

function mlDsaKms(spec: keyof typeof ML_DSA_SETS): { kms: FakeKms; spki: Buffer } {
  const set = ML_DSA_SETS[spec];
  const { publicKey, secretKey } = set.keygen(randomBytes(32));
  const spki = Buffer.concat([Buffer.from(ML_DSA_PREFIX[spec], 'hex'), publicKey]);
  const kms = new FakeKms({
    sign: ({ Message, SigningAlgorithm }) => ({ Signature: set.sign(secretKey, Message), SigningAlgorithm }),
    verify({ Message, Signature, SigningAlgorithm }) {
      if (!set.verify(publicKey, Message, Signature)) throw sdkError('KMSInvalidSignatureException', 400);
      return { SignatureValid: true, SigningAlgorithm };
    },
    getPublicKey: () => ({ PublicKey: spki, KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }),
  });
  return { kms, spki };
}
