import { Refusal } from './http';
import type { AttachedSigningKey, PublicKey, Signer } from '../runtime';
import { createSigner, fetchPublicKey, isKeysmithError, publicKeyToJwk } from '../runtime';
import { once } from '../runtime/ask-once';
import { SIGNING_ALGORITHMS } from '../spec/key-specs';
import { MESSAGE_BYTES } from '../spec/limits';
import { SIGNING } from '../spec/signing';

/** A signature as a `SigningApi` answers it. */
export interface DetachedSignature {
  /** In base64, of DER as openssl reads it. */
  readonly signature: string;
  /** The name of the key that made it, as the key set has it. */
  readonly kid: string;
  readonly algorithm: string;
}

interface Candidate {
  readonly signer: Signer;
  readonly publicKey: () => Promise<PublicKey>;
  /** Most bytes of a payload. */
  readonly payloadBytes: number;
  /** The hash that digests are of; undefined where none are signed. */
  readonly hash: { readonly name: string; readonly bytes: number } | undefined;
}

/**
 * Signs with the active generation of a key or, where KMS refuses the function that one, with the next that takes what there is to sign: during a deployment key
 * policies change before functions do. `createJwtSigner` does the same for tokens.
 */
export class DetachedSigners {
  private readonly candidates: readonly Candidate[];

  constructor({ kms, keyArn, algorithm, keySpec, generations = [], longMessages }: AttachedSigningKey) {
    const all = [{ keyArn, algorithm, keySpec }, ...generations.filter((generation) => generation.keyArn !== keyArn)];
    this.candidates = all.map((key) => {
      const own = { kms, keyArn: key.keyArn, keySpec: key.keySpec };
      const publicKey = once(() => fetchPublicKey(own));
      const { kmsName, messageType } = SIGNING[key.algorithm];
      const byMu = longMessages && kmsName === 'ML_DSA_SHAKE_256';
      const { digest, digestBytes } = SIGNING_ALGORITHMS[kmsName];
      return {
        signer: createSigner({ ...own, algorithm: key.algorithm, ...(byMu && { longMessages, publicKey }) }),
        publicKey,
        payloadBytes: messageType === 'DIGEST' || byMu ? Infinity : MESSAGE_BYTES,
        hash: messageType === 'DIGEST' ? { name: digest!, bytes: digestBytes! } : undefined,
      };
    });
  }

  /** @throws as `signDigest` */
  public async signPayload(bytes: Uint8Array): Promise<DetachedSignature> {
    const takes = ({ payloadBytes }: Candidate): string => `up to ${payloadBytes} bytes`;
    return this.sign(({ payloadBytes }) => bytes.length <= payloadBytes, (signer) => signer.sign(bytes), takes, `the payload has ${bytes.length} bytes`);
  }

  /**
   * @throws Refusal where no generation takes it, or only those that may not sign; the error of the active key, or of the first in the list that takes it
   */
  public async signDigest(digest: Uint8Array): Promise<DetachedSignature> {
    const takes = ({ hash }: Candidate): string => (hash ? `the ${hash.bytes} of ${hash.name}` : 'payloads, and no digests');
    return this.sign(({ hash }) => hash?.bytes === digest.length, (signer) => signer.signDigest(digest), takes, `the digest has ${digest.length} bytes`);
  }

  private async sign(
    fits: (candidate: Candidate) => boolean, make: (signer: Signer) => Promise<Uint8Array>, takes: (candidate: Candidate) => string, given: string,
  ): Promise<DetachedSignature> {
    const [fitting, others] = [this.candidates.filter(fits), this.candidates.filter((candidate) => !fits(candidate))];
    const taken = (some: readonly Candidate[]) => some.map((candidate) => `${candidate.signer.algorithm} takes ${takes(candidate)}`).join(', ');
    if (!fitting.length) throw new Refusal(400, 'invalid_request', `${given}, ${taken(this.candidates.slice(0, 1))}`);
    let denied: unknown;
    for (const { signer, publicKey } of fitting) {
      try {
        const signature = await make(signer);
        return { signature: Buffer.from(signature).toString('base64'), kid: publicKeyToJwk(await publicKey()).kid, algorithm: signer.algorithm };
      } catch (error) {
        if (!isDenied(error)) throw error;
        denied ??= error;
      }
    }
    // Which of the others signs, only they could tell.
    if (others.length) throw new Refusal(409, 'another_generation_signs', `${given}, and the key that takes such does not sign now: ${taken(others)}`);
    throw denied;
  }
}

const isDenied = (error: unknown): boolean => isKeysmithError(error) && error.code === 'ERR_KEYSMITH_ACCESS_DENIED';
