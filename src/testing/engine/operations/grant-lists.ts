import { KmsException, validation } from '../exceptions';
import type { Grant, Key } from '../key';
import { page, paged } from '../paging';
import { required } from '../shapes';
import { grantId, keyId, principal, servicePrincipal } from './members';
import { operation } from './operation';

const DEFAULT_LIMIT = 50;

export const ListGrants = operation(
  { KeyId: required(keyId), GrantId: grantId, GranteePrincipal: principal, GranteeServicePrincipal: servicePrincipal, ...page },
  (input, call) => {
    const { GrantId, GranteePrincipal, GranteeServicePrincipal } = input;
    const key = call.find(input.KeyId);
    call.authorize({ action: 'ListGrants', key, requestedKeyId: input.KeyId, conditionKeys: call.grantConditionKeys });
    if (GrantId !== undefined && !key.grants.has(GrantId)) throw new KmsException('InvalidGrantIdException');
    const wanted = GranteePrincipal ?? GranteeServicePrincipal;
    const grants = [...key.grants.values()]
      .filter((grant) => (GrantId === undefined || grant.grantId === GrantId) && (wanted === undefined || grant.granteePrincipal === wanted));
    return answer(grants.map((grant) => ({ key, grant })), input);
  },
);

/** Grants in any account whose retiring principal is one of the caller's account (KMS API Reference, ListRetirableGrants). */
export const ListRetirableGrants = operation(
  { RetiringPrincipal: principal, RetiringServicePrincipal: servicePrincipal, ...page },
  (input, call) => {
    const retiring = input.RetiringPrincipal ?? input.RetiringServicePrincipal;
    call.authorize({ action: 'ListRetirableGrants' });
    if (retiring === undefined) throw validation('RetiringPrincipal is required.');
    const grants = call.store.allKeys().filter(({ region }) => region === call.place.region)
      .flatMap((key) => [...key.grants.values()].map((grant) => ({ key, grant })))
      .filter(({ grant }) => grant.retiringPrincipal === retiring);
    return answer(grants, input);
  },
);

function answer(grants: readonly { readonly key: Key; readonly grant: Grant }[], input: { Limit?: number; Marker?: string }) {
  const sorted = [...grants].sort((a, b) => (a.grant.grantId < b.grant.grantId ? -1 : 1));
  const { items, ...rest } = paged(sorted, ({ grant }) => grant.grantId, input, DEFAULT_LIMIT);
  return { Grants: items.map(({ key, grant }) => entry(key, grant)), ...rest };
}

/** GrantListEntry of the API. */
function entry(key: Key, grant: Grant) {
  const member = (name: 'Grantee' | 'Retiring', principalOf: string | undefined) => principalOf === undefined
    ? {} : { [isService(principalOf) ? `${name}ServicePrincipal` : `${name}Principal`]: principalOf };
  return {
    KeyId: key.arn,
    GrantId: grant.grantId,
    Name: grant.name ?? '',
    CreationDate: grant.createdAt,
    ...member('Grantee', grant.granteePrincipal),
    ...member('Retiring', grant.retiringPrincipal),
    IssuingAccount: grant.issuingAccount,
    Operations: grant.operations,
    ...(grant.constraints && { Constraints: grant.constraints }),
  };
}

/** Neither an ARN nor the unique id of a role or user that is gone. */
function isService(named: string): boolean {
  return !named.startsWith('arn:') && named.includes('.');
}
