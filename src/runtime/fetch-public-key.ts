import { requireKeyArn } from './key-arn';
import { callKms } from './kms-errors';
import type { CallOptions, KmsPort } from './kms-port';
import { replyBytes, unexpected } from './kms-reply';
import { readPublicKey } from './public-key';
import type { PublicKey } from './public-key';
import { signingFactsOf } from './signing-options';
import { knownOptions } from './whole-numbers';
import type { KeySpecName } from '../spec/key-specs';
import type { SigningAlgorithm } from '../spec/signing';

/** Whose public key. */
export interface FetchPublicKeyOptions extends CallOptions {
  /** `KMS` of the AWS SDK, or the local KMS. */
  readonly kms: Pick<KmsPort, 'getPublicKey'>;
  /** ARN of an asymmetric key. */
  readonly keyArn: string;
  /** Algorithm that the key must make signatures of: so what `createSigner` takes for a key goes in here as well. @default - any */
  readonly algorithm?: `${SigningAlgorithm}`;
  /** Spec that the key must have. @default - any */
  readonly keySpec?: KeySpecName;
  /** Tokens of grants that are too new to be known everywhere in KMS. */
  readonly grantTokens?: readonly string[];
}

const OPTIONS = ['kms', 'keyArn', 'algorithm', 'keySpec', 'grantTokens', 'abortSignal'];

/**
 * The public key of a KMS key. It never changes: fetch it once, and keep it.
 *
 * @throws `ERR_KEYSMITH_KMS_RESPONSE` when the reply is for another key or spec, of a key that does not make the algorithm, or holds no public key
 */
export async function fetchPublicKey(options: FetchPublicKeyOptions): Promise<PublicKey> {
  const { kms, keyArn, algorithm, keySpec, grantTokens, abortSignal } = knownOptions(options, OPTIONS);
  const keySpecs: readonly string[] | undefined = algorithm === undefined ? undefined : signingFactsOf(algorithm).keySpecs;
  const KeyId = requireKeyArn(keyArn, "'keyArn' of the public key");
  const input = { KeyId, ...(grantTokens && { GrantTokens: [...grantTokens] }) };
  const reply = await callKms('GetPublicKey', abortSignal, (call) => kms.getPublicKey(input, call));
  const key = parsed(replyBytes('GetPublicKey', reply, KeyId, 'PublicKey'));
  const wanted = keySpec ?? reply.KeySpec;
  if (key.keySpec !== wanted) throw unexpected('GetPublicKey', `the reply holds a key of spec ${key.keySpec}, expected ${wanted ?? 'one that it names'}`);
  if (keySpecs && !keySpecs.includes(key.keySpec)) {
    throw unexpected('GetPublicKey', `the reply holds a key of spec ${key.keySpec}: ${algorithm} is made by ${keySpecs.join(', ')}`);
  }
  return key;
}

function parsed(spki: Uint8Array): PublicKey {
  try {
    return readPublicKey(spki);
  } catch (cause) {
    throw unexpected('GetPublicKey', 'the reply holds no public key', cause);
  }
}
