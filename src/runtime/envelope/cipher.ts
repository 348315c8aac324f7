import { Duplex } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import { wipe } from './bytes';
import type {
  DecryptOptions, DecryptStreamOptions, DecryptedMessage, EncryptOptions, EncryptStreamOptions, EnvelopeCipher, EnvelopeCipherOptions,
  ReEncryptOptions,
} from './cipher-types';
import { allowDecrypt, allowEncrypt, checkCommitmentPolicy } from './commitment-policy';
import type { CommitmentPolicy } from './commitment-policy';
import { ContextRules } from './context-rules';
import { freshDataKeys } from './data-keys';
import type { DataKeys, DecryptionMaterials } from './data-keys';
import { badInput } from './failures';
import { messageBytes } from './foreign';
import type { MessageHeader } from './header';
import { inspectHeader } from './inspect';
import type { UnverifiedHeader } from './inspect';
import type { Keyring } from './keyring';
import { BUFFER_FRAME_LENGTH, BUFFER_LIMITS, STREAM_FRAME_LENGTH, STREAM_LIMITS, checkFrameLength, keepLimit, limitsWith, wholeNumber } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { openMessage, readMessage, sealMessage } from './message';
import { MessageKey } from './message-key';
import { EngineStream } from './streams/engine-stream';
import { OpenEngine } from './streams/open-engine';
import { SealEngine, startSealing } from './streams/seal-engine';
import { findSuite } from './suites';
import type { AlgorithmSuite, WritableSuiteId } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import type { EncryptionContext } from '../kms-port';

/**
 * A cipher for AWS Encryption SDK messages: it writes format version 2 and reads both versions, so that the AWS
 * Encryption SDKs of other languages open its messages and it opens theirs.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work
 */
export function createEnvelopeCipher(options: EnvelopeCipherOptions): EnvelopeCipher {
  return new MessageCipher(options);
}

class MessageCipher implements EnvelopeCipher {
  readonly #suite: AlgorithmSuite;
  readonly #policy: CommitmentPolicy;
  readonly #frameLength: number | undefined;
  readonly #bufferLimits: MessageLimits;
  readonly #streamLimits: MessageLimits;
  readonly #contexts: ContextRules;
  readonly #keyring: Keyring;
  readonly #dataKeys: DataKeys;

  constructor({ keyring, suite = 0x0478, commitmentPolicy, frameLength, limits, cache, cachePartition, ...contract }: EnvelopeCipherOptions) {
    this.#suite = writableSuite(suite);
    this.#policy = checkCommitmentPolicy(commitmentPolicy ?? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT');
    this.#frameLength = frameLength === undefined ? undefined : checkFrameLength(frameLength);
    this.#bufferLimits = limitsWith(BUFFER_LIMITS, limits);
    this.#streamLimits = limitsWith(STREAM_LIMITS, limits);
    this.#contexts = new ContextRules(contract);
    this.#keyring = keyring;
    this.#dataKeys = cache ? cache.over(keyring, cachePartition) : freshDataKeys(keyring);
  }

  public async encrypt(plaintext: Uint8Array, options: EncryptOptions = {}): Promise<Buffer> {
    return this.#seal(this.#dataKeys, plaintext, options);
  }

  public async decrypt(message: Uint8Array, { encryptionContext }: DecryptOptions = {}): Promise<DecryptedMessage> {
    const parts = readMessage(messageBytes(message), this.#bufferLimits);
    const { header } = parts;
    allowDecrypt(this.#policy, header.suite);
    return this.#dataKeys.forDecryption(header, (materials) => {
      const key = this.#openHeader(header, materials, encryptionContext);
      try {
        const plaintext = openMessage(parts, this.#bufferLimits, key, materials.verificationKey);
        return { plaintext, encryptionContext: { ...materials.context }, suite: header.suite };
      } finally {
        key.wipe();
      }
    });
  }

  public encryptStream(options: EncryptStreamOptions = {}): Duplex {
    return new EngineStream(this.#sealEngine(options));
  }

  public decryptStream(options: DecryptStreamOptions = {}): Duplex {
    return new EngineStream(this.#openEngine(options));
  }

  public encryptWebStream(options?: EncryptStreamOptions): ReadableWritablePair<Uint8Array, Uint8Array> {
    return Duplex.toWeb(this.encryptStream(options)) as ReadableWritablePair;
  }

  public decryptWebStream(options?: DecryptStreamOptions): ReadableWritablePair<Uint8Array, Uint8Array> {
    return Duplex.toWeb(this.decryptStream(options)) as ReadableWritablePair;
  }

  public async reEncrypt(message: Uint8Array, { keyring, encryptionContext, expectedContext, frameLength }: ReEncryptOptions = {}): Promise<Buffer> {
    allowEncrypt(this.#policy);
    const opened = await this.decrypt(message, { encryptionContext: expectedContext });
    try {
      const { [SIGNATURE_CONTEXT_KEY]: _, ...sameContext } = opened.encryptionContext;
      const target = { encryptionContext: encryptionContext ?? sameContext, frameLength };
      return await this.#seal(freshDataKeys(keyring ?? this.#keyring), opened.plaintext, target);
    } finally {
      wipe(opened.plaintext);
    }
  }

  public inspect(message: Uint8Array): UnverifiedHeader {
    return inspectHeader(message, this.#bufferLimits);
  }

  async #seal(dataKeys: DataKeys, plaintext: Uint8Array, { encryptionContext, frameLength }: EncryptOptions): Promise<Buffer> {
    allowEncrypt(this.#policy);
    if (!(plaintext instanceof Uint8Array)) throw badInput(`encrypt takes bytes, got ${typeof plaintext}: Buffer.from(text) makes bytes of a string`);
    const length = this.#frameLengthFor(frameLength, BUFFER_FRAME_LENGTH);
    const context = this.#contexts.forEncryption(encryptionContext);
    return dataKeys.forEncryption({ suite: this.#suite, ...context, messageBytes: plaintext.length }, (materials) => {
      checkWritten(materials, this.#bufferLimits);
      return sealMessage(materials, plaintext, length);
    });
  }

  #sealEngine({ encryptionContext, frameLength, plaintextLength }: EncryptStreamOptions): SealEngine {
    allowEncrypt(this.#policy);
    const length = this.#frameLengthFor(frameLength, STREAM_FRAME_LENGTH);
    if (plaintextLength !== undefined) wholeNumber('plaintextLength', plaintextLength, Number.MAX_SAFE_INTEGER, 0);
    const context = this.#contexts.forEncryption(encryptionContext);
    const request = { suite: this.#suite, ...context, messageBytes: plaintextLength };
    return new SealEngine(() => this.#dataKeys.forEncryption(request, (materials) => {
      checkWritten(materials, this.#streamLimits);
      return startSealing(materials, length);
    }), plaintextLength);
  }

  #openEngine({ encryptionContext, onHeader }: DecryptStreamOptions): OpenEngine {
    return new OpenEngine(this.#streamLimits, async (header) => {
      allowDecrypt(this.#policy, header.suite);
      return this.#dataKeys.forDecryption(header, (materials) => {
        const key = this.#openHeader(header, materials, encryptionContext, onHeader);
        return { key, verificationKey: materials.verificationKey };
      });
    });
  }

  /** The message's key, once the header is authentic and its context is what it must be. */
  #openHeader(
    header: MessageHeader, { dataKey, context }: DecryptionMaterials, expected: EncryptionContext | undefined, onHeader?: DecryptStreamOptions['onHeader'],
  ): MessageKey {
    const key = new MessageKey(header.suite, dataKey, header.messageId);
    try {
      key.checkHeader(header);
      this.#contexts.require(context, expected);
      onHeader?.({ encryptionContext: { ...context }, suite: header.suite });
      return key;
    } catch (error) {
      key.wipe();
      throw error;
    }
  }

  #frameLengthFor(given: number | undefined, otherwise: number): number {
    return given === undefined ? this.#frameLength ?? otherwise : checkFrameLength(given);
  }
}

function writableSuite(id: WritableSuiteId): AlgorithmSuite {
  const suite = findSuite(id);
  if (!suite?.commitsKey) throw badInput("'suite' takes 0x0478 or 0x0578: messages are written with key commitment only");
  return suite;
}

/** What the limits keep from being read is not written either. */
function checkWritten({ contextLength, encryptedDataKeyCount }: EncryptionMaterials, limits: MessageLimits): void {
  keepLimit(limits, 'contextBytes', contextLength);
  keepLimit(limits, 'encryptedDataKeys', encryptedDataKeyCount);
}
