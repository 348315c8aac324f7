import { Duplex } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import { asBuffer, bytesLeft, readWhole, readerOf, wipe } from './bytes';
import type { Reader } from './bytes';
import type { DecryptStreamOptions, DecryptedMessage, EncryptOptions, EncryptStreamOptions, EnvelopeCipher, EnvelopeCipherOptions } from './cipher-types';
import { allowDecrypt, allowEncrypt, commitmentPolicy } from './commitment-policy';
import { contextRules } from './context-rules';
import { freshDataKeys } from './data-keys';
import type { DataKeys } from './data-keys';
import { messageBytes, refuseForeign } from './foreign';
import { readHeader } from './header';
import type { MessageHeader } from './header';
import { skipHeaderMaterials } from './header-materials';
import { inspectHeader } from './inspect';
import { BUFFER_DEFAULTS, STREAM_DEFAULTS, checkFrameLength, messageLimits } from './limits';
import type { MessageLimits } from './limits';
import { joined, opening, sealing } from './message';
import type { Parts } from './message';
import { messageKey } from './message-key';
import { partStream } from './streams/part-stream';
import { findSuite } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import { invalid } from '../errors';
import { binaryOf } from '../input';
import type { EncryptionContext } from '../kms-port';
import { wholeNumber } from '../whole-numbers';

/**
 * A cipher for AWS Encryption SDK messages: it writes format version 2 and reads both versions, so that the AWS
 * Encryption SDKs of other languages open its messages and it opens theirs.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work
 */
export function createEnvelopeCipher(options: EnvelopeCipherOptions): EnvelopeCipher {
  const { keyring, cache } = options;
  const suite = findSuite(options.suite ?? 0x0478);
  if (!suite?.commitsKey) throw invalid("'suite' takes 0x0478 or 0x0578, which commit to their key");
  const policy = commitmentPolicy(options.commitmentPolicy);
  const limits = messageLimits(options.limits);
  const streamLimits = messageLimits(options.limits, STREAM_DEFAULTS);
  const contexts = contextRules(options);
  const ownDataKeys = cache ? cache.over(keyring, options.cachePartition) : freshDataKeys(keyring);
  const frameLengthOf = (given?: number, [frameLength] = BUFFER_DEFAULTS) => checkFrameLength(given ?? options.frameLength ?? frameLength);
  frameLengthOf();
  let withinLimits: Buffer | undefined;

  /** Seals a new message, once all that is known about it has been checked; `use` is lent the parts. */
  const sealer = (dataKeys: DataKeys, { encryptionContext, frameLength }: EncryptOptions, plaintextLength?: number, defaults = BUFFER_DEFAULTS) => {
    const frameBytes = frameLengthOf(frameLength, defaults);
    allowEncrypt(policy);
    const request = { suite, ...contexts.forEncryption(encryptionContext), messageBytes: plaintextLength };
    return <T>(plaintext: Reader, use: (parts: Parts) => T) => dataKeys.forEncryption(request, (materials) => {
      // What is not read for its limits is not written either.
      if (materials.materialBytes !== withinLimits) skipHeaderMaterials(readerOf(materials.materialBytes), limits);
      withinLimits = materials.materialBytes;
      return use(sealing(materials, plaintext, frameBytes, plaintextLength));
    });
  };

  const seal = async (dataKeys: DataKeys, plaintext: Uint8Array, given: EncryptOptions) => {
    binaryOf(plaintext, 'the plaintext');
    return sealer(dataKeys, given, plaintext.length)(readerOf(asBuffer(plaintext)), (parts) => joined(parts));
  };

  /** Opens the message behind a header, once that is authentic and its context is what it must be; `use` has to take the parts. */
  const opener = <T>(
    message: Reader, header: MessageHeader, within: MessageLimits, expected: EncryptionContext | undefined,
    use: (parts: Parts, opened: OpenedHeader) => T,
  ) => {
    const { suite: used } = header;
    allowDecrypt(policy, used);
    return ownDataKeys.forDecryption(header, ({ dataKey, context, verificationKey }) => {
      const key = messageKey(used, dataKey, header.messageId);
      const end = () => wipe(key.encryptionKey);
      try {
        header.check(key);
        contexts.require(context, expected);
        return use([opening(message, header, within, key, verificationKey), end], { encryptionContext: { ...context }, suite: used });
      } catch (error) {
        end();
        throw error;
      }
    });
  };

  const cipher: EnvelopeCipher = {
    encrypt: (plaintext, given = {}) => seal(ownDataKeys, plaintext, given),

    decrypt: async (message, { encryptionContext: expected } = {}) => {
      const reader = readerOf(messageBytes(message));
      const header = readHeader(reader, limits);
      const { offset } = reader;
      // One that was cut short, rearranged or added to is refused before a key is asked for.
      const length = opening(reader, header, limits)(() => {});
      reader.offset = offset;
      return opener(reader, header, limits, expected, (parts, opened) => ({ plaintext: joined(parts, length), ...opened }));
    },

    encryptStream: (given: EncryptStreamOptions = {}) => {
      const { plaintextLength } = given;
      if (plaintextLength !== undefined) wholeNumber('plaintextLength', plaintextLength, 0);
      const seals = sealer(ownDataKeys, given, plaintextLength, STREAM_DEFAULTS);
      return partStream((plaintext) => seals(plaintext, (parts) => parts));
    },

    decryptStream: ({ encryptionContext: expected, onHeader }: DecryptStreamOptions = {}) => partStream((message) => {
      if (message.more && !bytesLeft(message)) return undefined;
      const header = readWhole(message, () => {
        refuseForeign(message.bytes);
        return readHeader(message, streamLimits);
      });
      // The message id is all that is read of it later, when its bytes are gone.
      return header && opener(message, { ...header, messageId: Buffer.from(header.messageId) }, streamLimits, expected, (parts, opened) => {
        onHeader?.(opened);
        return parts;
      });
    }),

    encryptWebStream: (given) => Duplex.toWeb(cipher.encryptStream(given)) as WebStreams,

    decryptWebStream: (given) => Duplex.toWeb(cipher.decryptStream(given)) as WebStreams,

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

    inspect: (message) => inspectHeader(message, limits),
  };
  return cipher;
}

type OpenedHeader = Omit<DecryptedMessage, 'plaintext'>;

type WebStreams = ReadableWritablePair<Uint8Array, Uint8Array>;
