import { createHash } from 'node:crypto';
import { chunksOf } from './message';
import type { Message } from './message';
import { readMlDsaSpki } from './ml-dsa-spki';
import type { OwnedBuffer } from './owned-bytes';
import type { PublicKey } from './public-key';
import { EXTERNAL_MU_BYTES } from '../spec/limits';

/** The context string that JOSE, X.509 and KMS leave empty, as it goes before the message: pure, of no bytes (FIPS 204 section 5.2). */
const PURE_WITHOUT_CONTEXT = /* @__PURE__ */ Buffer.alloc(2);

/**
 * Mu of a message of any length: H(H(public key) ‖ the message as it is signed), with SHAKE256 (FIPS 204 section 6.2). A signature over it is
 * one over the message.
 */
export async function externalMuOf(key: PublicKey, message: Message, abortSignal?: AbortSignal): Promise<OwnedBuffer> {
  const shake = () => createHash('shake256', { outputLength: EXTERNAL_MU_BYTES });
  const state = shake().update(shake().update(readMlDsaSpki(key.spki)!.raw).digest()).update(PURE_WITHOUT_CONTEXT);
  for await (const chunk of chunksOf(message, abortSignal)) state.update(chunk);
  return state.digest();
}
