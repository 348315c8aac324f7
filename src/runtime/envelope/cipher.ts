import { asBuffer, bytesLeft, readWhole, readerOf, wipe } from './bytes';
import type { Reader } from './bytes';
import type { DecryptOptions, DecryptStreamOptions, DecryptedMessage, EncryptOptions, EncryptStreamOptions, EnvelopeCipher, EnvelopeCipherOptions } from './cipher-types';
import { commitmentPolicy } from './commitment-policy';
import { contextRules } from './context-rules';
import { freshDataKeys } from './data-keys';
import type { DataKeys } from './data-keys';
import { messageBytes, refuseForeign } from './foreign';
import { readHeader } from './header';
import type { MessageHeader } from './header';
import { skipHeaderMaterials } from './header-materials';
import { inspectHeader } from './inspect';
import { FRAME_LENGTH, STREAM_BYTES, keepLimit, messageLimits } from './limits';
import type { MessageLimits } from './limits';
import { joined, opening, sealing } from './message';
import type { Parts } from './message';
import { partStream } from './streams/part-stream';
import { COMMITTING_SUITES } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import { refuseInput } from '../errors';
import { binaryOf } from '../input';
import { knownOptions, wholeNumber } from '../whole-numbers';

/**
 * A cipher for AWS Encryption SDK messages, which the AWS Encryption SDKs of other languages open, as it opens theirs. It
 * writes and reads version 2 of the format; version 1, which does not commit to the data key, under a policy that says so.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work, `ERR_KEYSMITH_LIMIT` for a `frameLength` above `limits.frameBytes`
 */
export const createEnvelopeCipher = (options: EnvelopeCipherOptions): EnvelopeCipher => {
  const { keyring, cache } = knownOptions(options, OPTIONS);
  if (!keyring) refuseInput("'keyring' is missing");
  if (cache && !cache.over) refuseInput("'cache' takes a DataKeyCache");
  const suite = COMMITTING_SUITES[options.suite ?? 0x0478];
  if (!suite?.id) refuseInput("'suite' takes 0x0478 or 0x0578");
  const policy = commitmentPolicy(options.commitmentPolicy);
  const limits = messageLimits(options.limits);
  const streamLimits = messageLimits(options.limits, STREAM_BYTES);
  const [prepareContext, checkContext] = contextRules(options);
  const ownDataKeys = cache ? cache.over(keyring, options.cachePartition) : freshDataKeys(keyring);
  const frameLengthOf = (given = options.frameLength ?? Math.min(FRAME_LENGTH, limits.frameBytes)) => {
    // As many as a header can hold.
    keepLimit(limits, 'frameBytes', wholeNumber('frameLength', given, 1, 2 ** 32 - 1));
    return given;
  };
  frameLengthOf();
  let withinLimits: Buffer | undefined;

  /** Seals a new message, once all that is known about it has been checked; `use` is lent the parts. */
  const sealer = (dataKeys: DataKeys, { encryptionContext, frameLength, abortSignal }: EncryptOptions, plaintextLength?: number) => {
    const frameBytes = frameLengthOf(frameLength);
    policy.refuseEncryption?.();
    const request = { suite, ...prepareContext(encryptionContext), messageBytes: plaintextLength, abortSignal };
    return <T>(plaintext: Reader, use: (parts: Parts) => T) => dataKeys.forEncryption(request, (materials) => {
      // What is not read for its limits is not written either.
      const { materialBytes } = materials;
      if (materialBytes !== withinLimits) skipHeaderMaterials(readerOf(materialBytes), limits);
      withinLimits = materialBytes;
      return use(sealing(materials, plaintext, frameBytes, streamLimits, plaintextLength));
    });
  };

  const seal = (dataKeys: DataKeys, plaintext: Uint8Array, given: EncryptOptions) => {
    const reader = readerOf(asBuffer(binaryOf(plaintext, 'the plaintext')));
    keepLimit(streamLimits, 'bodyBytes', plaintext.length);
    return undisturbed(reader, sealer(dataKeys, given, plaintext.length)(reader, joined));
  };

  /** Opens the message behind a header, once that is authentic and its context is what it must be; `use` has to take the parts. */
  const opener = <T>(
    message: Reader, header: MessageHeader, within: MessageLimits, { encryptionContext: expected, abortSignal }: DecryptOptions,
    use: (parts: Parts, opened: OpenedHeader) => T,
  ) => ownDataKeys.forDecryption(header, ({ dataKey, context, verificationKey }) => {
    const { suite: used } = header;
    const key = header.format.messageKey(used, dataKey, header.messageId);
    try {
      header.check(key);
      checkContext(context, expected);
      const parts = opening(message, header, within, key, verificationKey, within === limits);
      return use([parts, key], { encryptionContext: { ...context }, suite: used });
    } catch (error) {
      wipe(key.bytes);
      throw error;
    }
  }, abortSignal, (context) => checkContext(context, expected));

  const cipher: EnvelopeCipher = {
    encrypt: async (plaintext, given = {}) => seal(ownDataKeys, plaintext, knownOptions(given, ENCRYPTING)),

    decrypt: async (message, given = {}) => {
      const expected = knownOptions(given, EXPECTING);
      const reader = readerOf(messageBytes(message));
      const header = readHeader(reader, limits, policy);
      const { at: offset } = reader;
      // One that was cut short, rearranged or added to is refused before a key is asked for.
      const length = opening(reader, header, limits)(() => {});
      reader.at = offset;
      return undisturbed(reader, opener(reader, header, limits, expected, (parts, opened) => ({ plaintext: joined(parts, length), ...opened })));
    },

    encryptStream: (given: EncryptStreamOptions = {}) => {
      const { plaintextLength, abortSignal } = knownOptions(given, STREAMING);
      wholeNumber('plaintextLength', plaintextLength ?? 0, 0);
      const seals = sealer(ownDataKeys, given, plaintextLength);
      return partStream((plaintext) => seals(plaintext, (parts) => parts), abortSignal);
    },

    decryptStream: (given: DecryptStreamOptions = {}) => {
      const expected = knownOptions(given, OPENING);
      const { onHeader, abortSignal } = expected;
      return partStream((message) => {
        if (message.more && !bytesLeft(message)) return undefined;
        const header = readWhole(message, () => {
          refuseForeign(message.bytes);
          return readHeader(message, streamLimits, policy);
        });
        return header && opener(
          message, header, streamLimits, expected, ([give, key], opened): Parts => [give, key, async () => onHeader?.(opened)],
        );
      }, abortSignal);
    },

    reEncrypt: async (message, given = {}) => {
      const {
        keyring: target = keyring, sourceEncryptionContext: source, destinationEncryptionContext: destination, frameLength, abortSignal,
      } = knownOptions(given, RE_ENCRYPTING);
      const { plaintext, encryptionContext } = await cipher.decrypt(message, { encryptionContext: source, abortSignal });
      const { [SIGNATURE_CONTEXT_KEY]: _, ...sameContext } = encryptionContext;
      try {
        return await seal(freshDataKeys(target), plaintext, { frameLength, encryptionContext: destination ?? sameContext, abortSignal });
      } finally {
        wipe(plaintext);
      }
    },

    inspect: (message) => inspectHeader(message, limits),
  };
  return cipher;
};

/** Names of options, as text: it takes the least room. */
const names = (text: string, start = 'encryptionContext abortSignal'): readonly string[] => (start + text).split(' ');
const ENCRYPTING = /* @__PURE__ */ names(' frameLength');
const STREAMING = /* @__PURE__ */ names(' frameLength plaintextLength');
const EXPECTING = /* @__PURE__ */ names('');
const OPENING = /* @__PURE__ */ names(' onHeader');
const RE_ENCRYPTING = /* @__PURE__ */ names(' sourceEncryptionContext destinationEncryptionContext frameLength abortSignal', 'keyring');
/** The last ones are those of an attached data key, which may be spread into the options. */
const OPTIONS = /* @__PURE__ */ names(
  ' suite commitmentPolicy frameLength cache cachePartition limits encryptionContext contextKeys kind keyArn previousKeyArns keyState encrypt decrypt envelope', 'keyring',
);

/**
 * What comes of bytes that may be overwritten while a keyring is asked: from now on a copy of them is read. With a data key
 * at hand they have been read.
 */
const undisturbed = <T>(reader: Reader, outcome: T | Promise<T>): T | Promise<T> => {
  if (!(outcome instanceof Promise)) return outcome;
  const copy = new Uint8Array(reader.bytes);
  reader.bytes = asBuffer(copy);
  return outcome.finally(() => wipe(copy));
};

type OpenedHeader = Omit<DecryptedMessage, 'plaintext'>;
