import type { MessageTypeName, SigningAlgorithmName } from '../../../spec/key-specs';
import { SIGNING_ALGORITHMS } from '../../../spec/key-specs';
import { CIPHERTEXT_BYTES, EXTERNAL_MU_BYTES, MESSAGE_BYTES } from '../../../spec/limits';
import type { Call } from '../call';
import { KmsException, unsupported, validation } from '../exceptions';
import type { Key } from '../key';
import { algorithmsOfKey, isAsymmetric } from '../key';
import { algorithmMembers } from '../metadata';
import type { Parsed } from '../shapes';
import { blob, oneOf, required } from '../shapes';
import { grantTokens, keyId, onKey } from './members';
import { operation } from './operation';
import { requireAlgorithm, requireEnabled, requireNotPendingDeletion, requireUsage, requireMaterial } from './usable';

const signing = {
  ...onKey,
  Message: required(blob({ min: 1, max: MESSAGE_BYTES })),
  MessageType: oneOf(['RAW', 'DIGEST', 'EXTERNAL_MU']),
  SigningAlgorithm: required(oneOf([...(Object.keys(SIGNING_ALGORITHMS) as SigningAlgorithmName[]), 'SM2DSA'])),
} as const;

export const Sign = operation(signing, async (input, call) => {
  const { key, message } = prepare('Sign', input, call);
  const { sign } = await key.material.asymmetric!();
  const Signature = sign!(message);
  call.stopIfDryRun(input.DryRun);
  return { KeyId: key.arn, Signature, SigningAlgorithm: input.SigningAlgorithm };
});

export const Verify = operation({ ...signing, Signature: required(blob({ min: 1, max: CIPHERTEXT_BYTES })) }, async (input, call) => {
  const { key, message } = prepare('Verify', input, call);
  const { verify } = await key.material.asymmetric!();
  // KMS says why in no case: this error has no message.
  if (!verify!(message, input.Signature)) throw new KmsException('KMSInvalidSignatureException');
  call.stopIfDryRun(input.DryRun);
  return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm };
});

export const GetPublicKey = operation({ KeyId: required(keyId), GrantTokens: grantTokens }, async (input, call) => {
  const key = call.find(input.KeyId);
  call.authorize({ action: 'GetPublicKey', key, requestedKeyId: input.KeyId });
  if (!isAsymmetric(key)) throw unsupported(`${key.arn} key spec is ${key.spec} which is not valid for GetPublicKey.`);
  requireNotPendingDeletion(key);
  requireMaterial(key);
  const { publicKey } = await key.material.asymmetric!();
  return {
    KeyId: key.arn, PublicKey: publicKey, CustomerMasterKeySpec: key.spec, KeySpec: key.spec, KeyUsage: key.usage, ...algorithmMembers(key),
  };
});

/** Authorized, and able to: what Sign and Verify have in common. */
function prepare(action: 'Sign' | 'Verify', input: Parsed<typeof signing>, call: Call) {
  const { SigningAlgorithm, MessageType = 'RAW', Message } = input;
  const key = call.find(input.KeyId);
  call.authorize({ action, key, requestedKeyId: input.KeyId, conditionKeys: { 'kms:MessageType': MessageType } });
  requireEnabled(key);
  const algorithm = algorithmOf(key, SigningAlgorithm, action);
  requireMessage(algorithm, MessageType, Message);
  return { key, message: { algorithm, messageType: MessageType, message: Message } };
}

function algorithmOf(key: Key, algorithm: string, action: string): SigningAlgorithmName {
  requireUsage(key, 'SIGN_VERIFY', action);
  requireAlgorithm(key, algorithm, algorithmsOfKey(key));
  return algorithm as SigningAlgorithmName;
}

/** @throws ValidationException if the algorithm does not take such a message */
function requireMessage(algorithm: SigningAlgorithmName, type: MessageTypeName, message: Uint8Array): void {
  const { messageTypes, digestBytes } = SIGNING_ALGORITHMS[algorithm];
  // KMS's own words are not known here.
  if (!messageTypes.includes(type)) throw validation(`MessageType ${type} is not valid for algorithm ${algorithm}.`);
  if (type === 'DIGEST' && message.length !== digestBytes) throw validation(`Digest is invalid length for algorithm ${algorithm}.`);
  if (type === 'EXTERNAL_MU' && message.length !== EXTERNAL_MU_BYTES) throw validation(`External mu is invalid length for algorithm ${algorithm}.`);
}
