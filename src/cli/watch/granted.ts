import { identityPattern } from './identity-names';
import { ANY_OF_THEM, KeyNames } from './key-names';
import { conditionKeysOf, decide } from '../../authz';
import type { KmsRequest, World } from '../../authz';
import { isCdkDeployment, isService, keysOf } from '../../detect';
import type { CloudTrailRecord, Grants } from '../../detect';
import { deployersOf, worldOf } from '../../template';
import type { Deployment, TemplateKey } from '../../template';

const CACHED_AT_MOST = 20_000;

/**
 * Who may do what with the keys of the templates, asked with records. A real key is told apart from others by an alias, by the roles of the templates
 * that use it, or by the user (`--key`).
 *
 * Answers are on the side of what may be allowed: what is refused here is refused by the policy as the template has it.
 */
export class Granted implements Grants {
  /** How many keys the templates have. */
  public readonly keys: number;
  private readonly world: World;
  private readonly deployers: ReadonlySet<string>;
  /** ARNs, in the templates, of the roles and users that they make. */
  private readonly made: ReadonlySet<string>;
  private readonly identities: readonly { readonly arn: string; readonly pattern: RegExp }[];
  private readonly asTemplate = new Map<string, string>();
  private readonly decided = new Map<string, boolean>();
  private readonly services: ReadonlyMap<TemplateKey, ReadonlySet<string>>;
  private readonly refused = new Map<string, readonly string[]>();
  /** Principal → keys → calls that were looked at for what they show. */
  private readonly shown = new Map<string, Map<string, Set<string>>>();
  private readonly grantees = new Set<string>();
  private readonly names: KeyNames;
  /** Keys with the roles of functions whose environment they encrypt: Lambda makes a grant for the role, and it decrypts by that. */
  private readonly functions: ReadonlySet<string>;

  constructor(deployment: Deployment, given: Readonly<Record<string, string>> = {}) {
    this.keys = deployment.keys.length;
    this.world = worldOf(deployment);
    this.deployers = deployersOf(deployment);
    this.identities = deployment.identities.map((identity) => ({ arn: identity.arn, pattern: identityPattern(identity, deployment) }));
    this.made = new Set(deployment.identities.map(({ arn }) => arn));
    this.services = new Map(deployment.keys.map((key) => [key, servicesIn(key)]));
    this.names = new KeyNames(deployment, given);
    this.functions = new Set(deployment.resources('AWS::Lambda::Function').map(({ properties: { KmsKeyArn: key, Role: role } }) => `${String(key)} ${String(role)}`));
  }

  /** Assemblies name the roles that deploy; templates alone do not. */
  isDeployer(principal: string, record: CloudTrailRecord): boolean {
    if (this.deployers.size === 0) return isCdkDeployment(principal, record);
    return this.deployers.has(principal) || this.deployers.has(this.inTemplate(principal));
  }

  isGrantCreator(principal: string, key: string | undefined): boolean {
    return key !== undefined && this.names.candidates(key).some((candidate) => this.allows(candidate, {
      principal: this.inTemplate(principal), action: 'kms:CreateGrant', conditionKeys: { 'kms:GrantIsForAWSResource': 'false' },
    }, principal));
  }

  learn(record: CloudTrailRecord, principal: string): void {
    if (typeof record.errorCode === 'string') return;
    this.names.learn(record, () => this.usersOwnKeys(record, principal));
    if (record.eventName !== 'CreateGrant') return;
    const [[key], grantee] = [keysOf(record), record.requestParameters?.granteePrincipal];
    const byService = typeof record.userIdentity?.invokedBy === 'string' || isService(record);
    const wanted = byService || this.isDeployer(principal, record) || this.isGrantCreator(principal, key);
    if (wanted && key !== undefined && typeof grantee === 'string') this.grantees.add(`${key} ${grantee}`);
  }

  refusing(record: CloudTrailRecord, principal: string, key: string, action: string): readonly string[] {
    const candidates = this.names.candidates(key);
    if (candidates.length === 0) return [];
    const { userIdentity, requestParameters, eventType } = record;
    const caller = `${principal} ${userIdentity?.type} ${userIdentity?.invokedBy} ${eventType}`;
    const question = `${candidates[0].arn} ${candidates.length} ${action} ${caller} ${JSON.stringify(requestParameters)}`;
    const known = this.refused.get(question);
    if (known) return known;
    const answer = this.refusingAmong(candidates, record, principal, action);
    if (this.refused.size >= CACHED_AT_MOST) this.refused.clear();
    this.refused.set(question, answer);
    return answer;
  }

  private refusingAmong(candidates: readonly TemplateKey[], record: CloudTrailRecord, principal: string, action: string): readonly string[] {
    const refusing = candidates.filter((candidate) => !this.mayUse(candidate, record, principal, action)).map(({ arn }) => arn);
    return refusing.length > 0 && refusing.length === candidates.length ? [...refusing, ANY_OF_THEM] : refusing;
  }

  nameOf(key: string): string | undefined {
    return this.names.nameOf(key);
  }

  /** Keys of which nothing tells whether they are the templates': their users are not compared with any policy. */
  unnamed(): readonly string[] {
    return this.names.unnamed();
  }

  isGrantee(principal: string, key: string): boolean {
    return this.grantees.has(`${key} ${principal}`);
  }

  /** Keys that only this principal's own templates let it use: that it used one shows which that is. */
  private usersOwnKeys(record: CloudTrailRecord, principal: string): readonly TemplateKey[] {
    const [key] = keysOf(record);
    if (key === undefined || record.eventName === undefined || record.userIdentity?.invokedBy !== undefined) return [];
    // The first such call shows as much as all others.
    let byKey = this.shown.get(principal);
    if (byKey?.get(key)?.has(record.eventName) || !this.made.has(this.inTemplate(principal))) return [];
    if (!byKey) this.shown.set(principal, byKey = new Map<string, Set<string>>());
    byKey.set(key, (byKey.get(key) ?? new Set()).add(record.eventName));
    return this.names.candidates(key).filter((candidate) => this.mayUse(candidate, record, principal, `kms:${record.eventName === 'ReEncrypt' ? 'ReEncryptFrom' : record.eventName}`));
  }

  private mayUse(key: TemplateKey, record: CloudTrailRecord, principal: string, action: string): boolean {
    const { invokedBy } = record.userIdentity ?? {};
    if (isService(record)) return this.servesKey(key, principal);
    const linked = /:role\/aws-service-role\/([a-z0-9.-]+)\//.exec(principal)?.[1] ?? (/:role\/aws:ec2-infrastructure$/.test(principal) ? 'ec2' : undefined);
    if (linked !== undefined && this.servesKey(key, linked)) return true;
    if (action === 'kms:Decrypt' && this.functions.has(`${key.arn} ${this.inTemplate(principal)}`)) return true;
    const parameters = record.requestParameters ?? {};
    const context = parameters.encryptionContext ?? parameters[action === 'kms:ReEncryptTo' ? 'destinationEncryptionContext' : 'sourceEncryptionContext'];
    const request = {
      action,
      conditionKeys: conditionKeysOf(action, apiNames(parameters)) as Record<string, string>,
      ...(isContext(context) ? { encryptionContext: context } : {}),
    };
    const ways = invokedBy === undefined ? [undefined] : this.waysThrough(key, invokedBy);
    return this.callersBehind(key, principal).some((caller) => ways.some((viaService) => (
      this.allows(key, { ...request, principal: this.inTemplate(caller), ...(viaService === undefined ? {} : { viaService }) }, caller))));
  }

  /** Of callers of another account records of the key's account tell that account alone: it may have been any of those whom the policy names. */
  private callersBehind({ arn, policy }: TemplateKey, principal: string): readonly string[] {
    if (!/^\d{12}$/.test(principal)) return [principal];
    const named = JSON.stringify(policy).match(new RegExp(`arn:[a-z-]+:(?:iam|sts)::${principal}:[^"]+`, 'g')) ?? [];
    return [`arn:${arn.split(':')[1]}:iam::${principal}:root`, ...new Set(named)];
  }

  /** The `kms:ViaService` that a call through a service has. Some services are told as "AWS Internal" only: any that the policy names, then. */
  private waysThrough(key: TemplateKey, invokedBy: string): readonly (string | undefined)[] {
    const short = serviceName(invokedBy);
    if (short !== undefined) return [`${short}.${key.region}.amazonaws.com`];
    return [undefined, ...[...this.services.get(key)!].map((service) => `${service}.${key.region}.amazonaws.com`)];
  }

  /** Whether a service is one of those that the key's policy names, as principal or as a way. "AWS Internal" may be any of them. */
  private servesKey(key: TemplateKey, service: string): boolean {
    const short = serviceName(service);
    return short === undefined || this.services.get(key)!.has(short);
  }

  private allows(key: TemplateKey, request: Omit<KmsRequest, 'key'>, principal: string): boolean {
    const name = JSON.stringify([key.arn, request]);
    const known = this.decided.get(name);
    if (known !== undefined) return known;
    if (this.decided.size >= CACHED_AT_MOST) this.decided.clear();
    const allowed = this.mayBeAllowed(key, request, principal);
    this.decided.set(name, allowed);
    return allowed;
  }

  private mayBeAllowed(key: TemplateKey, request: Omit<KmsRequest, 'key'>, principal: string): boolean {
    // What authz cannot place is no principal that a policy could have let in.
    if (!/^arn:[^:]+:(iam|sts)::\d{12}:(root$|(user|role|assumed-role|federated-user)\/)/.test(principal)) return false;
    const unknown = { arn: request.principal, policies: [WHATEVER] };
    const world = this.made.has(request.principal) ? this.world : { identities: [...this.world.identities, unknown] };
    return decide(world, { ...request, key }, { bound: 'perhaps' }).allowed;
  }

  /** The principal as the templates call it: names that CloudFormation makes end otherwise there. */
  private inTemplate(principal: string): string {
    const known = this.asTemplate.get(principal);
    if (known !== undefined) return known;
    const name = this.identities.find(({ arn, pattern }) => arn === principal || pattern.test(principal))?.arn ?? principal;
    this.asTemplate.set(principal, name);
    return name;
  }
}

/** Policies of whom no template makes are not known, those of other accounts never: the key policy alone refuses them. */
const WHATEVER = { name: 'not known', document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] } } as const;

/** `s3` of `s3.amazonaws.com`, `s3.eu-west-1.amazonaws.com` or `s3`; undefined for what names no service. */
function serviceName(invokedBy: string): string | undefined {
  return /^([a-z0-9-]+(?:\.(?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?)?)$/.test(invokedBy) ? invokedBy.split('.')[0] : undefined;
}

function servicesIn({ policy }: TemplateKey): Set<string> {
  const hosts = JSON.stringify(policy).match(/"[a-z0-9-]+(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?"/g) ?? [];
  return new Set(hosts.map((host) => host.slice(1).split('.')[0]));
}

/** CloudTrail writes the API's names with a small letter first. */
function apiNames(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]));
}

function isContext(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((each) => typeof each === 'string');
}
