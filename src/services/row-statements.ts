import { both } from '../policy/conditions';
import type { Conditions, Permission } from '../policy/permission';
import type { ServicePrincipalUse, ServiceUse } from '../spec/services';

/** What the statements of one view have in common. */
export interface ServiceBinding {
  readonly use: ServiceUse;
  /** The key's Region, account and partition; tokens where the stack does not know. */
  readonly region: string;
  readonly account: string;
  readonly partition: string;
  /** The values of the encryption context, known at synthesis. Absent where the service has no context to ask for. */
  readonly contextValues?: readonly string[];
}

/** Actions whose requests carry no encryption context of the data: asked for one, KMS would deny them. */
const WITHOUT_CONTEXT = ['kms:DescribeKey', 'kms:CreateGrant'];

/**
 * Permissions for these actions through the service alone. Actions that cannot be asked for the same conditions get one each: DescribeKey carries
 * no encryption context, and CreateGrant is for grants to AWS services only.
 *
 * `kms:CallerAccount` keeps the permission to these accounts where the principal does not; `anyResource` leaves the names of resources out.
 */
export function throughService(
  binding: ServiceBinding, duty: string, actions: readonly string[], callerAccounts: readonly string[], anyResource = false,
): Permission[] {
  const through = viaService(binding, callerAccounts);
  const uses = actions.filter((action) => !WITHOUT_CONTEXT.includes(action));
  const context = anyResource ? undefined : contextCondition(binding);
  return [
    ...(uses.length ? [{ sid: `${duty}Through${binding.use.name}`, actions: uses, conditions: both(through, context) }] : []),
    ...(actions.includes('kms:DescribeKey') ? [{ sid: `DescribeThrough${binding.use.name}`, actions: ['kms:DescribeKey'], conditions: through }] : []),
    ...(actions.includes('kms:CreateGrant')
      ? [{ sid: `GrantThrough${binding.use.name}`, actions: ['kms:CreateGrant'], conditions: both(through, { Bool: { 'kms:GrantIsForAWSResource': 'true' } }) }]
      : []),
  ];
}

/** Permissions for a service principal that calls KMS in its own name: `kms:ViaService` is absent then, and so would be the permission. */
export function asService(binding: ServiceBinding, { actions, context, sourceArn }: ServicePrincipalUse): Permission[] {
  const source = sourceArn ? { ArnLike: { 'aws:SourceArn': fill(sourceArn, binding) } } : undefined;
  const uses = actions.filter((action) => !WITHOUT_CONTEXT.includes(action));
  return [
    { sid: `ServiceOf${binding.use.name}`, actions: uses, conditions: both(source, context ? contextCondition(binding) : undefined) },
    ...(actions.includes('kms:DescribeKey') ? [{ sid: `ServiceOf${binding.use.name}Describes`, actions: ['kms:DescribeKey'], conditions: both(source, undefined) }] : []),
  ];
}

/** A text of the fact tables with its placeholders filled in. */
export function fill(text: string, { partition, region, account }: ServiceBinding, name = '*'): string {
  const values: Readonly<Record<string, string>> = { partition, region, account, name };
  return text.replace(/\{(partition|region|account|name)\}/g, (_, placeholder: string) => values[placeholder]);
}

function viaService({ use: { prefix, regions }, region }: ServiceBinding, callerAccounts: readonly string[]): Conditions {
  const [account, ...more] = callerAccounts;
  const caller = account === undefined ? undefined : { StringEquals: { 'kms:CallerAccount': more.length ? callerAccounts : account } };
  return regions === 'any'
    ? both({ StringLike: { 'kms:ViaService': `${prefix}.*.amazonaws.com` } }, caller)
    : both({ StringEquals: { 'kms:ViaService': `${prefix}.${region}.amazonaws.com` } }, caller);
}

function contextCondition({ use: { context }, contextValues }: ServiceBinding): Conditions | undefined {
  return context && contextValues ? { StringLike: { [`kms:EncryptionContext:${context.key}`]: contextValues } } : undefined;
}
