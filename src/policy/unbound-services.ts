import { Aws, Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccountAccess } from './account-access';
import { bindsSource } from './bindings';
import { plainText } from './conditions';
import type { Conditions } from './permission';
import { nothingButLooks, usesIn } from './requested-actions';
import type { StatementJson } from './statements';
import { quoted } from '../app/constructs';
import { UNBOUND_CALLERS } from '../spec/services';
import type { UnboundCaller } from '../spec/services';

/** A key, as far as statements for services that name nobody's resources go. */
export interface ServedKey {
  readonly construct: Construct;
  readonly access: AccountAccess;
  /** Resources that have the key itself: one of their constructs may have written the statement. */
  readonly holders?: () => readonly CfnResource[];
  /** Whether somebody knows better of all that a statement may be for. */
  readonly isOverruled?: boolean;
  /** Whether a resource may have the key although synthesis knows better. */
  readonly isOverruledFor?: (resource: CfnResource) => boolean;
}

/** A statement, resolved, that lets in services. */
interface ServiceStatement {
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Condition?: Conditions;
}

/** What there is to say of a statement. */
interface Judgement {
  readonly problem?: string;
  readonly warning?: string;
}

/** Whether a service that says for nobody whose resources it acts is let in all the same where IAM decides: constructs of CDK have no condition for it. */
export function isKnownUnbound(service: string): boolean {
  return UNBOUND_CALLERS.some(({ principal }) => principal === service);
}

/**
 * What is wrong with a statement that lets in a service for anybody's resources, or what there is to know of it. To look at the key (DescribeKey) gives nobody
 * anything that is not public to who has its ARN, and AWS's pages have it without a condition.
 */
export function judgeUnbound(statement: ServiceStatement, key: ServedKey): Judgement {
  const services = servicesIn(statement);
  const actions = ([] as unknown[]).concat(statement.Action ?? []).map(String);
  if (!services.length || bindsSource(statement.Condition ?? {}) || actions.every(nothingButLooks)) return {};
  const holders = key.holders?.() ?? [];
  if (key.isOverruled || holders.some((resource) => key.isOverruledFor?.(resource))) return {};
  const known = services.map((service) => callerOf(service, holders));
  if (key.access === AccountAccess.DELEGATE_TO_IAM && known.every((each) => each !== undefined)) {
    return { warning: known.map((each) => warningOf(each!, key, holders)).join('. ') };
  }
  const wayOut = key.holders ? `${holders.length ? `. CDK may have added it for what has the key itself, ${named(holders)}` : ''}. If you know better: key.overruleRefusal(resource, 'why')` : '';
  return { problem: `lets the service act for anybody's resources: add a condition on aws:SourceArn or aws:SourceAccount that names an account or a resource of yours${wayOut}` };
}

/** A statement with the condition that AWS's page has for it, where it came without any and one is right for every app. */
export function withDocumentedCondition(statement: StatementJson, { construct, access }: ServedKey): StatementJson {
  const { Effect, Principal, Action, Condition } = statement;
  if (access !== AccountAccess.DELEGATE_TO_IAM || Effect !== 'Allow' || Condition || !Action || typeof Principal !== 'object') return statement;
  const stack = Stack.of(construct);
  const services = servicesIn({ Principal: stack.resolve(Principal) as unknown });
  const documented = UNBOUND_CALLERS.find(({ principal, condition }) => condition && services.length === 1 && services[0] === principal)?.condition;
  if (!documented || !([] as string[]).concat(Action).flatMap(usesIn).every((action) => action === 'kms:Decrypt')) return statement;
  const fill = (text: string) => text.replace('{partition}', Aws.PARTITION).replace('{region}', stack.region).replace('{account}', stack.account);
  const filled = (pairs: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(pairs).map(([name, text]) => [name, fill(text)]));
  return { ...statement, Condition: Object.fromEntries(Object.entries(documented).map(([operator, pairs]) => [operator, filled(pairs)])) };
}

function callerOf(service: string, holders: readonly CfnResource[]): UnboundCaller | undefined {
  return UNBOUND_CALLERS.find(({ principal, resourceTypes }) => principal === service && ofTypes(holders, resourceTypes).length > 0);
}

function warningOf(caller: UnboundCaller, { construct }: ServedKey, holders: readonly CfnResource[]): string {
  const { principal, resourceTypes, others, narrowing, page } = caller;
  return `${principal} may use '${construct.node.path}', for ${named(ofTypes(holders, resourceTypes))}, without saying for whose resources: ${others} could have it `
    + `use the key too. What narrows it: ${narrowing} (${page})`;
}

function ofTypes(holders: readonly CfnResource[], types: readonly string[]): readonly CfnResource[] {
  return holders.filter(({ cfnResourceType }) => types.includes(cfnResourceType));
}

function named(resources: readonly CfnResource[]): string {
  const names = [...new Set(resources.map(quoted))];
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

/** Service principals of a statement. */
function servicesIn({ Principal }: ServiceStatement): string[] {
  const services = typeof Principal === 'object' && Principal !== null ? (Principal as { Service?: unknown }).Service : undefined;
  return ([] as unknown[]).concat(services ?? []).map(plainText);
}
