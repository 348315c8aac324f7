import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Skip, Tally } from './report';
import type { FileReport, Outcome } from './report';
import { MultiKeyring, REQUIRE_ENCRYPT_ALLOW_DECRYPT, RawAesKeyring, RawRsaKeyring, createEnvelopeCipher } from '../../../../src/runtime/envelope';
import type { Keyring, RsaPadding } from '../../../../src/runtime/envelope';

/**
 * Whole messages: those of this project, which come with their data keys in plaintext, and two kinds of the AWS Encryption SDKs:
 * their manifests, and their known answers about key commitment (commitment-test-vectors.json of aws-encryption-sdk-python).
 */

/** A message with its data key, all in hexadecimal; it opens to `plaintext`, or fails with the code in `error`. */
export interface MessageVector {
  readonly name: string;
  readonly message: string;
  readonly dataKey: string;
  readonly plaintext?: string;
  readonly encryptionContext?: Record<string, string>;
  readonly error?: string;
}

export interface MessageVectors {
  readonly type: 'messages with plaintext data keys';
  readonly vectors: MessageVector[];
}

export function isMessageVectors(content: unknown): content is MessageVectors {
  return (content as MessageVectors | null)?.type === 'messages with plaintext data keys';
}

export async function messagesWithDataKeys(file: string, { vectors }: Pick<MessageVectors, 'vectors'>): Promise<FileReport> {
  const tally = new Tally();
  for (const { name, message, dataKey, plaintext, encryptionContext, error } of vectors) {
    await tally.try(name, async () => {
      const keyring: Pick<Keyring, 'decryptDataKey'> = { decryptDataKey: async () => Buffer.from(dataKey, 'hex') };
      const cipher = createEnvelopeCipher({ keyring: keyring as Keyring, commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT });
      return compare(cipher.decrypt(Buffer.from(message, 'hex'), { encryptionContext }), plaintext === undefined ? undefined : Buffer.from(plaintext, 'hex'), error);
    });
  }
  return tally.report(file);
}

/** Members of a known answer that tell it from other files of tests; a status of false says that the message must not open. */
interface CommitmentAnswer {
  readonly 'comment': string;
  readonly 'ciphertext': string;
  readonly 'decrypted-dek': string;
  readonly 'encryption-context': Record<string, string>;
  readonly 'plaintext-frames': string[];
  readonly 'status': boolean;
}

export function isCommitmentAnswers(content: unknown): content is { readonly tests: CommitmentAnswer[] } {
  const { tests } = content as { tests?: Partial<CommitmentAnswer>[] };
  return Array.isArray(tests) && tests.every((test) => typeof test['decrypted-dek'] === 'string' && typeof test.ciphertext === 'string');
}

export function commitmentAnswers(file: string, { tests }: { readonly tests: readonly CommitmentAnswer[] }): Promise<FileReport> {
  const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
  const vectors = tests.map((test): MessageVector => ({
    name: test.comment,
    message: hex(test.ciphertext),
    dataKey: hex(test['decrypted-dek']),
    encryptionContext: test['encryption-context'],
    ...(test.status ? { plaintext: Buffer.from(test['plaintext-frames'].join('')).toString('hex') } : { error: 'ERR_KEYSMITH_NOT_AUTHENTIC' }),
  }));
  return messagesWithDataKeys(file, { vectors });
}

interface MasterKey {
  readonly 'type': string;
  readonly 'key': string;
  readonly 'provider-id': string;
  readonly 'encryption-algorithm'?: string;
  readonly 'padding-algorithm'?: string;
  readonly 'padding-hash'?: string;
}

interface KeyEntry {
  readonly 'encoding': 'base64' | 'pem';
  readonly 'line-separator'?: string;
  readonly 'material': string | string[];
  readonly 'key-id'?: string;
  readonly 'decrypt': boolean;
}

/** aws-crypto-tools-test-vector-framework, features 0002 (keys) and 0004 (awses-decrypt). */
interface DecryptManifest {
  readonly manifest: { readonly type: 'awses-decrypt'; readonly version: number };
  readonly keys: string;
  readonly tests: Record<string, {
    readonly 'ciphertext': string;
    readonly 'plaintext'?: string;
    readonly 'master-keys': MasterKey[];
    readonly 'result'?: { readonly output?: { readonly plaintext: string }; readonly error?: unknown };
  }>;
}

export function isDecryptManifest(content: unknown): content is DecryptManifest {
  return (content as DecryptManifest | null)?.manifest?.type === 'awses-decrypt';
}

export async function decryptManifest(file: string, path: string, { keys, tests }: DecryptManifest): Promise<FileReport> {
  const tally = new Tally();
  const read = (uri: string) => readFileSync(join(dirname(path), uri.replace(/^file:\/\//, '')));
  const { keys: entries } = JSON.parse(read(keys).toString()) as { keys: Record<string, KeyEntry> };
  for (const [id, test] of Object.entries(tests)) {
    await tally.try(id, async () => {
      const usable = test['master-keys'].filter((key) => key.type === 'raw' && entries[key.key].decrypt);
      if (usable.length === 0) throw new Skip('made for KMS keys alone');
      const keyring = new MultiKeyring({ children: usable.map((key) => rawKeyring(key, entries[key.key])) });
      const cipher = createEnvelopeCipher({ keyring, commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT });
      const plaintext = test.plaintext ?? test.result?.output?.plaintext;
      return compare(cipher.decrypt(read(test.ciphertext)), plaintext === undefined ? undefined : read(plaintext));
    });
  }
  return tally.report(file);
}

function rawKeyring(key: MasterKey, entry: KeyEntry): Keyring {
  const lines = typeof entry.material === 'string' ? [entry.material] : entry.material;
  const material = lines.join(entry['line-separator'] ?? '');
  const names = { keyNamespace: key['provider-id'], keyName: entry['key-id'] ?? key.key };
  if (key['encryption-algorithm'] === 'aes') return new RawAesKeyring({ ...names, wrappingKey: Buffer.from(material, 'base64') });
  if (key['padding-algorithm'] !== 'oaep-mgf1') throw new Skip(`raw RSA keyrings have no padding ${key['padding-algorithm']}`);
  return new RawRsaKeyring({ ...names, privateKey: material, padding: `OAEP_${key['padding-hash']!.toUpperCase()}_MGF1` as RsaPadding });
}

async function compare(opening: Promise<{ plaintext: Buffer }>, expected: Buffer | undefined, error?: string): Promise<Outcome> {
  try {
    const { plaintext } = await opening;
    if (!expected) return 'it opened, and should not have';
    return plaintext.equals(expected) ? undefined : 'it opened to another plaintext';
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (expected) return `it did not open: ${String(code ?? cause)}`;
    return error === undefined || code === error ? undefined : `it failed with ${String(code)} where ${error} is due`;
  }
}
