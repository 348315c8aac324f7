import { both, fingerprint } from '../policy/conditions';
import type { Conditions, Permission } from '../policy/permission';
import { ServiceCall } from '../spec/services';
import type { ServiceContext, ServiceRow } from '../spec/services';

/** What the statements of one view have in common: how the placeholders of rows are filled in. */
export interface RowBinding {
  /** A text for the key's own partition, Region and account. */
  fill(text: string): string;
  /** Texts that name a resource, for each one that has the view: known at synthesis. */
  perResource(texts: readonly string[], imported?: ServiceContext['imported']): readonly string[];
}

/** The statement of a row. `callerAccounts` keeps calls through the service to these accounts, where the principal does not. */
export function permissionFor(row: ServiceRow, binding: RowBinding, callerAccounts: readonly string[]): Permission {
  const conditions = [asksFor(row, binding, callerAccounts), contextOf(row, binding), grantsOf(row)].reduce(both, {});
  return { sid: row.sid, actions: row.actions, conditions };
}

/** One permission for those that differ in their actions only, under the name of the first. */
export function joined(permissions: readonly Permission[]): Permission[] {
  const byConditions = new Map<string, Permission>();
  for (const permission of permissions) {
    const same = fingerprint(permission.conditions);
    const first = byConditions.get(same);
    byConditions.set(same, first ? { ...first, actions: [...new Set([...first.actions, ...permission.actions])] } : permission);
  }
  return [...byConditions.values()];
}

/** Whether a text stands for something else with each resource. */
export function namesResource(text: string): boolean {
  return /\{(name|path)\}/.test(text);
}

function asksFor({ shape, via, sourceArn, sourceAccount }: ServiceRow, binding: RowBinding, callerAccounts: readonly string[]): Conditions {
  switch (shape) {
    case ServiceCall.THROUGH_SERVICE: {
      const service = binding.fill(via ?? '');
      const through = { [service.includes('*') ? 'StringLike' : 'StringEquals']: { 'kms:ViaService': service } };
      const [account, ...more] = callerAccounts;
      return both(through, account === undefined ? undefined : { StringEquals: { 'kms:CallerAccount': more.length ? callerAccounts : account } });
    }
    case ServiceCall.AS_SERVICE: return both(
      sourceArn === undefined ? undefined : { ArnLike: { 'aws:SourceArn': namesResource(sourceArn) ? binding.perResource([sourceArn]) : binding.fill(sourceArn) } },
      sourceAccount === undefined ? undefined : { StringEquals: { 'aws:SourceAccount': binding.fill(sourceAccount) } },
    );
    case ServiceCall.AS_ROLE: return { Null: { 'kms:ViaService': 'true' } };
  }
}

function contextOf({ context }: ServiceRow, binding: RowBinding): Conditions | undefined {
  if (!context) return undefined;
  const key = `kms:EncryptionContext:${context.key}`;
  const { values, imported } = context;
  if (!values) return { Null: { [key]: 'false' } };
  return { StringLike: { [key]: values.some(namesResource) ? binding.perResource(values, imported) : values.map((value) => binding.fill(value)) } };
}

/** Grants that a service makes for its caller are for AWS services. KMS Developer Guide, "kms:GrantIsForAWSResource", "kms:GrantOperations". */
function grantsOf({ actions, shape, grantOperations }: ServiceRow): Conditions | undefined {
  if (!actions.includes('kms:CreateGrant')) return undefined;
  return both(
    shape === ServiceCall.AS_SERVICE ? undefined : { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    grantOperations && { 'ForAllValues:StringEquals': { 'kms:GrantOperations': grantOperations } },
  );
}
