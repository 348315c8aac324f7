/** What envelopes take from node:crypto, in one place: each import statement of its own stands in every bundle. */
export {
  createCipheriv, createDecipheriv, createHmac, createPublicKey, createSign, createVerify, generateKeyPairSync, randomBytes, timingSafeEqual,
} from 'node:crypto';
