import { createRecordCipher, RawAesKeyring } from '../../../src/runtime';
import type { Keyring, RecordCipher, RecordCipherOptions } from '../../../src/runtime';

export const WRAPPING_KEY = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');

/** A keyring that counts what it is asked, and keeps hold of the plaintext keys it handed out. */
export class WatchedKeyring implements Keyring {
  public generated = 0;
  public decrypted = 0;
  public readonly handedOut: Uint8Array[] = [];
  readonly #inner = new RawAesKeyring({ keyNamespace: 'tests', keyName: 'key one', wrappingKey: WRAPPING_KEY });

  public get calls(): number {
    return this.generated + this.decrypted;
  }

  public async generateDataKey(request: Parameters<Keyring['generateDataKey']>[0]): ReturnType<Keyring['generateDataKey']> {
    this.generated += 1;
    const key = await this.#inner.generateDataKey(request);
    this.handedOut.push(key.plaintext);
    return key;
  }

  public async wrapDataKey(request: Parameters<Keyring['wrapDataKey']>[0]): ReturnType<Keyring['wrapDataKey']> {
    return this.#inner.wrapDataKey(request);
  }

  public async decryptDataKey(request: Parameters<Keyring['decryptDataKey']>[0]): Promise<Uint8Array> {
    this.decrypted += 1;
    const key = await this.#inner.decryptDataKey(request);
    this.handedOut.push(key);
    return key;
  }
}

export const CUSTOMERS = {
  encryptionContext: { Project: 'Orders' },
  table: 'customers',
  recordKey: ['pk', 'sk'],
  fields: ['email', 'address.street', 'cards'],
} satisfies Partial<RecordCipherOptions>;

export const CUSTOMER = {
  pk: 'CUSTOMER#17',
  sk: 1,
  email: 'ada@example.com',
  address: { street: '12 St James Square', country: 'GB' },
  cards: [{ last4: '4242', limit: 1000n }],
  plan: 'gold',
};

export function customers(options: Partial<RecordCipherOptions> = {}): RecordCipher {
  return createRecordCipher({ keyring: new WatchedKeyring(), ...CUSTOMERS, ...options });
}

/** The code of what an action throws or rejects with; anything else than an error of the library is thrown on. */
export async function codeOf(action: () => unknown): Promise<string> {
  return (await failureOf(action)).code;
}

export async function failureOf(action: () => unknown): Promise<Error & { code: string }> {
  try {
    await action();
  } catch (error) {
    if ((error as Error).name === 'KeysmithError') return error as Error & { code: string };
    throw error;
  }
  throw new Error('it did not fail');
}
