import { Token } from 'aws-cdk-lib';
import type { KeyKind } from './key-core';
import { KEY_SPECS, type KeySpecName } from '../spec/key-specs';
import { SIGNING, type SigningAlgorithm } from '../spec/signing';

/** Whether a key of this algorithm signs the mu of a message (`EXTERNAL_MU`) as well as the message. */
export function takesMu(algorithm: SigningAlgorithm): boolean {
  return SIGNING[algorithm].kmsName === 'ML_DSA_SHAKE_256';
}

/** The kind of a key that signs with this algorithm. @param longMessages whether of ML-DSA, signers may send the mu of a message too */
export function kindOf(algorithm: SigningAlgorithm, bits: number | undefined, where: string, longMessages = false): KeyKind {
  if (!Object.hasOwn(SIGNING, algorithm)) throw new Error(`${where}: ${Token.isUnresolved(algorithm) ? 'what only deployment knows' : `'${String(algorithm)}'`} is no signing algorithm of KMS: choose one of ${Object.keys(SIGNING).join(', ')}`);
  const facts = SIGNING[algorithm];
  // Beside messages themselves: who may have any mu signed may have any message signed, and whoever sends messages goes on.
  const messageTypes = longMessages && takesMu(algorithm) ? [facts.messageType, 'EXTERNAL_MU'] : facts.messageType;
  const pin = { StringEquals: { 'kms:SigningAlgorithm': facts.kmsName, 'kms:MessageType': messageTypes } };
  return {
    name: 'a signing key',
    spec: specOf(algorithm, bits, where),
    usage: 'SIGN_VERIFY',
    pin,
    asks: pin,
    denials: () => [],
    contract: { algorithm: facts.kmsName },
  };
}

function specOf(algorithm: SigningAlgorithm, bits: number | undefined, where: string): KeySpecName {
  const { keySpecs } = SIGNING[algorithm];
  if (bits === undefined) return keySpecs[0];
  const spec = keySpecs.find((name) => KEY_SPECS[name].modulusBits === bits);
  if (spec) return spec;
  const choices = keySpecs.map((name) => KEY_SPECS[name].modulusBits).filter((known) => known !== undefined).sort();
  throw new Error(choices.length
    ? `${where}: rsaBits is ${bits}: KMS has RSA keys of ${choices.join(', ')} bits`
    : `${where}: rsaBits is for RS and PS algorithms, and ${algorithm} has one key spec only (${keySpecs[0]}): leave it out`);
}
