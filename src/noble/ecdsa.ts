/** ECDSA over a digest that the caller made: node:crypto always hashes. */
export { p256, p384, p521 } from '@noble/curves/nist.js';
export { secp256k1 } from '@noble/curves/secp256k1.js';
