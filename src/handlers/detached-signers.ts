import type { AttachedSigningKey, PublicKey, Signer } from '../runtime';
import { createSigner, fetchPublicKey, isKeysmithError, publicKeyToJwk } from '../runtime';
import { once } from '../runtime/ask-once';

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
}

/**
 * Signs with the active generation of a key or, where KMS refuses the function that one, with the next: during a deployment key policies change before functions
 * do. `createJwtSigner` does the same for tokens.
 */
export class DetachedSigners {
  private readonly candidates: readonly Candidate[];

  constructor({ kms, keyArn, algorithm, keySpec, generations = [] }: AttachedSigningKey) {
    const all = [{ keyArn, algorithm, keySpec }, ...generations.filter((generation) => generation.keyArn !== keyArn)];
    this.candidates = all.map((key) => {
      const own = { kms, keyArn: key.keyArn, keySpec: key.keySpec };
      return { signer: createSigner({ ...own, algorithm: key.algorithm }), publicKey: once(() => fetchPublicKey(own)) };
    });
  }

  /** @throws the error of the active key */
  public async sign(make: (signer: Signer) => Promise<Uint8Array>): Promise<DetachedSignature> {
    let denied: unknown;
    for (const { signer, publicKey } of this.candidates) {
      try {
        const signature = await make(signer);
        return { signature: Buffer.from(signature).toString('base64'), kid: publicKeyToJwk(await publicKey()).kid, algorithm: signer.algorithm };
      } catch (error) {
        // Another generation may be of another algorithm, which takes no such digest, or less of a payload.
        if (!denied && !isDenied(error)) throw error;
        denied ??= error;
      }
    }
    throw denied;
  }
}

const isDenied = (error: unknown): boolean => isKeysmithError(error) && error.code === 'ERR_KEYSMITH_ACCESS_DENIED';
