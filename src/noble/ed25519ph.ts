/** Ed25519ph, which node:crypto does not have. */
export { ed25519ph } from '@noble/curves/ed25519.js';
