import { Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { demands, fitsPattern } from './conditions';
import type { Conditions, Permission } from './permission';
import { granteeOf, type Grantee } from './principals';
import { rendering } from '../app/rendering';
import { warn } from '../app/warnings';
import { DECRYPT, DESCRIBE, READ_PUBLIC_KEY, SIGN, VERIFY } from '../spec/actions';
import { hasPublicKey, type KeySpecName, type KeyUsageName } from '../spec/key-specs';

/** The key that somebody may use in an emergency. */
export interface EmergencyKey {
  readonly spec: KeySpecName;
  readonly usage: KeyUsageName;
  /** What every use of the key must fulfil. */
  readonly pin: Conditions;
  /** Uses that nobody is given. */
  readonly withheld?: readonly string[];
}

/**
 * What roles and users may do with a key in an emergency: read, or sign, and nothing that would outlive it.
 *
 * They are asked for MFA where AWS can tell. The credentials of a user's GetSessionToken say that there was MFA, so that the key policy asks
 * for it. Those of AssumeRole do not, although CloudTrail shows it: a condition in the key policy would never hold for a role, which is
 * asked for MFA by its trust policy, when it is assumed. IAM User Guide, "Secure API access with MFA", "Choosing between GetSessionToken
 * and AssumeRole".
 *
 * The encryption context is left open: services bring their own, and what was encrypted before the contract is to be read too.
 */
export function breakGlassPermissions(principals: readonly IPrincipal[], key: EmergencyKey, construct: Construct): [IPrincipal, Permission][] {
  return principals.flatMap((principal) => {
    const grantee = granteeOf(principal, construct);
    const isRole = requireRoleOrUser(grantee, construct) === 'role';
    if (isRole) seeToMfa(grantee, construct);
    return permissionsOf(key).map((permission): [IPrincipal, Permission] => (
      [principal, isRole ? permission : { ...permission, conditions: { ...permission.conditions, ...MFA } }]
    ));
  });
}

const MFA: Conditions = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };

function permissionsOf({ spec, usage, pin, withheld = [] }: EmergencyKey): Permission[] {
  const signs = SIGN.every((action) => !withheld.includes(action));
  const uses: Permission = usage === 'SIGN_VERIFY'
    ? { sid: signs ? 'BreakGlassSign' : 'BreakGlassVerify', actions: signs ? [...SIGN, ...VERIFY] : VERIFY, conditions: pin }
    // A symmetric key has the one algorithm: all that its pin adds is the contract.
    : { sid: 'BreakGlassDecrypt', actions: DECRYPT, conditions: hasPublicKey(spec) ? pin : undefined };
  return [uses, { sid: 'BreakGlassDescribe', actions: hasPublicKey(spec) ? [...DESCRIBE, ...READ_PUBLIC_KEY] : DESCRIBE }];
}

/** Throws for whoever is not one role or user that is known by name: an alarm tells who it was, and only these are asked for MFA. */
function requireRoleOrUser({ principal, names, label, conditions }: Grantee, key: Construct): 'role' | 'user' {
  const where = `breakGlass of '${key.node.path}'`;
  const kinds = new Set(names.map((name) => {
    switch (name.kind) {
      case 'created': return name.element.cfnResourceType === 'AWS::IAM::User' ? 'user' : 'role';
      case 'existing': return name.wholeAccount ? 'a whole account' : kindOf(principal, Stack.of(key).resolve(name.arn));
      case 'anyone': return 'everybody';
      default: return `a ${name.kind}`;
    }
  }));
  const [kind, ...others] = kinds;
  if (others.length) throw new Error(`${where}: ${label} is several principals of different kinds: name them one by one`);
  if (kind !== 'role' && kind !== 'user') throw new Error(`${where}: ${label} is ${kind}: name a role or a user, whose every use of the key can be told from others'`);
  if (kind === 'role' && demands(conditions, (name) => name.startsWith('aws:multifactorauth'))) {
    throw new Error(`${where}: ${label} comes with a condition on MFA, which never holds for the credentials of a role: put it into the role's trust policy `
      + "(assumedBy: new AccountPrincipal('…').withConditions({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))");
  }
  return kind;
}

function kindOf(principal: IPrincipal, arn: unknown): string {
  const text = JSON.stringify(arn);
  if (/:user\//.test(text) || 'userArn' in principal) return 'user';
  if (/:role\//.test(text) || 'roleArn' in principal) return 'role';
  return 'somebody of whom nothing tells whether it is a role or a user';
}

/** A role of the app is held to its trust policy when the app is synthesized; of any other only its owner knows. */
function seeToMfa({ names, label }: Grantee, key: Construct): void {
  const created = names.flatMap((name) => (name.kind === 'created' ? [name.element] : []));
  if (created.length < names.length) warnOfMfa(key, `${label} is not a role of this app, so that nobody here sees whether it is assumed with MFA: its trust policy has to ask for it`);
  for (const element of created) key.node.addValidation({ validate: () => trustProblems(element, label, key) });
}

function warnOfMfa(key: Construct, what: string): void {
  warn(key, 'cdk-keysmith:break-glass-mfa', `breakGlass: ${what}, since no key policy can`);
}

/** A statement of a trust policy, as the template will have it. */
interface TrustStatement {
  readonly Effect?: string;
  readonly Principal?: '*' | Readonly<Record<string, unknown>>;
  readonly Action?: string | readonly string[];
  readonly Condition?: Conditions;
}

/** How identity providers let people assume a role. */
const BY_PROVIDER = ['sts:assumerolewithsaml', 'sts:assumerolewithwebidentity'];

function isForProvider({ Principal, Action }: TrustStatement): boolean {
  const takesIn = (pattern: string) => BY_PROVIDER.some((action) => fitsPattern(pattern.toLowerCase(), action));
  return typeof Principal === 'object' && 'Federated' in Principal && actionsIn(Action).some(takesIn);
}

function trustProblems(role: CfnResource, label: string, key: Construct): string[] {
  const allows = trustOf(role).filter(({ Effect }) => Effect === 'Allow');
  if (allows.some(isForProvider)) {
    warnOfMfa(key, `an identity provider lets people assume ${label}, and AWS cannot tell whether they had MFA: the provider has to ask for it`);
  }
  const problems = allows.flatMap((statement) => wrongWith(statement) ?? []);
  return [...new Set(problems)].map((problem) => `breakGlass of '${key.node.path}': ${label} ${problem}`);
}

function wrongWith({ Principal = '*', Action, Condition = {} }: TrustStatement): string | undefined {
  if (!actionsIn(Action).some((pattern) => fitsPattern(pattern.toLowerCase(), 'sts:assumerole'))) return undefined;
  if (typeof Principal === 'object' && 'Service' in Principal) return 'can be assumed by a service, which has no MFA: make a role for people alone';
  const asksForMfa = demands(Condition, (name, value) => (name === 'aws:multifactorauthpresent' ? value === 'true' : name === 'aws:multifactorauthage'));
  return asksForMfa ? undefined
    : "can be assumed without MFA: let its trust policy ask for it (assumedBy: new AccountPrincipal('…').withConditions({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))";
}

/** A trust policy has no resources, and with NotAction allows all other actions. */
function actionsIn(action: TrustStatement['Action'] = '*'): string[] {
  return ([] as string[]).concat(action);
}

function trustOf(role: CfnResource): TrustStatement[] {
  const { Resources } = Stack.of(role).resolve(rendering(role)) as RenderedRole;
  return ([] as TrustStatement[]).concat(Object.values(Resources)[0]?.Properties?.AssumeRolePolicyDocument?.Statement ?? []);
}

interface RenderedRole {
  readonly Resources: Readonly<Record<string, {
    readonly Properties?: { readonly AssumeRolePolicyDocument?: { readonly Statement?: TrustStatement | TrustStatement[] } };
  }>>;
}
