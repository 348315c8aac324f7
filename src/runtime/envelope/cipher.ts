import { asBuffer, bytesLeft, readWhole, readerOf, wipe } from './bytes';
import type { Reader } from './bytes';
import type { DecryptStreamOptions, DecryptedMessage, EncryptOptions, EncryptStreamOptions, EnvelopeCipher, EnvelopeCipherOptions } from './cipher-types';
import { commitmentPolicy } from './commitment-policy';
import { contextRules } from './context-rules';
import { freshDataKeys } from './data-keys';
import type { DataKeys } from './data-keys';
import { messageBytes, refuseForeign } from './foreign';
import { readHeader } from './header';
import type { MessageHeader } from './header';
import { skipHeaderMaterials } from './header-materials';
import { inspectHeader } from './inspect';
import { BUFFER_DEFAULTS, STREAM_DEFAULTS, messageLimits } from './limits';
import type { MessageLimits } from './limits';
import { joined, opening, sealing } from './message';
import type { Parts } from './message';
import { partStream } from './streams/part-stream';
import { COMMITTING_SUITES } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import { refuseInput } from '../errors';
import { binaryOf } from '../input';
import type { EncryptionContext } from '../kms-port';
import { wholeNumber } from '../whole-numbers';

/**
 * A cipher for AWS Encryption SDK messages, which the AWS Encryption SDKs of other languages open, as it opens theirs. It
 * writes and reads version 2 of the format; version 1, which does not commit to the data key, under a policy that says so.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work
 */
export const createEnvelopeCipher = (options: EnvelopeCipherOptions): EnvelopeCipher => {
  const { keyring, cache } = options;
  const suite = COMMITTING_SUITES[options.suite ?? 0x0478];
  if (!suite?.id) refuseInput("'suite' takes 0x0478 or 0x0578");
  const policy = commitmentPolicy(options.commitmentPolicy);
  const limits = messageLimits(options.limits);
  const streamLimits = messageLimits(options.limits, STREAM_DEFAULTS);
  const [prepareContext, checkContext] = contextRules(options);
  const ownDataKeys = cache ? cache.over(keyring, options.cachePartition) : freshDataKeys(keyring);
  // As many as a header can hold.
  const frameLengthOf = (given?: number, [frameLength] = BUFFER_DEFAULTS) => (
    wholeNumber('frameLength', given ?? options.frameLength ?? frameLength, 1, 2 ** 32 - 1)
  );
  frameLengthOf();
  let withinLimits: Buffer | undefined;

  /** Seals a new message, once all that is known about it has been checked; `use` is lent the parts. */
  const sealer = (dataKeys: DataKeys, { encryptionContext, frameLength }: EncryptOptions, plaintextLength?: number, defaults = BUFFER_DEFAULTS) => {
    const frameBytes = frameLengthOf(frameLength, defaults);
    policy.refuseEncryption?.();
    const request = { suite, ...prepareContext(encryptionContext), messageBytes: plaintextLength };
    return <T>(plaintext: Reader, use: (parts: Parts) => T) => dataKeys.forEncryption(request, (materials) => {
      // What is not read for its limits is not written either.
      const { materialBytes } = materials;
      if (materialBytes !== withinLimits) skipHeaderMaterials(readerOf(materialBytes), limits);
      withinLimits = materialBytes;
      return use(sealing(materials, plaintext, frameBytes, plaintextLength));
    });
  };

  const seal = async (dataKeys: DataKeys, plaintext: Uint8Array, given: EncryptOptions) => {
    binaryOf(plaintext, 'the plaintext');
    return sealer(dataKeys, given, plaintext.length)(readerOf(asBuffer(plaintext)), joined);
  };

  /** Opens the message behind a header, once that is authentic and its context is what it must be; `use` has to take the parts. */
  const opener = <T>(
    message: Reader, header: MessageHeader, within: MessageLimits, expected: EncryptionContext | undefined,
    use: (parts: Parts, opened: OpenedHeader) => T,
  ) => ownDataKeys.forDecryption(header, ({ dataKey, context, verificationKey }) => {
    const { suite: used } = header;
    // The id is needed for as long as the message, when its bytes in the header may be gone.
    const key = header.format.messageKey(used, dataKey, Buffer.from(header.messageId));
    try {
      header.check(key);
      checkContext(context, expected);
      return use([opening(message, header, within, key, verificationKey), key], { encryptionContext: { ...context }, suite: used });
    } catch (error) {
      wipe(key.bytes);
      throw error;
    }
  });

  const cipher: EnvelopeCipher = {
    encrypt: (plaintext, given = {}) => seal(ownDataKeys, plaintext, given),

    decrypt: async (message, { encryptionContext: expected } = {}) => {
      const reader = readerOf(messageBytes(message));
      const header = readHeader(reader, limits, policy);
      const { at: offset } = reader;
      // One that was cut short, rearranged or added to is refused before a key is asked for.
      const length = opening(reader, header, limits)(() => {});
      reader.at = offset;
      return opener(reader, header, limits, expected, (parts, opened) => ({ plaintext: joined(parts, length), ...opened }));
    },

    encryptStream: (given: EncryptStreamOptions = {}) => {
      const { plaintextLength } = given;
      wholeNumber('plaintextLength', plaintextLength ?? 0, 0);
      const seals = sealer(ownDataKeys, given, plaintextLength, STREAM_DEFAULTS);
      return partStream((plaintext) => seals(plaintext, (parts) => parts));
    },

    decryptStream: ({ encryptionContext: expected, onHeader }: DecryptStreamOptions = {}) => partStream((message) => {
      if (message.more && !bytesLeft(message)) return undefined;
      const header = readWhole(message, () => {
        refuseForeign(message.bytes);
        return readHeader(message, streamLimits, policy);
      });
      return header && opener(message, header, streamLimits, expected, (parts, opened) => {
        onHeader?.(opened);
        return parts;
      });
    }),

    reEncrypt: async (message, given = {}) => {
      const { plaintext, encryptionContext } = await cipher.decrypt(message, { encryptionContext: given.expectedContext });
      const { [SIGNATURE_CONTEXT_KEY]: _, ...sameContext } = encryptionContext;
      try {
        const target = { ...given, encryptionContext: given.encryptionContext ?? sameContext };
        return await seal(freshDataKeys(given.keyring ?? keyring), plaintext, target);
      } finally {
        wipe(plaintext);
      }
    },

    inspect: (message) => inspectHeader(message, limits, policy),
  };
  return cipher;
};

type OpenedHeader = Omit<DecryptedMessage, 'plaintext'>;
