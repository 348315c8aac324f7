import { Stack, Token } from 'aws-cdk-lib';
import { AccountPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import { ServiceStatements } from './key-policy-needs';
import type { KeysmithKey } from './keysmith-key';
import { quoted } from '../app/constructs';
import type { KeyUse, KeyUses } from '../app/key-uses';
import type { Problem } from '../app/stage-checks';
import { unlistedUsesIn } from '../app/unlisted-uses';
import { warn } from '../app/warnings';
import { AccountAccess } from '../policy/account-access';
import { readable } from '../policy/conditions';
import { grantsFor } from '../policy/duties';
import { granteeOf } from '../policy/principals';
import { NEEDS, SERVICES, hasView } from '../spec/services';
import type { KeyPolicyNeed, KmsServiceProps, ServiceName } from '../spec/services';

/**
 * Why resources of the app will not be able to use the keys they were given themselves, a sentence each.
 *
 * A template shows nothing wrong with any of them, and KMS would say no only when the data is touched.
 */
export function rawKeyUses(uses: KeyUses): Problem[] {
  return uses.all.filter(({ view }) => !view).flatMap((use) => {
    const message = misuse(use, uses);
    return message === undefined ? [] : [{ at: use.resource, message }];
  });
}

/** Warns of resources that were given a key where nobody here knows how their service uses it, and nothing in the key policy speaks of the service. */
export function unlistedKeyUses(uses: KeyUses): [] {
  for (const { resource, path, targets, text } of unlistedUsesIn(uses)) {
    const keys = (targets.length ? targets : [undefined]).flatMap((target) => uses.keyNamed(target, text)?.key as KeysmithKey | undefined ?? []);
    for (const key of keys) {
      if (key.accountAccess === AccountAccess.DELEGATE_TO_IAM || key._isOverruledFor(resource)) continue;
      if (new ServiceStatements(key).mention(resource.cfnResourceType)) continue;
      warn(resource, 'cdk-keysmith:no-view', `${quoted(resource)} was given '${key.node.path}' itself as ${path}, and there is no view for ${resource.cfnResourceType} yet: `
        + 'KMS will deny what the service asks of it, for the deployer who makes the resource and for whoever uses it, but for direct grants of the key to the '
        + `very role that calls. ${WITHOUT_VIEW}`);
    }
  }
  return [];
}

/**
 * Warns of keys that leave it to IAM policies who may use them, where a service calls in its own name: no IAM policy can let it in, so that AWS wants a
 * statement in the key policy, and there is none.
 */
export function missingServiceStatements(uses: KeyUses): [] {
  for (const use of uses.all.filter(({ view }) => !view)) {
    const key = uses.keyNamed(use.target, use.text)?.key as KeysmithKey | undefined;
    if (key?.accountAccess !== AccountAccess.DELEGATE_TO_IAM || key._isOverruledFor(use.resource)) continue;
    for (const [need, missing] of lacks(key, use).filter(([{ principal }]) => principal !== undefined)) {
      const was = `${quoted(use.resource)} was given '${key.node.path}' as ${use.property.path}`;
      warn(use.resource, 'cdk-keysmith:missing-statement', `${was}, and ${use.service.title} calls KMS in its own name, `
        + `where IAM policies decide nothing: ${statementFor(need, missing, key)}`);
    }
  }
  return [];
}

/**
 * Throws for grantees that a construct names through its service: it was given the key where it needs the view. What a construct provides for the key's whole
 * account, as CDK's Secret does when it is made, is left to IAM policies where the account delegates to them, and else to synthesis, which finds the resource that
 * was given the key; tells whether it is that. Another account is somebody else.
 */
export function isRawHandover(grantable: IGrantable | undefined, key: KeysmithKey): boolean {
  const grantPrincipal = grantable?.grantPrincipal;
  if (!(grantPrincipal instanceof ViaServicePrincipal)) return false;
  // Private, and not asked of the policy fragment, which throws for whoever was imported without a role.
  const { serviceName: via, basePrincipal } = grantPrincipal as unknown as { readonly serviceName?: string; readonly basePrincipal?: IPrincipal };
  if (basePrincipal instanceof AccountPrincipal && isOwnAccount(basePrincipal, key)) return true;
  if (key.accountAccess === AccountAccess.DELEGATE_TO_IAM) return false;
  const service = Object.values<KmsServiceProps>(SERVICES).find(({ rows }) => rows.some((row) => firstPart(row.via) === firstPart(via)));
  throw new Error(`'${key.node.path}' itself was to be granted through ${readable(via)}, which calls KMS for whoever calls it: the key lets nobody in that way but through a view: `
    + (service ? handOver(service) : 'hand over key.forService(…)'));
}

/** The account of the key, under which IAM policies decide where it delegates to them. Nothing else reaches another account's than a statement for it. */
function isOwnAccount(principal: AccountPrincipal, key: KeysmithKey): boolean {
  return granteeOf(principal, key).names.every((name) => 'account' in name && name.account === Stack.of(key).account);
}

function firstPart(name: string | undefined): string | undefined {
  return name?.split('.')[0];
}

/** What to do instead: the view, where there is one. */
export function handOver(service: KmsServiceProps): string {
  if (!hasView(service)) return `there is no view for ${service.title} yet. ${WITHOUT_VIEW}`;
  const [known] = Object.entries(SERVICES).find(([, facts]) => facts === service) ?? [];
  return known ? `hand over key.forService(KmsService.${known})` : `hand over key.forService(…) with this app's own service ${service.name}`;
}

const WITHOUT_VIEW = 'Until there is one, describe the service with KmsService.of({ … }), use a kms.Key of aws-cdk-lib, or AccountAccess.DELEGATE_TO_IAM on a key of its own';

function misuse(use: KeyUse, uses: KeyUses): string | undefined {
  const { resource, service, property: { path, anyRegion } } = use;
  const named = uses.keyNamed(use.target, use.text);
  if (!named) return undefined;
  const key = named.key as KeysmithKey;
  if (key._isOverruledFor(resource)) return undefined;
  const was = `${quoted(resource)} was given ${named.byAlias ? 'an alias of ' : ''}'${key.node.path}' itself as ${path}`;
  const signs = service === SERVICES.ROUTE53_DNSSEC;
  if (signs && key._keySpec !== 'ECC_NIST_P256') return `${was}, and ${service.title} takes keys of ECC_NIST_P256 only: make a SigningKey with SigningAlgorithm.ES256 for it`;
  if (!signs && key._keySpec !== 'SYMMETRIC_DEFAULT') {
    return `${was}, and ${service.title} takes symmetric encryption keys only: make a SymmetricDataKey for it, and ${handOver(service)}`;
  }
  const [here, there] = [resource.stack.region, Stack.of(key).region];
  if (!anyRegion && !Token.isUnresolved(here) && !Token.isUnresolved(there) && here !== there) {
    return `${was}, which is in ${there} while the resource is in ${here}: the service takes keys of the resource's own Region only; make a key in ${here} for it`;
  }
  if (key.accountAccess === AccountAccess.DELEGATE_TO_IAM) return undefined;
  const lacking = lacks(key, use);
  // Of services without known needs, anything in the policy that speaks of one will do.
  if (!lacking.length && (needsOf(use).length || new ServiceStatements(key).mention(resource.cfnResourceType))) return undefined;
  if (lacking.length && lacking.every(([{ deployer }]) => deployer)) {
    warnOfDeployer(use, key, was, lacking);
    return undefined;
  }
  const byHand = lacking.map(([need, missing]) => statementFor(need, missing, key)).join('; and ');
  // What to do comes first: where lines are short, the reasons take many.
  return `${handOver(service)}: ${was}: ${callerInWords(lacking[0]?.[0], service)}, and the key lets nobody in that way ${hasView(service) ? 'but through a view' : 'by itself'}`
    + (byHand ? `. Or, by hand: ${byHand}` : '')
    + ". If you know better: key.overruleRefusal(resource, 'why')";
}

/** A deployment that is denied says so; what the service itself is denied, nobody hears of. So the policy may have been written for another deployer, and stands. */
function warnOfDeployer({ resource, service }: KeyUse, key: KeysmithKey, was: string, lacking: readonly Lack[]): void {
  warn(resource, 'cdk-keysmith:missing-statement', `${was}, and ${service.title} asks KMS in the name of whoever deploys it, whom '${key.node.path}' does not let in: `
    + lacking.map(([need, missing]) => statementFor(need, missing, key)).join('; and '));
}

function callerInWords(need: KeyPolicyNeed | undefined, { title }: KmsServiceProps): string {
  if (need?.principal !== undefined) return `${title} calls KMS in its own name`;
  return need?.role === undefined ? `${title} calls KMS for whoever calls it` : `${title} calls KMS as the role that was given to it`;
}

/** What a service needs, and the actions of it that no statement allows. */
type Lack = readonly [KeyPolicyNeed, readonly string[]];

/** What the service of a resource needs in the policy of a key and does not find there. */
function lacks(key: KeysmithKey, use: KeyUse): Lack[] {
  const needs = needsOf(use);
  if (!needs.length) return [];
  const statements = new ServiceStatements(key);
  return needs.map((need) => [need, statements.missing(need, use.resource)] as const).filter(([, missing]) => missing.length);
}

function needsOf({ service, resource: { cfnResourceType } }: KeyUse): readonly KeyPolicyNeed[] {
  const [name] = Object.entries<KmsServiceProps>(SERVICES).find(([, facts]) => facts === service) ?? [];
  if (name !== undefined) return NEEDS[name as ServiceName]?.filter(({ resourceTypes }) => resourceTypes?.includes(cfnResourceType) ?? true) ?? [];
  return [...new Set(service.rows.flatMap(({ via }) => firstPart(via) ?? []))].map((via) => ({ via, actions: [], page: '' }));
}

/** The statement that is absent, in words. */
function statementFor(need: KeyPolicyNeed, missing: readonly string[], key: KeysmithKey): string {
  const { role, page } = need;
  const statement = `key.addToResourcePolicy(…) a statement that allows ${missing.join(', ')} to ${calleeOf(need, missing, key)}${page ? ` (${page})` : ''}`;
  if (role === undefined) return statement;
  const grants = grantsFor(missing)?.replaceAll('grants.', 'key.grants.').replaceAll('(…)', '(role)');
  return `${grants ?? 'its grants'}, for the role that it runs as, or ${statement}`;
}

function calleeOf({ principal, via, role, deployer, names }: KeyPolicyNeed, missing: readonly string[], key: KeysmithKey): string {
  const region = Token.isUnresolved(Stack.of(key).region) ? '<region>' : Stack.of(key).region;
  if (role !== undefined) return `it, on kms:EncryptionContext:${names?.context} at most: kms:ViaService keeps new executions from starting`;
  if (principal === undefined) return `${deployer ? 'whoever deploys it' : 'the roles concerned'}, with a condition on kms:ViaService (${via}.<region>.amazonaws.com)`;
  const only = missing.includes('kms:DescribeKey') ? '; kms:DescribeKey without the latter, which it never has' : '';
  return `${principal.replace('{region}', region)}, with conditions on aws:SourceArn, aws:SourceAccount or the encryption context${only}`;
}
