import { invalid, isKeysmithError } from '../../errors';
import { knownOptions } from '../../whole-numbers';
import { discard } from '../bytes';
import type { DecryptDataKeyRequest, EncryptedDataKey, GenerateDataKeyRequest, GeneratedDataKey, Keyring, WrapDataKeyRequest } from '../keyring';
import { eachOf, noneOpened } from './outcomes';

/** How a multi-keyring is put together. */
export interface MultiKeyringOptions {
  /** Makes the data keys. @default - messages cannot be written */
  readonly generator?: Keyring;
  /** Each wraps the data key too, and each may open a message, in this order after the generator. @default - none */
  readonly children?: readonly Keyring[];
  /** Each may open a message, after all others, and none is written for: keys that came before. @default - none */
  readonly decryptOnly?: readonly Keyring[];
}

/**
 * Several keyrings as one: a message is written for all of them but those that only decrypt, and opens with any one.
 * aws-encryption-sdk-specification, framework/multi-keyring.md.
 */
export class MultiKeyring implements Keyring {
  readonly #generator?: Keyring;
  /** Those that messages are written for. */
  readonly #writers: readonly Keyring[];
  readonly #all: readonly Keyring[];

  /** @throws `ERR_KEYSMITH_INPUT` without any keyring */
  constructor(options: MultiKeyringOptions) {
    const { generator, children = [], decryptOnly = [] } = knownOptions(options, ['generator', 'children', 'decryptOnly']);
    this.#generator = generator;
    this.#writers = generator ? [generator, ...children] : [...children];
    this.#all = [...this.#writers, ...decryptOnly];
    if (this.#all.length === 0) throw invalid("a multi-keyring takes a 'generator', 'children', or both");
  }

  public async generateDataKey(request: GenerateDataKeyRequest): Promise<GeneratedDataKey> {
    if (!this.#generator) throw invalid("this multi-keyring has no 'generator': it can only open messages");
    const { plaintext, encryptedDataKeys } = await this.#generator.generateDataKey(request);
    try {
      const others = await wrapUnder(this.#writers.slice(1), { ...request, plaintext });
      return { plaintext, encryptedDataKeys: [...encryptedDataKeys, ...others] };
    } catch (error) {
      discard(plaintext);
      throw error;
    }
  }

  public async wrapDataKey(request: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
    return wrapUnder(this.#writers, request);
  }

  public async decryptDataKey(request: DecryptDataKeyRequest): Promise<Uint8Array> {
    const failures: unknown[] = [];
    for (const keyring of this.#all) {
      try {
        return await keyring.decryptDataKey(request);
      } catch (error) {
        request.abortSignal?.throwIfAborted();
        failures.push(error);
      }
    }
    const told = failures.filter((failure) => !(isKeysmithError(failure) && failure.code === 'ERR_KEYSMITH_NO_KEY'));
    throw told.length ? noneOpened(told) : failures[0];
  }
}

async function wrapUnder(keyrings: readonly Keyring[], request: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
  return (await eachOf(keyrings, async (keyring) => keyring.wrapDataKey(request))).flat();
}
