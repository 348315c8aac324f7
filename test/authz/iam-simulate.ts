import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Decision, IdentityFacts, KmsRequest, PolicyDocument, World } from '../../src/authz';

/**
 * Asks @cloud-copilot/iam-simulate, an implementation by other people, the questions that `decide` is asked.
 *
 * Its public door takes milliseconds a request, most of it for looking up service facts; the engine behind it takes a fraction of one. So
 * the engine is asked, and the door now and then, to see that both say the same.
 */

const fromHere = createRequire(__filename);
const entry = fromHere.resolve('@cloud-copilot/iam-simulate');
const inside = (file: string) => fromHere(join(dirname(entry), file));
// What reads policies is a dependency of that package, not of this one.
const { loadPolicy } = createRequire(entry)('@cloud-copilot/iam-policy');
const { authorize } = inside('core_engine/CoreSimulatorEngine.js');
const { AwsRequestImpl } = inside('request/request.js');
const { RequestContextImpl } = inside('requestContext.js');
const { DiscoveryContextKeyConstraints } = inside('context_keys/discoveryContextKeyConstraints.js');

const ACCOUNT = '111122223333';
const loaded = new WeakMap<PolicyDocument, unknown>();

/** Policies are read once, as in `decide`: most of the time would go into reading. */
function load(document: PolicyDocument, name: string): unknown {
  let policy = loaded.get(document);
  if (!policy) {
    policy = loadPolicy(document, { name });
    loaded.set(document, policy);
  }
  return policy;
}

/** Whether the other engine allows the request. */
export function othersAllow(world: World, request: KmsRequest): boolean {
  const identity = identityOf(world, request.principal);
  const resource = { resource: request.key!.arn, accountId: ACCOUNT };
  const { result } = authorize({
    request: new AwsRequestImpl(request.principal, resource, request.action, new RequestContextImpl(contextOf(request, identity)), false),
    sessionPolicy: identity?.sessionPolicies?.[0] && load(identity.sessionPolicies[0].document, 'session policy'),
    identityPolicies: (identity?.policies ?? []).map(({ name, document }) => load(document, name)),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: load(request.key!.policy, 'key policy'),
    permissionBoundaries: identity?.boundary && [load(identity.boundary.document, 'boundary')],
    vpcEndpointPolicies: undefined,
    simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
    serviceSettings: { s3: {} },
  });
  return result === 'Allowed';
}

/** The same through the public door. It drops `kms:EncryptionContext:` keys, so both sides of them are renamed. */
export async function othersAllowOfficially(world: World, request: KmsRequest): Promise<boolean> {
  const identity = identityOf(world, request.principal);
  const named = (policies: IdentityFacts['policies'] = []) => policies.map(({ name, document }) => ({ name, policy: renamed(document) }));
  const result = await runSimulation({
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.key!.arn, accountId: ACCOUNT },
      contextVariables: renamed(contextOf(request, identity)),
    },
    sessionPolicy: identity?.sessionPolicies?.[0] && renamed(identity.sessionPolicies[0].document),
    identityPolicies: named(identity?.policies),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: renamed(request.key!.policy),
    permissionBoundaryPolicies: identity?.boundary && named([identity.boundary]),
  }, {});
  if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors));
  return result.overallResult === 'Allowed';
}

function renamed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('kms:EncryptionContext:', 'aws:RequestTag/'));
}

function identityOf(world: World, principal: string): IdentityFacts | undefined {
  const role = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(principal);
  const arn = role ? `arn:aws:iam::${role[1]}:role/${role[2]}` : principal;
  return world.identities.find((identity) => identity.arn === arn);
}

const WITH_CONTEXT = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'];

/** What AWS puts into the request context, said a second time and by hand: the other engine wants to be told. */
function contextOf(request: KmsRequest, identity: IdentityFacts | undefined): Record<string, string | string[]> {
  const { principal, viaService, encryptionContext = {}, key } = request;
  const service = !principal.startsWith('arn:');
  const account = principal.split(':')[4];
  const pairs = WITH_CONTEXT.includes(request.action) ? Object.entries(encryptionContext) : [];
  const context: Record<string, string | readonly string[] | undefined> = {
    'aws:PrincipalIsAWSService': String(service),
    'aws:ViaAWSService': String(viaService !== undefined),
    'aws:SecureTransport': 'true',
    'kms:KeySpec': key!.spec,
    'kms:ViaService': viaService,
    'kms:CallerAccount': service ? undefined : account,
    'aws:PrincipalAccount': service ? undefined : account,
    'aws:PrincipalArn': service ? undefined : identity?.arn ?? principal,
    'aws:PrincipalServiceName': service ? principal : undefined,
    'aws:username': principal.includes(':user/') ? principal.split('/')[1] : undefined,
    'aws:PrincipalOrgID': identity?.organizationId,
    'kms:EncryptionContextKeys': pairs.length > 0 ? pairs.map(([name]) => name) : undefined,
    ...Object.fromEntries(Object.entries(identity?.tags ?? {}).map(([name, value]) => [`aws:PrincipalTag/${name}`, value])),
    ...Object.fromEntries(pairs.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    ...request.conditionKeys,
  };
  return JSON.parse(JSON.stringify(context));
}

/**
 * Allowed by the key policy alone to a session that has session policies. "Permissions granted directly to a session are not limited by
 * an implicit deny in an identity-based policy, a permissions boundary, or session policy" (IAM User Guide, "How AWS enforcement code
 * logic evaluates requests to allow or deny access").
 */
export function limitedSession(world: World, { principal }: KmsRequest, { allowed, decidedBy }: Decision): boolean {
  const sessionPolicies = world.identities.filter(({ arn }) => principal.includes(`/${arn.split('/')[1]}/`)).flatMap((identity) => identity.sessionPolicies ?? []);
  return allowed && decidedBy.length === 1 && decidedBy[0].kind === 'key policy' && sessionPolicies.length > 0;
}
