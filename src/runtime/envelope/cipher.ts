import type { Duplex } from 'node:stream';
import { measureMessage } from './body';
import { wipe } from './bytes';
import type {
  DecryptOptions, DecryptStreamOptions, DecryptedMessage, EncryptOptions, EncryptStreamOptions, EnvelopeCipher, EnvelopeCipherOptions,
  ReEncryptOptions,
} from './cipher-types';
import { allowDecrypt, allowEncrypt, checkCommitmentPolicy } from './commitment-policy';
import type { CommitmentPolicy } from './commitment-policy';
import { ContextRules } from './context-rules';
import { freshDataKeys } from './data-keys';
import type { DataKeys } from './data-keys';
import { wipeMessageKeys } from './derive';
import { badInput, overLimit } from './failures';
import { messageBytes } from './foreign';
import { readWholeHeader } from './header';
import { inspectHeader } from './inspect';
import type { UnverifiedHeader } from './inspect';
import type { Keyring } from './keyring';
import { BUFFER_FRAME_LENGTH, BUFFER_LIMITS, STREAM_FRAME_LENGTH, STREAM_LIMITS, checkFrameLength, limitsWith } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { openHeader, openMessage, sealMessage } from './message';
import { EngineTransform } from './streams/node-stream';
import { OpenEngine } from './streams/open-engine';
import { SealEngine } from './streams/seal-engine';
import { startOpening, startSealing } from './streams/starts';
import { enginePair } from './streams/web-stream';
import { findSuite } from './suites';
import type { AlgorithmSuite, WritableSuiteId } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';

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
    const bytes = messageBytes(message);
    const header = readWholeHeader(bytes, this.#bufferLimits);
    allowDecrypt(this.#policy, header.suite);
    const shape = measureMessage(bytes, header, this.#bufferLimits);
    return this.#dataKeys.forDecryption(header, ({ dataKey, context, verificationKey }) => {
      const keys = openHeader(header, dataKey);
      try {
        this.#contexts.require(context, encryptionContext);
        return { plaintext: openMessage(bytes, header, shape, keys, verificationKey), encryptionContext: { ...context }, suite: header.suite };
      } finally {
        wipeMessageKeys(keys);
      }
    });
  }

  public encryptStream(options: EncryptStreamOptions = {}): Duplex {
    return new EngineTransform(this.#sealEngine(options));
  }

  public decryptStream(options: DecryptStreamOptions = {}): Duplex {
    return new EngineTransform(this.#openEngine(options));
  }

  public encryptWebStream(options: EncryptStreamOptions = {}): ReturnType<typeof enginePair> {
    return enginePair(this.#sealEngine(options));
  }

  public decryptWebStream(options: DecryptStreamOptions = {}): ReturnType<typeof enginePair> {
    return enginePair(this.#openEngine(options));
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
    if (plaintextLength !== undefined && !(Number.isSafeInteger(plaintextLength) && plaintextLength >= 0)) {
      throw badInput(`'plaintextLength' takes a number of bytes, got ${String(plaintextLength)}`);
    }
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
      return this.#dataKeys.forDecryption(header, (materials) => startOpening(header, materials, () => {
        this.#contexts.require(materials.context, encryptionContext);
        onHeader?.({ encryptionContext: { ...materials.context }, suite: header.suite });
      }));
    });
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
  if (contextLength > limits.contextBytes) throw overLimit('the length of the encryption context', contextLength, limits.contextBytes, 'limits.contextBytes');
  if (encryptedDataKeyCount > limits.encryptedDataKeys) {
    throw overLimit('the number of encrypted data keys', encryptedDataKeyCount, limits.encryptedDataKeys, 'limits.encryptedDataKeys');
  }
}
