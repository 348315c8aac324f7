import { isForSenders, namesSender } from './found-senders';
import { both, fingerprint } from '../policy/conditions';
import type { Conditions, Permission } from '../policy/permission';
import { ServiceCall } from '../spec/services';
import type { ServiceRow } from '../spec/services';

/** What the statements of one view have in common: how the placeholders of rows are filled in. */
export interface RowBinding {
  /** A text for the key's own partition, Region and account. */
  fill(text: string): string;
  /** Texts that name a resource, for each one that has the view and that the row is about: known at synthesis. */
  perResource(texts: readonly string[], row: ServiceRow): readonly string[];
  /** The accounts, the row's `sourceAccount` first, with whose resources the service works: known at synthesis. */
  sourceAccounts(row: ServiceRow): readonly string[];
  /** What `aws:SourceArn` is, for each resource that has the service send: known at synthesis. */
  senders(row: ServiceRow): readonly string[];
  /** The accounts of those: known at synthesis. */
  senderAccounts(row: ServiceRow): readonly string[];
  /** Whether some resource calls for the row's statement, where not all do: known at synthesis. */
  when(row: ServiceRow): (() => boolean) | undefined;
  /** Whether somebody knows better of all the resources that have the view: known at synthesis. */
  isOverruled(): boolean;
}

/** The statement of a row. `callerAccounts` keeps calls through the service to these accounts, where the principal does not. */
export function permissionFor(row: ServiceRow, binding: RowBinding, callerAccounts: readonly string[]): Permission {
  const conditions = [asksFor(row, binding, callerAccounts), contextOf(row, binding), grantsOf(row)].reduce(both, {});
  const warnsOfEverySource = namesSender(row) && !isForSenders(row) ? () => !binding.isOverruled() : undefined;
  return { sid: row.sid, actions: row.actions, conditions, when: binding.when(row), warnsOfEverySource };
}

/** One permission for those that differ in their actions only, under the name of the first. */
export function joined(permissions: readonly Permission[]): Permission[] {
  const byConditions = new Map<string, Permission>();
  for (const permission of permissions) {
    const same = fingerprint([permission.conditions, permission.when ? permission.sid : undefined]);
    const first = byConditions.get(same);
    byConditions.set(same, first ? { ...first, actions: [...new Set([...first.actions, ...permission.actions])] } : permission);
  }
  return [...byConditions.values()];
}

/** Whether a text stands for something else with each resource. */
export function namesResource(text: string): boolean {
  return /\{(name|path)\}/.test(text);
}

function asksFor(row: ServiceRow, binding: RowBinding, callerAccounts: readonly string[]): Conditions {
  const { shape, via, sourceArn } = row;
  switch (shape) {
    case ServiceCall.THROUGH_SERVICE: {
      const service = binding.fill(via ?? '');
      const through = { [service.includes('*') ? 'StringLike' : 'StringEquals']: { 'kms:ViaService': service } };
      const [account, ...more] = callerAccounts;
      return both(through, account === undefined ? undefined : { StringEquals: { 'kms:CallerAccount': more.length ? callerAccounts : account } });
    }
    case ServiceCall.AS_SERVICE: return both(
      sourceArn === undefined ? undefined : { ArnLike: { 'aws:SourceArn': sourceOf(sourceArn, row, binding) } },
      sourceAccounts(row, binding),
    );
    case ServiceCall.AS_ROLE: return { Null: { 'kms:ViaService': 'true' } };
  }
}

function sourceOf(sourceArn: string, row: ServiceRow, binding: RowBinding): string | readonly string[] {
  if (namesSender(row)) return binding.senders(row);
  return namesResource(sourceArn) ? binding.perResource([sourceArn], row) : binding.fill(sourceArn);
}

function sourceAccounts(row: ServiceRow, binding: RowBinding): Conditions | undefined {
  const { sourceAccount, sourceAccountsIn } = row;
  if (sourceAccount === undefined) return undefined;
  if (namesSender(row)) return { StringEquals: { 'aws:SourceAccount': binding.senderAccounts(row) } };
  return { StringEquals: { 'aws:SourceAccount': sourceAccountsIn ? binding.sourceAccounts(row) : binding.fill(sourceAccount) } };
}

function contextOf(row: ServiceRow, binding: RowBinding): Conditions | undefined {
  const { context } = row;
  if (!context) return undefined;
  const key = `kms:EncryptionContext:${context.key}`;
  if (!context.values) return { Null: { [key]: 'false' } };
  const values = context.values.some(namesResource) ? binding.perResource(context.values, row) : context.values.map((value) => binding.fill(value));
  return { StringLike: { [key]: values } };
}

/** Grants that a service makes for its caller are for AWS services. KMS Developer Guide, "kms:GrantIsForAWSResource", "kms:GrantOperations". */
function grantsOf({ actions, shape, grantOperations }: ServiceRow): Conditions | undefined {
  if (!actions.includes('kms:CreateGrant')) return undefined;
  return both(
    shape === ServiceCall.AS_SERVICE ? undefined : { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    grantOperations && { 'ForAllValues:StringEquals': { 'kms:GrantOperations': grantOperations } },
  );
}
