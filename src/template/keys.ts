import { policyDocument, tagsOf } from './documents';
import type { Stack } from './stack';
import type { Stacks } from './stacks';
import type { TemplateAlias, TemplateKey } from './types';
import { asBoolean, asNumber, asText } from './values';
import type { PolicyDocument } from '../authz/types';
import { DELETION_WINDOW_DAYS, ROTATION_DAYS } from '../spec/limits';

/** The keys of all stacks, replicas after their primaries, each with the aliases that point to it. */
export function keysOf(stacks: Stacks): TemplateKey[] {
  const aliases = aliasesOf(stacks);
  const primaries = each(stacks, 'AWS::KMS::Key', primaryKey);
  const replicas = each(stacks, 'AWS::KMS::ReplicaKey', (stack, logicalId) => replicaKey(stack, logicalId, primaries));
  return [...primaries, ...replicas].map((key) => ({
    ...key, aliases: aliases.filter(({ targetKeyArn }) => targetKeyArn === key.arn).map(({ name }) => name),
  }));
}

export function aliasesOf(stacks: Stacks): TemplateAlias[] {
  return each(stacks, 'AWS::KMS::Alias', (stack, logicalId) => {
    const name = stack.physicalName(logicalId);
    const target = asText(stack.property(logicalId, 'TargetKeyId')) ?? '';
    return {
      ...stack.address(logicalId),
      name,
      arn: `${arnStart(stack)}:${name}`,
      targetKeyArn: target.startsWith('arn:') ? target : `${arnStart(stack)}:key/${target}`,
    };
  });
}

function primaryKey(stack: Stack, logicalId: string): TemplateKey {
  const property = (name: string): unknown => stack.property(logicalId, name);
  const multiRegion = asBoolean(property('MultiRegion'), false);
  const rotation = asBoolean(property('EnableKeyRotation'), false);
  return {
    ...common(stack, logicalId),
    type: 'AWS::KMS::Key',
    spec: asText(property('KeySpec')) ?? 'SYMMETRIC_DEFAULT',
    usage: asText(property('KeyUsage')) ?? 'ENCRYPT_DECRYPT',
    origin: asText(property('Origin')) ?? 'AWS_KMS',
    multiRegion,
    ...(multiRegion ? { multiRegionKeyType: 'PRIMARY' as const } : {}),
    rotation,
    ...(rotation ? { rotationPeriodInDays: asNumber(property('RotationPeriodInDays')) ?? ROTATION_DAYS.default } : {}),
  };
}

/** A replica shares id, material, spec, usage, origin and rotation with its primary (KMS Developer Guide, "Shared properties of multi-Region keys"). */
function replicaKey(stack: Stack, logicalId: string, primaries: readonly TemplateKey[]): TemplateKey {
  const primaryKeyArn = asText(stack.property(logicalId, 'PrimaryKeyArn')) ?? '';
  const primary = primaries.find(({ arn }) => arn === primaryKeyArn);
  if (!primary) {
    stack.symbols.for([stack.id, logicalId, 'primary', primaryKeyArn], primaryKeyArn, { ...stack.address(logicalId), property: 'PrimaryKeyArn' },
      'the primary key is in none of the templates: read as a symmetric encryption key');
  }
  return {
    ...common(stack, logicalId),
    type: 'AWS::KMS::ReplicaKey',
    spec: primary?.spec ?? 'SYMMETRIC_DEFAULT',
    usage: primary?.usage ?? 'ENCRYPT_DECRYPT',
    origin: primary?.origin ?? 'AWS_KMS',
    multiRegion: true,
    multiRegionKeyType: 'REPLICA',
    primaryKeyArn,
    rotation: primary?.rotation ?? false,
    ...(primary?.rotationPeriodInDays === undefined ? {} : { rotationPeriodInDays: primary.rotationPeriodInDays }),
  };
}

function common(stack: Stack, logicalId: string) {
  const policy = stack.property(logicalId, 'KeyPolicy') ?? includedPolicy(stack, logicalId);
  return {
    ...stack.address(logicalId),
    keyId: stack.physicalName(logicalId),
    arn: `${arnStart(stack)}:key/${stack.physicalName(logicalId)}`,
    account: stack.account,
    region: stack.region,
    description: asText(stack.property(logicalId, 'Description')) ?? '',
    enabled: asBoolean(stack.property(logicalId, 'Enabled'), true),
    pendingWindowInDays: asNumber(stack.property(logicalId, 'PendingWindowInDays')) ?? DELETION_WINDOW_DAYS.default,
    tags: tagsOf(stack.property(logicalId, 'Tags')),
    policy: policy === undefined ? defaultKeyPolicy(stack) : policyDocument(policy, { ...stack.address(logicalId), property: 'KeyPolicy' }, stack.symbols),
  };
}

/** What a macro, a loop or another function among the properties puts in is not known: the key policy may be part of it. */
function includedPolicy(stack: Stack, logicalId: string): string | undefined {
  const name = stack.propertyNames(logicalId).find((one) => one.startsWith('Fn::'));
  if (name === undefined) return undefined;
  const at = { ...stack.address(logicalId), property: 'KeyPolicy' };
  const expression = { [name]: stack.propertyExpression(logicalId, name) };
  const what = name === 'Fn::Transform' ? 'the macro' : name;
  return stack.symbols.for([stack.id, logicalId, name], expression, at, `what ${what} among the properties makes is not known`);
}

/** What KMS gives to a key that is created without a policy (KMS Developer Guide, "Default key policy"). */
function defaultKeyPolicy({ partition, account }: Stack): PolicyDocument {
  return {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [{
      Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal: { AWS: `arn:${partition}:iam::${account}:root` }, Action: 'kms:*', Resource: '*',
    }],
  };
}

function arnStart({ partition, region, account }: Stack): string {
  return `arn:${partition}:kms:${region}:${account}`;
}

function each<T>(stacks: Stacks, type: string, read: (stack: Stack, logicalId: string) => T): T[] {
  return stacks.ofType(type).map(({ stack, logicalId }) => read(stack, logicalId));
}
