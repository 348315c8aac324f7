import { createCipheriv, createDecipheriv, randomBytes, randomFillSync } from 'node:crypto';
import {
  buildClient, CommitmentPolicy, getLocalCryptographicMaterialsCache, NodeCachingMaterialsManager, RawAesKeyringNode, RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';
import { measure, print, round } from './measure';
import { shipped } from './shipped';

/**
 * What encrypting the fields of small records costs, all with cached data keys and wrapped by a raw AES key, so that no network is in it: this
 * cipher, against AES-256-GCM of node:crypto over JSON with one key and nothing bound, and against the AWS Encryption SDK with a message for each field.
 *
 * Run `npx tsx bench/records.ts`, with `--json` for programs.
 */

const { createRecordCipher, DataKeyCache, RawAesKeyring } = shipped();

const RECORDS = 50;
const FIELDS = ['name', 'email', 'balance', 'address'] as const;
const KEY = { keyNamespace: 'bench', keyName: 'key', wrappingKey: randomBytes(32) };
const CONTEXT = { Project: 'Orders' };
const UNLIMITED = 1e9;

type Customer = { readonly id: string } & Readonly<Record<typeof FIELDS[number], unknown>>;
type Stored = Record<string, unknown>;

const customers: Customer[] = Array.from({ length: RECORDS }, (_, n) => ({
  id: `CUSTOMER#${n}`, name: 'Ada Lovelac', email: `ada.${n}@example.com`, balance: 1000 + n / 100, address: { street: '12 St James Square', zip: 'SW1Y' },
}));

interface Candidate {
  readonly name: string;
  encrypt(customer: Customer): Stored | Promise<Stored>;
  decrypt(stored: Stored): unknown;
}

function ours(): Candidate {
  const cipher = createRecordCipher({
    keyring: new RawAesKeyring(KEY),
    encryptionContext: CONTEXT,
    table: 'customers',
    recordKey: 'id',
    fields: FIELDS,
    cache: new DataKeyCache({ maxMessages: UNLIMITED, maxBytes: UNLIMITED, maxAgeMs: UNLIMITED }),
  });
  return { name: 'createRecordCipher', encrypt: (customer) => cipher.encrypt(customer), decrypt: (stored) => cipher.decrypt(stored) };
}

function rawGcm(): Candidate {
  const key = randomBytes(32);
  return {
    name: 'raw AES-GCM',
    encrypt(customer) {
      const stored: Stored = { ...customer };
      for (const field of FIELDS) {
        const nonce = randomFillSync(Buffer.allocUnsafe(12));
        const cipher = createCipheriv('aes-256-gcm', key, nonce);
        stored[field] = Buffer.concat([nonce, cipher.update(JSON.stringify(customer[field])), cipher.final(), cipher.getAuthTag()]);
      }
      return stored;
    },
    decrypt(stored) {
      const customer: Stored = { ...stored };
      for (const field of FIELDS) {
        const token = stored[field] as Buffer;
        const decipher = createDecipheriv('aes-256-gcm', key, token.subarray(0, 12)).setAuthTag(token.subarray(-16));
        customer[field] = JSON.parse(Buffer.concat([decipher.update(token.subarray(12, -16)), decipher.final()]).toString());
      }
      return customer;
    },
  };
}

function encryptionSdk(): Candidate {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const backingMaterials = new RawAesKeyringNode({
    keyNamespace: KEY.keyNamespace,
    keyName: KEY.keyName,
    unencryptedMasterKey: new Uint8Array(KEY.wrappingKey),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const materials = new NodeCachingMaterialsManager({ backingMaterials, cache: getLocalCryptographicMaterialsCache(1000), maxAge: UNLIMITED });
  return {
    name: '@aws-crypto/client-node',
    async encrypt(customer) {
      const stored: Stored = { ...customer };
      for (const field of FIELDS) {
        const plaintext = JSON.stringify(customer[field]);
        // The length makes the data key cacheable: the SDK caches none for a plaintext of unknown length.
        const options = { encryptionContext: CONTEXT, suiteId: 0x0478, plaintextLength: Buffer.byteLength(plaintext) };
        stored[field] = (await encrypt(materials, plaintext, options)).result;
      }
      return stored;
    },
    async decrypt(stored) {
      const customer: Stored = { ...stored };
      for (const field of FIELDS) customer[field] = JSON.parse((await decrypt(materials, stored[field] as Buffer)).plaintext.toString());
      return customer;
    },
  };
}

/** Bytes that a record takes beside its key. */
function storedBytes(stored: Stored): number {
  return Object.entries(stored).filter(([name]) => name !== 'id').reduce((sum, [, bytes]) => sum + (bytes as Uint8Array).length, 0);
}

async function main(): Promise<void> {
  const candidates = [rawGcm(), ours(), encryptionSdk()];
  const stored = new Map<string, Stored[]>();
  for (const { name, encrypt, decrypt } of candidates) {
    const written = [];
    for (const customer of customers) written.push(await encrypt(customer));
    const read = await decrypt(written[0]);
    if (JSON.stringify(read) !== JSON.stringify(customers[0])) throw new Error(`${name} does not return the record`);
    stored.set(name, written);
  }
  const all = async <Item>(items: readonly Item[], action: (item: Item) => unknown) => {
    for (const item of items) await action(item);
  };
  const encryption = await measure(candidates.map(({ name, encrypt }) => ({ name, run: () => all(customers, encrypt) })), { roundMs: 40 });
  const decryption = await measure(candidates.map(({ name, decrypt }) => ({ name, run: () => all(stored.get(name)!, decrypt) })), { roundMs: 40 });
  const [raw, own, sdk] = candidates.map(({ name }) => name);
  const rows = candidates.map(({ name }) => ({
    candidate: name,
    encryptUs: round(encryption[name] / RECORDS),
    decryptUs: round(decryption[name] / RECORDS),
    encryptToRaw: round(encryption[name] / encryption[raw]),
    decryptToRaw: round(decryption[name] / decryption[raw]),
    storedBytes: storedBytes(stored.get(name)![0]),
    bytesOf11: (stored.get(name)![0].name as Uint8Array).length,
  }));
  print(`One record of ${FIELDS.length} encrypted fields, data keys cached`, rows, {
    fasterThanSdkToEncrypt: round(encryption[sdk] / encryption[own], 1),
    fasterThanSdkToDecrypt: round(decryption[sdk] / decryption[own], 1),
  });
}

void main();
