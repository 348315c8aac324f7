import { randomBytes } from 'node:crypto';
import { GRANT_OPERATIONS } from '../../../spec/action-resources';
import { GRANTS_PER_KEY } from '../../../spec/limits';
import type { Call } from '../call';
import { KmsException, validation } from '../exceptions';
import { newGrant, requireGrantable, sameGrant } from '../grants';
import type { Key } from '../key';
import { requireGrantPrincipals } from '../named-principals';
import { list, oneOf, required, structure, text } from '../shapes';
import { dryRun, encryptionContext, grantId, grantToken, grantTokens, keyId, principal, servicePrincipal } from './members';
import { operation } from './operation';
import { requireEnabled } from './usable';

const sourceArn = text({ min: 20, max: 512, pattern: /^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$/ });

const terms = {
  GranteePrincipal: principal,
  GranteeServicePrincipal: servicePrincipal,
  RetiringPrincipal: principal,
  RetiringServicePrincipal: servicePrincipal,
  Operations: required(list(oneOf(GRANT_OPERATIONS))),
  Constraints: structure({ EncryptionContextSubset: encryptionContext, EncryptionContextEquals: encryptionContext, SourceArn: sourceArn }),
  Name: text({ min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ }),
} as const;

export const CreateGrant = operation({ KeyId: required(keyId), ...terms, GrantTokens: grantTokens, DryRun: dryRun }, (input, call) => {
  const key = call.find(input.KeyId);
  const grant = newGrant(input, { account: call.place.account, principal: call.caller.principal, now: call.now });
  call.authorize({
    action: 'CreateGrant',
    key,
    requestedKeyId: input.KeyId,
    requestedGrant: { operations: grant.operations, ...(grant.constraints && { constraints: grant.constraints }) },
    conditionKeys: call.grantConditionKeys,
  });
  requireEnabled(key);
  requireGrantable(key, grant);
  requireGrantPrincipals(grant, call.principals);
  // With a name, a retry returns the grant that is there, under one more token (KMS API Reference, CreateGrant).
  const present = grant.name === undefined ? undefined : [...key.grants.values()].find((other) => sameGrant(other, grant));
  if (!present && key.grants.size >= GRANTS_PER_KEY) throw new KmsException('LimitExceededException', `The key ${key.arn} has ${GRANTS_PER_KEY} grants, as many as a key can have.`);
  call.stopIfDryRun(input.DryRun);
  const made = present ?? grant;
  const GrantToken = randomBytes(48).toString('base64url');
  call.store.putGrant(key, made, GrantToken);
  return { GrantToken, GrantId: made.grantId };
});

export const RevokeGrant = operation({ KeyId: required(keyId), GrantId: required(grantId), DryRun: dryRun }, (input, call) => {
  const key = call.find(input.KeyId);
  call.authorize({ action: 'RevokeGrant', key, requestedKeyId: input.KeyId, grantId: input.GrantId, conditionKeys: call.grantConditionKeys });
  // KMS's own words are not known.
  if (!key.grants.has(input.GrantId)) throw new KmsException('NotFoundException', `Grant '${input.GrantId}' does not exist`);
  call.stopIfDryRun(input.DryRun);
  call.store.removeGrant(key, input.GrantId);
  return {};
});

/** By token, or by key ARN and grant id; in any key state. Most often the grant itself says who may (KMS API Reference, RetireGrant). */
export const RetireGrant = operation(
  { GrantToken: grantToken, KeyId: keyId, GrantId: grantId, DryRun: dryRun },
  (input, call) => {
    const { key, id } = grantToRetire(input, call);
    call.authorize({ action: 'RetireGrant', key, grantId: id });
    if (!key.grants.has(id)) throw new KmsException('InvalidGrantIdException');
    call.stopIfDryRun(input.DryRun);
    call.store.removeGrant(key, id);
    return {};
  },
);

function grantToRetire(
  { GrantToken, KeyId, GrantId }: { GrantToken?: string; KeyId?: string; GrantId?: string }, call: Call,
): { key: Key; id: string } {
  if (GrantToken !== undefined && KeyId === undefined && GrantId === undefined) {
    const found = call.store.grantByToken(GrantToken);
    if (!found) throw new KmsException('InvalidGrantTokenException');
    return { key: found.key, id: found.grant.grantId };
  }
  if (GrantToken !== undefined || KeyId === undefined || GrantId === undefined) {
    throw validation('You must specify either a grant token or a key ID and a grant ID.');
  }
  if (!KeyId.startsWith('arn:')) throw new KmsException('InvalidArnException', `${KeyId} is not a key ARN`);
  return { key: call.find(KeyId), id: GrantId };
}
