import { timingSafeEqual } from 'node:crypto';
import type { MacAlgorithmName } from '../../../spec/key-specs';
import { CIPHERTEXT_BYTES, MESSAGE_BYTES } from '../../../spec/limits';
import type { Call } from '../call';
import { KmsException } from '../exceptions';
import type { Key } from '../key';
import { algorithmsOfKey } from '../key';
import type { Parsed } from '../shapes';
import { blob, oneOf, required } from '../shapes';
import { onKey } from './members';
import { operation } from './operation';
import { requireAlgorithm, requireEnabled, requireUsage } from './usable';

const ALGORITHMS: readonly MacAlgorithmName[] = ['HMAC_SHA_384', 'HMAC_SHA_256', 'HMAC_SHA_224', 'HMAC_SHA_512'];

const mac = { ...onKey, Message: required(blob({ min: 1, max: MESSAGE_BYTES })), MacAlgorithm: required(oneOf(ALGORITHMS)) } as const;

export const GenerateMac = operation(mac, (input, call) => {
  const key = prepare('GenerateMac', input, call);
  const Mac = key.material.hmac!.mac(input.MacAlgorithm, input.Message);
  call.stopIfDryRun(input.DryRun);
  return { Mac, MacAlgorithm: input.MacAlgorithm, KeyId: key.arn };
});

export const VerifyMac = operation({ ...mac, Mac: required(blob({ min: 1, max: CIPHERTEXT_BYTES })) }, (input, call) => {
  const key = prepare('VerifyMac', input, call);
  const expected = key.material.hmac!.mac(input.MacAlgorithm, input.Message);
  const valid = expected.length === input.Mac.length && timingSafeEqual(expected, input.Mac);
  if (!valid) throw new KmsException('KMSInvalidMacException');
  call.stopIfDryRun(input.DryRun);
  return { KeyId: key.arn, MacValid: true, MacAlgorithm: input.MacAlgorithm };
});

function prepare(action: 'GenerateMac' | 'VerifyMac', input: Parsed<typeof mac>, call: Call): Key {
  const key = call.find(input.KeyId);
  call.authorize({ action, key, requestedKeyId: input.KeyId });
  requireEnabled(key);
  requireUsage(key, 'GENERATE_VERIFY_MAC', action);
  requireAlgorithm(key, input.MacAlgorithm, algorithmsOfKey(key));
  return key;
}
