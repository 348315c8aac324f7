import { ON_DEMAND_ROTATIONS, ROTATION_DAYS } from '../../../spec/limits';
import { KmsException, invalidState, unsupported } from '../exceptions';
import type { Key } from '../key';
import { isSymmetricEncryptionKey } from '../key';
import type { Generation } from '../materials/symmetric-generations';
import { page, paged } from '../paging';
import { nextRotation } from '../rotation';
import { integer, oneOf, required } from '../shapes';
import { keyId } from './members';
import { operation } from './operation';
import { requireEnabled } from './usable';

const key = { KeyId: required(keyId) } as const;

export const EnableKeyRotation = operation({ ...key, RotationPeriodInDays: integer(ROTATION_DAYS) }, (input, call) => {
  const period = input.RotationPeriodInDays;
  const found = call.authorizedKey(input.KeyId);
  requireRotating(found);
  requireEnabled(found);
  const { rotation } = found;
  const periodInDays = period ?? ROTATION_DAYS.default;
  if (!rotation.enabled || rotation.periodInDays !== periodInDays) Object.assign(rotation, { enabled: true, periodInDays, since: call.now });
  return {};
});

export const DisableKeyRotation = operation(key, (input, call) => {
  const found = call.authorizedKey(input.KeyId);
  requireRotating(found);
  requireEnabled(found);
  found.rotation.enabled = false;
  return {};
});

/**
 * While a key is pending deletion its rotation counts as off; cancelling brings it back (KMS API Reference, GetKeyRotationStatus). Of
 * keys that KMS never rotates by itself (asymmetric, HMAC, imported material, custom key stores) the answer is false, as that page said
 * until 2023: an error would stop tools that ask it of every key, like Terraform. `KeyId` is the ARN, as it is in the answer of
 * RotateKeyOnDemand, however the caller named the key; entries of ListKeyRotations have the bare id.
 */
export const GetKeyRotationStatus = operation(key, (input, call) => {
  const found = call.authorizedKey(input.KeyId);
  const NextRotationDate = found.deletion || !isRotated(found) ? undefined : nextRotation(found.rotation);
  return {
    KeyId: found.arn,
    KeyRotationEnabled: NextRotationDate !== undefined,
    ...(NextRotationDate && { NextRotationDate, RotationPeriodInDays: found.rotation.periodInDays }),
  };
});

/** Neither needs nor moves the automatic schedule (KMS API Reference, RotateKeyOnDemand). */
export const RotateKeyOnDemand = operation(key, (input, call) => {
  const found = call.authorizedKey(input.KeyId);
  requireEnabled(found);
  if (found.origin === 'EXTERNAL') throw invalidState(`No available key material pending rotation for the key: ${found.arn}.`);
  requireRotating(found);
  const generations = found.material.symmetric!;
  if (generations.all.filter(({ rotation }) => rotation === 'ON_DEMAND').length >= ON_DEMAND_ROTATIONS) {
    throw new KmsException('LimitExceededException', `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${found.arn}`);
  }
  generations.rotate(call.now, 'ON_DEMAND');
  return { KeyId: found.arn };
});

export const ListKeyRotations = operation(
  { ...key, IncludeKeyMaterial: oneOf(['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY']), ...page },
  (input, call) => {
    const found = call.authorizedKey(input.KeyId);
    if (!isSymmetricEncryptionKey(found)) throw unsupported();
    const generations = found.material.symmetric!.all.map((generation, index) => ({ generation, position: String(index).padStart(6, '0') }));
    const listed = generations.filter(({ generation }) => input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL' || generation.rotation !== undefined);
    const { items, ...rest } = paged(listed, ({ position }) => position, input, 100);
    return { Rotations: items.map(({ generation }) => entry(found, generation)), ...rest };
  },
);

function entry(found: Key, { material, since, rotation }: Generation) {
  return {
    KeyId: found.id,
    KeyMaterialId: material.id.toString('hex'),
    KeyMaterialState: material === found.material.symmetric!.current ? 'CURRENT' : 'NON_CURRENT',
    ...(rotation && { RotationDate: since, RotationType: rotation }),
  };
}

/** Whether KMS rotates such keys: symmetric ones whose material it made. */
function isRotated(found: Key): boolean {
  return isSymmetricEncryptionKey(found) && found.origin === 'AWS_KMS';
}

/** @throws UnsupportedOperationException unless KMS rotates the key, and rotates it here: on the primary key */
function requireRotating(found: Key): void {
  if (!isSymmetricEncryptionKey(found)) throw unsupported();
  if (!isRotated(found)) throw unsupported(`${found.arn} origin is ${found.origin} which is not valid for this operation.`);
  if (found.multiRegionKeyType === 'REPLICA') throw unsupported(`${found.arn} is not a multi-region primary key.`);
}
