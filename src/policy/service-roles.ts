import { Aws, CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { both } from './conditions';
import type { Conditions } from './permission';
import type { Sentence } from './statements';
import { isMarked, KEY, quoted } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import type { ActingRole } from '../app/key-view';
import { roleNamedIn } from '../app/named-roles';
import { ReferenceGraph } from '../app/reference-graph';
import { propertyOf } from '../app/rendering';
import { unlistedUsesBy } from '../app/unlisted-uses';
import { warn } from '../app/warnings';
import { EC2_INFRASTRUCTURE_ROLE, ROLES_OF_SERVICES } from '../spec/service-roles';
import { ServiceCall, ServiceRowTime, type KmsServiceProps } from '../spec/services';

/** Roles that act for services under their own names, and the encryption contexts by which such calls are told from the roles' direct ones. */
interface ServiceRoles {
  /** ARNs, or the beginnings of ARNs whose ends CloudFormation makes. */
  readonly arns: readonly string[];
  readonly contextKeys: readonly string[];
}

/**
 * Denials of direct calls that leave out what services do with a role's own credentials: whoever is not one of those roles is denied as before, and each of
 * the roles where the request has no encryption context of a service. A context alone would tell nobody apart: any caller can send one.
 */
export function sparingServiceRoles(denials: readonly Sentence[], key: Construct): Sentence[] {
  if (!denials.length) return [];
  const { arns, contextKeys } = serviceRolesOf(key);
  const { account } = Stack.of(key);
  const ec2 = `arn:${Aws.PARTITION}:iam::${account}:role/${EC2_INFRASTRUCTURE_ROLE}`;
  const others: Conditions = { ArnNotLike: { 'aws:PrincipalArn': [ec2, `${ec2}/*`, ...arns] } };
  const without = Object.fromEntries(contextKeys.map((name) => [`kms:EncryptionContext:${name}`, 'true']));
  const roles: Conditions = { ArnLike: { 'aws:PrincipalArn': arns }, Null: without };
  return denials.flatMap((denial) => [
    { ...denial, conditions: both(denial.conditions, others) },
    ...(arns.length ? [{ ...denial, sid: `${denial.sid}OfServiceRole`, conditions: both(denial.conditions, roles) }] : []),
  ]);
}

/** The roles of resources that have the key, by itself or as a view. */
function serviceRolesOf(key: Construct): ServiceRoles {
  const uses = KeyUses.of(key);
  const isKey = (target: CfnElement | undefined, text: string) => uses.keyNamed(target, text)?.key === key;
  const views = new Set(uses.all.flatMap(({ view }) => (view?.node.scope === key ? view : [])));
  const raw = uses.all.filter(({ view, target, text }) => !view && isKey(target, text));
  const unlisted = uses.tree.filter(CfnResource.isCfnResource).filter(({ cfnResourceType }) => cfnResourceType in ROLES_OF_SERVICES)
    .flatMap((resource) => unlistedUsesBy(resource, uses.names))
    .filter(({ targets, text }) => (targets.length ? targets : [undefined]).some((target) => isKey(target, text)));
  const found = [
    ...[...views].flatMap(({ actingRoles }) => actingRoles),
    ...raw.flatMap(({ resource, service }) => rolesIn(resource, service)),
    ...unlisted.flatMap(({ resource }) => rolesIn(resource)),
  ].map(({ resource, role, contextKeys }) => ({ arn: roleOf(resource, role, key), contextKeys }));
  return {
    arns: [...new Set(found.flatMap(({ arn }) => arn ?? []))].sort(),
    contextKeys: [...new Set(found.flatMap(({ contextKeys }) => contextKeys))].sort(),
  };
}

/** The role of a resource with the key itself that a service acts with, by the rows of the service, or by what is known without any. */
function rolesIn(resource: CfnResource, service?: KmsServiceProps): ActingRole[] {
  const { cfnResourceType: type } = resource;
  const own = (service?.rows ?? []).filter(({ when, resourceTypes }) => when !== ServiceRowTime.NAMED && (resourceTypes?.includes(type) ?? true));
  const rows = own.flatMap(({ shape, rolePath, context }) =>
    (shape === ServiceCall.AS_ROLE && rolePath !== undefined && context ? [{ role: rolePath, contextKeys: [context.key] }] : []));
  const facts = rows.length ? rows : [ROLES_OF_SERVICES[resource.cfnResourceType] ?? []].flat();
  return facts.map((each) => ({ resource, ...each }));
}

function roleOf(resource: CfnResource, path: string, key: Construct): string | undefined {
  const role = roleNamedIn(resource, path);
  if (typeof role === 'string') return role || undefined;
  if (role) return arnOf(role, key);
  warn(resource, 'cdk-keysmith:unknown-service-role', `nobody knows the role of ${quoted(resource)} before it is deployed, so that the encryption context of `
    + `'${key.node.path}' is asked of it too, and the service stops: import the role by its ARN`);
  return undefined;
}

/** By reference, where the key's template can wait for the role; else by the role's name, or by what CloudFormation begins it with. */
function arnOf(role: CfnResource, key: Construct): string {
  const resource = key.node.defaultChild;
  if (role.stack === Stack.of(key) && CfnResource.isCfnResource(resource) && isMarked(key, KEY) && !new ReferenceGraph().waitsFor(role, resource)) {
    return Token.asString(role.getAtt('Arn'));
  }
  const name: unknown = role.stack.resolve(propertyOf(role, 'RoleName'));
  const path: unknown = role.stack.resolve(propertyOf(role, 'Path')) ?? '/';
  const known = typeof name === 'string' ? name : generatedName(role);
  return `arn:${Aws.PARTITION}:iam::${role.stack.account}:role${typeof path === 'string' ? path : '/*'}${known}`;
}

/** CloudFormation makes `<stack>-<logical id>-<random>`, and cuts both to fit into the 64 characters of a role's name; hyphens in a row may become one. */
function generatedName({ stack, logicalId }: CfnResource): string {
  if (Token.isUnresolved(stack.stackName)) return '*';
  const whole = `${stack.stackName}-${String(stack.resolve(logicalId))}-`;
  const start = whole.length + RANDOM <= LONGEST ? whole : stack.stackName.slice(0, (LONGEST - RANDOM - 2) / 2);
  return `${start.replace(/-{2,}/g, '-*')}*`;
}

const LONGEST = 64;
const RANDOM = 14;
