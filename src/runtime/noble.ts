import type { KeySpecName } from '../spec/key-specs';

/**
 * Where node:crypto has no primitive: Ed25519ph nowhere, ML-DSA before Node 24. Loaded on first use, so that programs
 * that verify neither pay nothing at start.
 */

/** Whether the signature is the key's own over the message. */
export type RawVerify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Pure ML-DSA with an empty context (FIPS 204 section 5.3). */
export async function mlDsaVerify(keySpec: KeySpecName): Promise<RawVerify> {
  const { ml_dsa44, ml_dsa65, ml_dsa87 } = await load('../noble/ml-dsa', () => import('../noble/ml-dsa.js'));
  const parameterSets: Partial<Record<KeySpecName, typeof ml_dsa44>> = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 };
  const parameterSet = parameterSets[keySpec];
  if (!parameterSet) throw new TypeError(`${keySpec} is not an ML-DSA key spec`);
  return (publicKey, message, signature) => parameterSet.verify(publicKey, message, signature);
}

/** Ed25519ph with an empty context (RFC 8032 section 5.1); the message is hashed inside. */
export async function ed25519phVerify(): Promise<RawVerify> {
  const { ed25519ph } = await load('../noble/ed25519ph', () => import('../noble/ed25519ph.js'));
  // ZIP 215 takes encodings that RFC 8032 refuses.
  return (publicKey, message, signature) => ed25519ph.verify(signature, message, publicKey, { zip215: false });
}

/** Sandboxes of node:vm, which test runners use, have no `import()`; the CommonJS form is there then. */
async function load<Module>(name: string, importIt: () => Promise<Module>): Promise<Module> {
  try {
    return await importIt();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG' || typeof module === 'undefined') throw error;
    return module.require(name) as Module;
  }
}
