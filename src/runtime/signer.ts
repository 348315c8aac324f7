import { once } from './ask-once';
import { curveFor, withLowS } from './ecdsa-signature';
import { invalid, refuseInput } from './errors';
import { binaryOf } from './input';
import { requireKeyArn } from './key-arn';
import { callKms } from './kms-errors';
import type { CallOptions, KmsPort } from './kms-port';
import { replyBytes, unexpected } from './kms-reply';
import { chunksOf, copied, digestOf, isChunked, shortMessage, unlessAbortedOver } from './message';
import type { Message } from './message';
import { externalMuOf } from './ml-dsa-mu';
import { requireTypes } from './option-types';
import type { OwnedBytes } from './owned-bytes';
import type { PublicKey, PublicKeyInput } from './public-key';
import { formatOf, readSignature, specsOf, writeSignature } from './signature';
import type { SignatureFormat } from './signature';
import { requireSpecFor, signingFactsOf, verifyingKeyOf } from './signing-options';
import { verificationWith } from './verification';
import type { StartVerification, Verification } from './verification';
import { knownOptions } from './whole-numbers';
import { SIGNING_ALGORITHMS } from '../spec/key-specs';
import type { KeySpecName } from '../spec/key-specs';
import type { SigningAlgorithm } from '../spec/signing';

/** Which key signs, and how. */
export interface SignerOptions {
  /** `KMS` of the AWS SDK, or the local KMS. */
  readonly kms: Pick<KmsPort, 'sign'>;
  /** ARN of a signing key. */
  readonly keyArn: string;
  /** The one algorithm of the key. */
  readonly algorithm: `${SigningAlgorithm}`;
  /**
   * Spec of the key, which tells how long an RSA signature is.
   *
   * @default - any spec that makes signatures of the algorithm
   */
  readonly keySpec?: KeySpecName;
  /**
   * The public key, to verify each signature with before it is handed out: a signature that nobody could verify is
   * then an error here, not at its reader's.
   *
   * @default - signatures are handed out as KMS made them
   */
  readonly verifyAfterSign?: PublicKeyInput;
  /**
   * Whether ML-DSA signs messages of any length: mu is made here, of the message and the public key, and KMS signs that (`MessageType` `EXTERNAL_MU`). Whoever
   * verifies sees no difference. It takes a key whose policy lets signers send that message type, and needs `publicKey`.
   *
   * @default false - messages up to 4096 bytes, which KMS binds to the key itself
   */
  readonly longMessages?: boolean;
  /** The public key, or how to get it: `() => fetchPublicKey({ kms, keyArn })`, once. For `longMessages` alone. @default - none */
  readonly publicKey?: PublicKeyInput | (() => Promise<PublicKey>);
  /** Tokens of grants that are too new to be known everywhere in KMS. */
  readonly grantTokens?: readonly string[];
}

/** What goes with one signature. */
export interface SignOptions extends CallOptions {
  /** @default 'der' */
  readonly format?: SignatureFormat;
  /**
   * Whether s is to be the lower of its two values, at most half the order of the curve, as Bitcoin (BIP 62), Ethereum (EIP-2) and whoever must not see
   * two signatures for one demand it. KMS makes either; both verify. ECDSA only.
   *
   * @default false
   */
  readonly lowS?: boolean;
}

/** Signs with a key that never leaves KMS. */
export interface Signer {
  readonly keyArn: string;
  readonly algorithm: `${SigningAlgorithm}`;

  /**
   * The signature of a message. RSA, ECDSA and Ed25519ph take any length, streams included: the message is hashed
   * here. Ed25519 takes up to 4096 bytes, which go to KMS as they are, and so does ML-DSA without `longMessages`.
   *
   * @throws `ERR_KEYSMITH_INPUT` before any call; the codes of KMS's own errors after it
   */
  sign(message: Message, options?: SignOptions): Promise<OwnedBytes>;

  /**
   * The signature of a message that was hashed elsewhere, with the hash of the algorithm.
   *
   * @throws `ERR_KEYSMITH_INPUT` for another length, for Ed25519 and ML-DSA, and with `verifyAfterSign`, which needs
   *   the message
   */
  signDigest(digest: Uint8Array, options?: SignOptions): Promise<OwnedBytes>;
}

const OPTIONS = ['kms', 'keyArn', 'algorithm', 'keySpec', 'verifyAfterSign', 'longMessages', 'publicKey', 'grantTokens'];
const CALL_OPTIONS = ['format', 'lowS', 'abortSignal'];

/** A signer over Sign of KMS. It asks for one message type, the one that signers of the key are granted. */
export function createSigner(options: SignerOptions): Signer {
  const { kms, keyArn, algorithm, keySpec, verifyAfterSign, grantTokens } = knownOptions(options, OPTIONS);
  const KeyId = requireKeyArn(keyArn, "'keyArn' of the signer");
  const { kmsName, messageType: ownMessageType } = signingFactsOf(algorithm);
  if (keySpec) requireSpecFor(algorithm, keySpec, `the key ${KeyId}`);
  const { digest: hash, digestBytes } = SIGNING_ALGORITHMS[kmsName];
  const publicKeyForMu = keyForMu(options);
  const messageType = publicKeyForMu ? 'EXTERNAL_MU' : ownMessageType;
  const startCheck = verifyAfterSign === undefined ? undefined : checkerFor(verifyAfterSign, algorithm, keySpec);

  function checkedCall(given: SignOptions): SignOptions {
    const { format, lowS } = requireTypes(knownOptions(given, CALL_OPTIONS), { lowS: 'boolean' });
    formatOf(format);
    if (lowS && !curveFor(algorithm)) throw invalid(`'lowS' is about ECDSA signatures: ${algorithm} makes others`);
    return given ?? {};
  }

  async function signed(Message: Uint8Array, { format, lowS, abortSignal }: SignOptions, check?: Verification): Promise<OwnedBytes> {
    const input = { KeyId, Message, MessageType: messageType, SigningAlgorithm: kmsName, ...(grantTokens && { GrantTokens: [...grantTokens] }) };
    const reply = await callKms('Sign', abortSignal, (call) => kms.sign(input, call));
    const bytes = replyBytes('Sign', reply, KeyId, 'Signature');
    if (reply.SigningAlgorithm !== kmsName) throw unexpected('Sign', `the reply names ${reply.SigningAlgorithm ?? 'no algorithm'} where ${kmsName} was asked`);
    const read = readSignature(algorithm, specsOf(algorithm, keySpec), bytes, 'der');
    if (!read) throw unexpected('Sign', `${bytes.length} bytes that are not an ${algorithm} signature`);
    const signature = lowS ? withLowS(read, curveFor(algorithm)!) : read;
    if (check && !await check.finish(signature)) throw unexpected('Sign', 'the signature does not verify with the public key given for verifyAfterSign');
    return writeSignature(algorithm, signature, formatOf(format));
  }

  async function toSign(message: Message, abortSignal: AbortSignal | undefined): Promise<Uint8Array> {
    if (messageType === 'DIGEST') return digestOf(hash!, message, abortSignal);
    if (!publicKeyForMu) return shortMessage(message, algorithm, abortSignal);
    // Before the public key is waited for: the caller may overwrite the bytes right after the call.
    const given = isChunked(message) ? message : copied(message);
    return externalMuOf(await publicKeyForMu(), given, abortSignal);
  }

  return {
    keyArn: KeyId,
    algorithm,

    async sign(message, given = {}) {
      const call = checkedCall(given);
      const { abortSignal } = call;
      return unlessAbortedOver(message, abortSignal, async (source) => {
        const check = startCheck?.();
        const checked = check ? feeding(check, isChunked(source) ? source : copied(source), abortSignal) : source;
        return signed(await toSign(checked, abortSignal), call, check);
      });
    },

    async signDigest(digest, given = {}) {
      const call = checkedCall(given);
      const bytes = Uint8Array.from(binaryOf(digest, 'the digest'));
      if (messageType !== 'DIGEST') throw invalid(`${algorithm} signs messages, not digests: use sign`);
      if (bytes.length !== digestBytes) throw invalid(`the digest has ${bytes.length} bytes, ${algorithm} takes the ${digestBytes} of ${hash}`);
      if (startCheck) throw invalid('verifyAfterSign needs the message: use sign, which takes streams too');
      return signed(bytes, call);
    },
  };
}

/** The public key that mu is made of, once it has been fetched; undefined where no mu is made. */
function keyForMu(options: SignerOptions): (() => Promise<PublicKey>) | undefined {
  const { longMessages = false, publicKey, algorithm } = requireTypes(options, { longMessages: 'boolean' });
  if (!longMessages) return publicKey === undefined ? undefined : refuseInput("'publicKey' is for 'longMessages': to verify each signature, give 'verifyAfterSign'");
  if (!algorithm.startsWith('ML-DSA')) {
    throw invalid(`'longMessages' is about ML-DSA: ${algorithm === 'EdDSA' ? 'Ed25519 hashes a message twice, so that KMS needs all of it; use Ed25519ph' : `${algorithm} takes any length`}`);
  }
  if (publicKey === undefined) throw invalid("'longMessages' needs 'publicKey': a mu is of one key");
  if (typeof publicKey !== 'function') {
    const key = verifyingKeyOf(publicKey, algorithm, "'publicKey'");
    return async () => key;
  }
  const fetched = once(publicKey);
  return async () => verifyingKeyOf(await fetched(), algorithm, "'publicKey'");
}

function checkerFor(input: PublicKeyInput, algorithm: `${SigningAlgorithm}`, keySpec?: KeySpecName): StartVerification {
  const key = verifyingKeyOf(input, algorithm, "'verifyAfterSign'");
  if (keySpec && keySpec !== key.keySpec) {
    throw invalid(`'verifyAfterSign' is of spec ${key.keySpec} and the key of spec ${keySpec}: give the key's own public key`);
  }
  return verificationWith(key, algorithm);
}

async function* feeding(check: Verification, message: Message, abortSignal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunksOf(message, abortSignal)) {
    check.update(chunk);
    yield chunk;
  }
}
