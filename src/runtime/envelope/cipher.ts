import { Duplex } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import { wipe } from './bytes';
import type { DecryptStreamOptions, EncryptOptions, EncryptStreamOptions, EnvelopeCipher, EnvelopeCipherOptions } from './cipher-types';
import { allowDecrypt, allowEncrypt, checkCommitmentPolicy } from './commitment-policy';
import { ContextRules } from './context-rules';
import { freshDataKeys } from './data-keys';
import type { DataKeys, DecryptionMaterials } from './data-keys';
import { badInput } from './failures';
import { messageBytes } from './foreign';
import type { MessageHeader } from './header';
import { inspectHeader } from './inspect';
import { BUFFER_FRAME_LENGTH, BUFFER_LIMITS, STREAM_FRAME_LENGTH, STREAM_LIMITS, checkFrameLength, keepLimit, limitsWith, wholeNumber } from './limits';
import type { MessageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { openMessage, readMessage, sealMessage } from './message';
import { MessageKey } from './message-key';
import { EngineStream } from './streams/engine-stream';
import { openEngine } from './streams/open-engine';
import { sealEngine, startSealing } from './streams/seal-engine';
import { findSuite } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import type { EncryptionContext } from '../kms-port';

/**
 * A cipher for AWS Encryption SDK messages: it writes format version 2 and reads both versions, so that the AWS
 * Encryption SDKs of other languages open its messages and it opens theirs.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work
 */
export function createEnvelopeCipher(options: EnvelopeCipherOptions): EnvelopeCipher {
  const { keyring, cache } = options;
  const suite = findSuite(options.suite ?? 0x0478);
  if (!suite?.commitsKey) throw badInput("'suite' takes 0x0478 or 0x0578: messages are written with key commitment only");
  const policy = checkCommitmentPolicy(options.commitmentPolicy ?? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT');
  const frameLengthOf = (given: number | undefined, otherwise: number) => checkFrameLength(given ?? options.frameLength ?? otherwise);
  frameLengthOf(undefined, BUFFER_FRAME_LENGTH);
  const bufferLimits = limitsWith(BUFFER_LIMITS, options.limits);
  const streamLimits = limitsWith(STREAM_LIMITS, options.limits);
  const contexts = new ContextRules(options);
  const ownDataKeys = cache ? cache.over(keyring, options.cachePartition) : freshDataKeys(keyring);

  /** What is not read for its limits is not written either. */
  const keepWriteLimits = ({ contextLength, encryptedDataKeyCount }: EncryptionMaterials, limits: MessageLimits) => {
    keepLimit(limits, 'contextBytes', contextLength);
    keepLimit(limits, 'encryptedDataKeys', encryptedDataKeyCount);
  };

  const seal = (dataKeys: DataKeys, plaintext: Uint8Array, { encryptionContext, frameLength }: EncryptOptions) => {
    allowEncrypt(policy);
    if (!(plaintext instanceof Uint8Array)) throw badInput(`encrypt takes bytes, got ${typeof plaintext}: Buffer.from(text) makes bytes of a string`);
    const length = frameLengthOf(frameLength, BUFFER_FRAME_LENGTH);
    return dataKeys.forEncryption({ suite, ...contexts.forEncryption(encryptionContext), messageBytes: plaintext.length }, (materials) => {
      keepWriteLimits(materials, bufferLimits);
      return sealMessage(materials, plaintext, length);
    });
  };

  /** The message's key, once the header is authentic and its context is what it must be. */
  const openHeader = (
    header: MessageHeader, { dataKey, context }: DecryptionMaterials, expected?: EncryptionContext, onHeader?: DecryptStreamOptions['onHeader'],
  ) => {
    const key = new MessageKey(header.suite, dataKey, header.messageId);
    try {
      key.checkHeader(header);
      contexts.require(context, expected);
      onHeader?.({ encryptionContext: { ...context }, suite: header.suite });
      return key;
    } catch (error) {
      key.wipe();
      throw error;
    }
  };

  const cipher: EnvelopeCipher = {
    encrypt: async (plaintext, given = {}) => seal(ownDataKeys, plaintext, given),

    decrypt: async (message, { encryptionContext } = {}) => {
      const parts = readMessage(messageBytes(message), bufferLimits);
      const { header } = parts;
      allowDecrypt(policy, header.suite);
      return ownDataKeys.forDecryption(header, (materials) => {
        const key = openHeader(header, materials, encryptionContext);
        try {
          const plaintext = openMessage(parts, bufferLimits, key, materials.verificationKey);
          return { plaintext, encryptionContext: { ...materials.context }, suite: header.suite };
        } finally {
          key.wipe();
        }
      });
    },

    encryptStream: ({ encryptionContext, frameLength, plaintextLength }: EncryptStreamOptions = {}) => {
      allowEncrypt(policy);
      const length = frameLengthOf(frameLength, STREAM_FRAME_LENGTH);
      if (plaintextLength !== undefined) wholeNumber('plaintextLength', plaintextLength, Number.MAX_SAFE_INTEGER, 0);
      const request = { suite, ...contexts.forEncryption(encryptionContext), messageBytes: plaintextLength };
      return new EngineStream(sealEngine(() => ownDataKeys.forEncryption(request, (materials) => {
        keepWriteLimits(materials, streamLimits);
        return startSealing(materials, length);
      }), plaintextLength));
    },

    decryptStream: ({ encryptionContext, onHeader }: DecryptStreamOptions = {}) => new EngineStream(openEngine(streamLimits, async (header) => {
      allowDecrypt(policy, header.suite);
      return ownDataKeys.forDecryption(header, (materials) => ({
        key: openHeader(header, materials, encryptionContext, onHeader), verificationKey: materials.verificationKey,
      }));
    })),

    encryptWebStream: (given) => webStreams(cipher.encryptStream(given)),

    decryptWebStream: (given) => webStreams(cipher.decryptStream(given)),

    reEncrypt: async (message, given = {}) => {
      allowEncrypt(policy);
      const { plaintext, encryptionContext } = await cipher.decrypt(message, { encryptionContext: given.expectedContext });
      const { [SIGNATURE_CONTEXT_KEY]: _, ...sameContext } = encryptionContext;
      try {
        const target = { ...given, encryptionContext: given.encryptionContext ?? sameContext };
        return await seal(freshDataKeys(given.keyring ?? keyring), plaintext, target);
      } finally {
        wipe(plaintext);
      }
    },

    inspect: (message) => inspectHeader(message, bufferLimits),
  };
  return cipher;
}

function webStreams(stream: Duplex): ReadableWritablePair<Uint8Array, Uint8Array> {
  return Duplex.toWeb(stream) as ReadableWritablePair;
}
