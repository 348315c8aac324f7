import type { Duplex } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import { Reader, wipe } from './bytes';
import type { DecryptStreamOptions, DecryptedMessage, EncryptOptions, EncryptStreamOptions, EnvelopeCipher, EnvelopeCipherOptions } from './cipher-types';
import { allowDecrypt, allowEncrypt, commitmentPolicy } from './commitment-policy';
import { contextRules } from './context-rules';
import { freshDataKeys } from './data-keys';
import type { DataKeys } from './data-keys';
import { messageBytes } from './foreign';
import type { MessageHeader } from './header';
import { skipHeaderMaterials } from './header-materials';
import { inspectHeader } from './inspect';
import { BUFFER_DEFAULTS, STREAM_DEFAULTS, checkFrameLength, messageLimits } from './limits';
import type { EncryptionMaterials } from './materials';
import { readMessage, sealMessage } from './message';
import type { MessageOpening } from './message';
import { MessageKey } from './message-key';
import { openParts } from './streams/open-parts';
import { PartStream } from './streams/part-stream';
import { sealParts } from './streams/seal-parts';
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
  if (!suite?.commitsKey) throw invalid("'suite' takes 0x0478 or 0x0578: messages are written with key commitment only");
  const policy = commitmentPolicy(options.commitmentPolicy);
  const limits = messageLimits(options.limits);
  const streamLimits = messageLimits(options.limits, STREAM_DEFAULTS);
  const contexts = contextRules(options);
  const ownDataKeys = cache ? cache.over(keyring, options.cachePartition) : freshDataKeys(keyring);
  const frameLengthOf = ({ frameLength }: EncryptOptions, otherwise = BUFFER_DEFAULTS) => (
    checkFrameLength(frameLength ?? options.frameLength ?? otherwise.frameLength)
  );
  frameLengthOf(options);
  let withinLimits: Buffer | undefined;

  /** Lends the data key of a new message, once all that is known about the message has been checked. */
  const lender = (dataKeys: DataKeys, { encryptionContext }: EncryptOptions, plaintextLength: number | undefined) => {
    allowEncrypt(policy);
    const request = { suite, ...contexts.forEncryption(encryptionContext), messageBytes: plaintextLength };
    return <T>(use: (materials: EncryptionMaterials) => T) => dataKeys.forEncryption(request, (materials) => {
      // What is not read for its limits is not written either.
      if (materials.materialBytes !== withinLimits) skipHeaderMaterials(new Reader(materials.materialBytes), limits);
      withinLimits = materials.materialBytes;
      return use(materials);
    });
  };

  const seal = async (dataKeys: DataKeys, plaintext: Uint8Array, given: EncryptOptions) => {
    binaryOf(plaintext, 'the plaintext');
    const frameLength = frameLengthOf(given);
    return lender(dataKeys, given, plaintext.length)((materials) => sealMessage(materials, plaintext, frameLength));
  };

  /** Lends what opens the message, once its header is authentic and its context is what it must be. */
  const openHeader = <T>(
    header: MessageHeader, expected: EncryptionContext | undefined, use: (opening: MessageOpening, opened: OpenedHeader) => T,
  ) => {
    const { suite: used } = header;
    allowDecrypt(policy, used);
    return ownDataKeys.forDecryption(header, ({ dataKey, context, verificationKey }) => {
      const key = new MessageKey(used, dataKey, header.messageId);
      try {
        header.check(key);
        contexts.require(context, expected);
        return use({ key, verificationKey }, { encryptionContext: { ...context }, suite: used });
      } catch (error) {
        key.wipe();
        throw error;
      }
    });
  };

  const cipher: EnvelopeCipher = {
    encrypt: (plaintext, given = {}) => seal(ownDataKeys, plaintext, given),

    decrypt: async (message, { encryptionContext: expected } = {}) => {
      const { header, open } = readMessage(messageBytes(message), limits);
      return openHeader(header, expected, (opening, opened) => {
        const plaintext = open(opening);
        opening.key.wipe();
        return { plaintext, ...opened };
      });
    },

    encryptStream: (given: EncryptStreamOptions = {}) => {
      const { plaintextLength } = given;
      if (plaintextLength !== undefined) wholeNumber('plaintextLength', plaintextLength, 0);
      const frameLength = frameLengthOf(given, STREAM_DEFAULTS);
      const withMaterials = lender(ownDataKeys, given, plaintextLength);
      return new PartStream((plaintext) => sealParts(plaintext, plaintextLength ?? Infinity, frameLength, withMaterials));
    },

    decryptStream: ({ encryptionContext: expected, onHeader }: DecryptStreamOptions = {}) => (
      new PartStream((message) => openParts(message, streamLimits, (header) => openHeader(header, expected, (opening, opened) => {
        onHeader?.(opened);
        return opening;
      })))
    ),

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

    inspect: (message) => inspectHeader(message, limits),
  };
  return cipher;
}

type OpenedHeader = Omit<DecryptedMessage, 'plaintext'>;

function webStreams(stream: Duplex): ReadableWritablePair<Uint8Array, Uint8Array> {
  return PartStream.toWeb(stream) as ReadableWritablePair;
}
