import { failure } from './errors';
import { binaryOf, bytesOf } from './input';
import { requireKeyArn } from './key-arn';
import { callKms, kmsFaultOf } from './kms-errors';
import type { CallOptions, KmsPort } from './kms-port';
import { requireSameKey } from './kms-reply';
import { chunksOf, digestOf, isChunked, shortMessage, unlessAbortedOver } from './message';
import type { Message } from './message';
import type { PublicKeyInput } from './public-key';
import { formatOf, readSignature, specsOf, writeSignature } from './signature';
import type { SignatureFormat } from './signature';
import { requireSpecFor, signingFactsOf, verifyingKeyOf } from './signing-options';
import { verificationWith } from './verification';
import { knownOptions } from './whole-numbers';
import { SIGNING_ALGORITHMS } from '../spec/key-specs';
import type { KeySpecName } from '../spec/key-specs';
import type { SigningAlgorithm } from '../spec/signing';

/** Verify with the public key: no AWS, no cost, and any message length. */
export interface OfflineVerifierOptions {
  readonly publicKey: PublicKeyInput;
  /** The one algorithm of the key. What a message says of its algorithm is never asked. */
  readonly algorithm: `${SigningAlgorithm}`;
}

/** Verify through Verify of KMS: it stops when the key is disabled, and CloudTrail sees it. */
export interface KmsVerifierOptions {
  /** `KMS` of the AWS SDK, or the local KMS. */
  readonly kms: Pick<KmsPort, 'verify'>;
  /** ARN of a signing key. */
  readonly keyArn: string;
  /** The one algorithm of the key. */
  readonly algorithm: `${SigningAlgorithm}`;
  /** Spec of the key, which tells how long an RSA signature is. @default - any spec that makes signatures of the algorithm */
  readonly keySpec?: KeySpecName;
  /** Tokens of grants that are too new to be known everywhere in KMS. */
  readonly grantTokens?: readonly string[];
}

/** What goes with one verification. */
export interface VerifyOptions extends CallOptions {
  /** @default 'der' */
  readonly format?: SignatureFormat;
}

/** Tells the key's signatures from all others. */
export interface Verifier {
  readonly algorithm: `${SigningAlgorithm}`;

  /**
   * Whether the signature is the key's over the message. `false` whatever is wrong with it: the bytes, their encoding,
   * their length, the message, the key.
   *
   * @throws `ERR_KEYSMITH_INPUT` for arguments that are not bytes; through KMS also for over 4096 bytes of Ed25519 or
   *   ML-DSA, and the codes of KMS's own errors
   */
  verify(message: Message, signature: Uint8Array, options?: VerifyOptions): Promise<boolean>;

  /** The same as an error, for those who would forget to look. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` where `verify` says false */
  requireValid(message: Message, signature: Uint8Array, options?: VerifyOptions): Promise<void>;
}

const OFFLINE_OPTIONS = ['publicKey', 'algorithm'];
const KMS_OPTIONS = ['kms', 'keyArn', 'algorithm', 'keySpec', 'grantTokens'];
const CALL_OPTIONS = ['format', 'abortSignal'];

/**
 * A verifier for one key and one algorithm.
 *
 * @throws `ERR_KEYSMITH_INPUT` for a key that does not sign with the algorithm, and for options of both kinds at once
 */
export function createVerifier(options: OfflineVerifierOptions | KmsVerifierOptions): Verifier {
  const start = 'publicKey' in options ? verifyOffline(knownOptions(options, OFFLINE_OPTIONS)) : verifyThroughKms(knownOptions(options, KMS_OPTIONS));
  const verify: Verifier['verify'] = async (message, signature, given = {}) => {
    const call = knownOptions(given, CALL_OPTIONS);
    return unlessAbortedOver(message, call.abortSignal, (source) => start(source, signature, call));
  };
  return {
    algorithm: options.algorithm,
    verify,
    async requireValid(message, signature, verifyOptions) {
      if (await verify(message, signature, verifyOptions)) return;
      throw failure('NOT_AUTHENTIC', 'the signature is not valid for this message and key');
    },
  };
}

function verifyOffline({ publicKey, algorithm }: OfflineVerifierOptions): Verifier['verify'] {
  const key = verifyingKeyOf(publicKey, algorithm, 'the public key');
  const start = verificationWith(key, algorithm);
  return async (message, given, { format, abortSignal } = {}) => {
    const signature = readSignature(algorithm, [key.keySpec], binaryOf(given, 'the signature'), formatOf(format));
    const verification = start();
    // Within the call: the caller may overwrite the bytes right after it.
    if (!isChunked(message)) verification.update(bytesOf(message, 'the message'));
    // Read to its end even where the signature is hopeless: what a caller sees of its stream does not depend on it.
    else for await (const chunk of chunksOf(message, abortSignal)) verification.update(chunk);
    return signature !== undefined && verification.finish(signature);
  };
}

function verifyThroughKms({ kms, keyArn, algorithm, keySpec, grantTokens }: KmsVerifierOptions): Verifier['verify'] {
  const KeyId = requireKeyArn(keyArn, "'keyArn' of the verifier");
  const { kmsName, messageType } = signingFactsOf(algorithm);
  if (keySpec) requireSpecFor(algorithm, keySpec, `the key ${KeyId}`);
  const { digest } = SIGNING_ALGORITHMS[kmsName];
  const common = { KeyId, MessageType: messageType, SigningAlgorithm: kmsName, ...(grantTokens && { GrantTokens: [...grantTokens] }) };
  return async (message, given, { format, abortSignal } = {}) => {
    const signature = readSignature(algorithm, specsOf(algorithm, keySpec), binaryOf(given, 'the signature'), formatOf(format));
    const Message = messageType === 'DIGEST' ? await digestOf(digest!, message, abortSignal) : await shortMessage(message, algorithm, abortSignal);
    if (!signature) return false;
    const input = { ...common, Message, Signature: writeSignature(algorithm, signature, 'der') };
    const reply = await callKms('Verify', abortSignal, (call) => kms.verify(input, call).catch(falseIfInvalid));
    if (reply === false) return false;
    requireSameKey('Verify', reply, KeyId);
    return reply.SignatureValid === true;
  };
}

/** KMS has an error of its own for a signature that does not verify. */
function falseIfInvalid(error: unknown): false {
  if (kmsFaultOf(error) === 'message') return false;
  throw error;
}
