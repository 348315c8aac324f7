import { randomBytes, randomUUID } from 'node:crypto';
import type { KeySpecName, KeyUsageName } from '../../../spec/key-specs';
import { KEY_SPECS, usagesOf } from '../../../spec/key-specs';
import { DESCRIPTION_CHARACTERS } from '../../../spec/limits';
import type { Call } from '../call';
import { makeKey } from '../define-key';
import { unsupported, validation } from '../exceptions';
import type { Key } from '../key';
import { factsOf } from '../key';
import { metadataOf } from '../metadata';
import { requirePrincipals } from '../named-principals';
import { page, paged } from '../paging';
import { defaultKeyPolicy, readKeyPolicy } from '../policy-document';
import type { Parsed } from '../shapes';
import { flag, oneOf, required, text } from '../shapes';
import { customKeyStoreId, grantTokens, keyId } from './members';
import { operation } from './operation';
import { policyText, requireNoLockout } from './policies';
import { readTags, tagList } from './tags';
import { requireNotPendingDeletion } from './usable';

const description = text({ max: DESCRIPTION_CHARACTERS });
const keySpec = oneOf(Object.keys(KEY_SPECS) as KeySpecName[]);

/** The member is deprecated and learns no new specs. */
const OLD_KEY_SPECS: readonly KeySpecName[] = [
  'RSA_2048', 'RSA_3072', 'RSA_4096', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'SYMMETRIC_DEFAULT', 'HMAC_224', 'HMAC_256',
  'HMAC_384', 'HMAC_512', 'SM2',
];

const USAGES: readonly KeyUsageName[] = ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT', 'ENCAPSULATE_DECAPSULATE'];

const definition = {
  Policy: policyText,
  Description: description,
  KeyUsage: oneOf(USAGES),
  KeySpec: keySpec,
  CustomerMasterKeySpec: oneOf(OLD_KEY_SPECS),
  Origin: oneOf(['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']),
  CustomKeyStoreId: customKeyStoreId,
  XksKeyId: text({ min: 1, max: 128, pattern: /^[a-zA-Z0-9-_.]+$/ }),
  BypassPolicyLockoutSafetyCheck: flag,
  Tags: tagList,
  MultiRegion: flag,
} as const;

export const CreateKey = operation(definition, (input, call) => {
  const key = newKey(input, call);
  authorizeCreation(input, key, call);
  // The default policy is KMS's own and is not checked.
  if (input.Policy !== undefined) {
    key.policy = requirePrincipals(readKeyPolicy(input.Policy), call.principals);
    if (!input.BypassPolicyLockoutSafetyCheck) requireNoLockout(call, key, key.policy);
  }
  for (const [name, value] of readTags(input.Tags ?? [])) key.tags.set(name, value);
  call.store.add(key);
  return { KeyMetadata: metadataOf(key, call.store) };
});

export const DescribeKey = operation({ KeyId: required(keyId), GrantTokens: grantTokens }, (input, call) => {
  const key = call.find(input.KeyId);
  call.authorize({ action: 'DescribeKey', key, requestedKeyId: input.KeyId });
  return { KeyMetadata: metadataOf(key, call.store) };
});

export const ListKeys = operation(page, (input, call) => {
  call.authorize({ action: 'ListKeys' });
  const { items, ...rest } = paged(call.store.keysAt(call.place), ({ id }) => id, input, 100);
  return { Keys: items.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), ...rest };
});

export const UpdateKeyDescription = operation({ KeyId: required(keyId), Description: required(description) }, (input, call) => {
  const key = call.authorizedKey(input.KeyId);
  requireNotPendingDeletion(key);
  key.description = input.Description;
  return {};
});

/** The key as asked for, under the default policy and without tags; in nobody's store yet. */
function newKey(input: Parsed<typeof definition>, call: Call): Key {
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined) {
    throw validation('You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.');
  }
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  const usage = usageOf(spec, input.KeyUsage);
  const origin = input.Origin ?? 'AWS_KMS';
  if (origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE' || input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined) {
    throw unsupported('the local KMS has no custom key stores');
  }
  if (['ml-kem', 'sm2'].includes(KEY_SPECS[spec].family)) throw unsupported(`the local KMS has no keys of spec ${spec}`);
  const id = input.MultiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID();
  return makeKey({
    ...call.place,
    id,
    spec,
    usage,
    origin,
    description: input.Description,
    multiRegionKeyType: input.MultiRegion ? 'PRIMARY' : undefined,
    policy: defaultKeyPolicy(call.place),
    now: call.now,
  });
}

function usageOf(spec: KeySpecName, asked: KeyUsageName | undefined): KeyUsageName {
  if (asked === undefined && spec !== 'SYMMETRIC_DEFAULT') {
    throw validation('You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.');
  }
  const usage = asked ?? 'ENCRYPT_DECRYPT';
  if (!usagesOf(spec).includes(usage)) throw validation(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  return usage;
}

/** There is no key yet whose policy could have a say: IAM alone decides, over the tags too (KMS API Reference, CreateKey). */
function authorizeCreation(input: Parsed<typeof definition>, key: Key, call: Call): void {
  call.authorize({ action: 'CreateKey', conditionKeys: { 'kms:KeySpec': key.spec, 'kms:KeyUsage': key.usage } });
  // The default policy, which the key still has, leaves everything to IAM.
  if (input.Tags?.length) call.authorize({ action: 'TagResource', facts: factsOf(key, []) });
}
