import { ALIASES_PER_KEY } from '../../../spec/limits';
import type { Call } from '../call';
import { KmsException, notFound, validation } from '../exceptions';
import type { Key } from '../key';
import { isAsymmetric } from '../key';
import type { Alias } from '../key-store';
import { aliasArn, isAt } from '../key-store';
import { page, paged } from '../paging';
import { required, text } from '../shapes';
import { keyId } from './members';
import { operation } from './operation';
import { requireNotPendingDeletion } from './usable';

const aliasName = text({ min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ });

const aliasAndTarget = { AliasName: required(aliasName), TargetKeyId: required(keyId) } as const;

export const CreateAlias = operation(aliasAndTarget, (input, call) => {
  const name = requireOwnName(input.AliasName);
  const target = targetOf(input.TargetKeyId, call);
  const arn = aliasArn(call.place, name);
  call.authorize({ action: 'CreateAlias', key: target, aliasArn: arn });
  if (call.store.alias(name, call.place)) throw new KmsException('AlreadyExistsException', `An alias with the name ${arn} already exists`);
  requireNotPendingDeletion(target);
  requireRoom(target, call);
  call.store.putAlias({ ...call.place, name, target, createdAt: call.now, updatedAt: call.now });
  return {};
});

/** Needs the permission on the key that loses the alias and on the one that gets it (KMS API Reference, UpdateAlias). */
export const UpdateAlias = operation(aliasAndTarget, (input, call) => {
  const name = requireOwnName(input.AliasName);
  const alias = existing(name, call);
  const target = targetOf(input.TargetKeyId, call);
  const arn = aliasArn(call.place, name);
  call.authorize({ action: 'UpdateAlias', key: alias.target, aliasArn: arn });
  if (target === alias.target) return {};
  call.authorize({ action: 'UpdateAlias', key: target, aliasArn: arn });
  requireNotPendingDeletion(target);
  requireSameKind(alias.target, target);
  requireRoom(target, call);
  call.store.moveAlias(alias, target, call.now);
  return {};
});

export const DeleteAlias = operation({ AliasName: required(aliasName) }, (input, call) => {
  const name = requireOwnName(input.AliasName);
  const alias = existing(name, call);
  call.authorize({ action: 'DeleteAlias', key: alias.target, aliasArn: aliasArn(alias, name) });
  call.store.removeAlias(alias);
  return {};
});

/** No key policy has a say in it, even of one key's aliases (KMS API Reference, ListAliases). */
export const ListAliases = operation({ KeyId: keyId, ...page }, (input, call) => {
  call.authorize({ action: 'ListAliases' });
  const target = input.KeyId === undefined ? undefined : call.find(input.KeyId);
  const aliases = target === undefined ? call.store.aliasesAt(call.place) : call.store.aliasesOf(target).filter((alias) => isAt(alias, call.place));
  const { items, ...rest } = paged(aliases, ({ name }) => name, input, 50);
  return {
    Aliases: items.map((alias) => ({
      AliasName: alias.name,
      AliasArn: aliasArn(alias, alias.name),
      TargetKeyId: alias.target.id,
      CreationDate: alias.createdAt,
      LastUpdatedDate: alias.updatedAt,
    })),
    ...rest,
  };
});

function requireOwnName(name: string): string {
  if (!name.startsWith('alias/')) {
    throw validation('Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html');
  }
  if (name === 'alias/' || name.includes(':')) throw validation(`${name} contains invalid characters for an alias`);
  // Reserved for AWS managed keys. The code is not among those that the API Reference lists.
  if (name.startsWith('alias/aws/')) throw new KmsException('NotAuthorizedException');
  return name;
}

/** An alias points to a key of its own account and Region. */
function targetOf(identifier: string, call: Call): Key {
  if (/(^|:)alias\//.test(identifier)) throw validation('Aliases must refer to keys. Not aliases');
  return call.find(identifier);
}

function existing(name: string, call: Call): Alias {
  const alias = call.store.alias(name, call.place);
  if (!alias) throw notFound(`Alias ${aliasArn(call.place, name)} is not found.`);
  return alias;
}

function requireRoom(key: Key, call: Call): void {
  if (call.store.aliasesOf(key).length >= ALIASES_PER_KEY) {
    throw new KmsException('LimitExceededException', `The key ${key.arn} has ${ALIASES_PER_KEY} aliases, as many as a key can have.`);
  }
}

/** Both keys must be of the same kind (symmetric, asymmetric or HMAC) and usage (KMS API Reference, UpdateAlias). KMS's own words are not known. */
function requireSameKind(before: Key, after: Key): void {
  if (before.usage !== after.usage || isAsymmetric(before) !== isAsymmetric(after)) {
    throw validation(`Alias cannot be updated from ${before.arn} to ${after.arn}: the keys must have the same type and key usage.`);
  }
}
