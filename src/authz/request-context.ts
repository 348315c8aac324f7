import { parseArn } from './arn';
import type { Caller } from './caller';
import { UNCLEAR } from './pattern';
import type { VariableValues } from './pattern';
import type { Bound, GrantFacts, KeyFacts, KmsRequest, OneOrMore } from './types';
import { unknownValue } from './unknown-values';
import { conditionKeyFacts, existsOn } from '../spec/condition-keys';
import { globalConditionKeyFacts, VPC_ENDPOINT_KEYS } from '../spec/global-condition-keys';

/** What policies are evaluated against (IAM User Guide, "Request context"): principal, action, resource and condition keys. */
export interface RequestContext {
  /** `kms:Decrypt`. */
  readonly action: string;
  /** Key ARN, alias ARN, or `*` for actions on no resource. */
  readonly resource: string;
  readonly resourceKind: ConditionScope['resource'];
  readonly caller: Caller;
  readonly conditionKeys: ConditionKeys;
  readonly bound: Bound;
}

/** The values a request carries for one condition key. */
export interface ContextValue {
  /** At least one. */
  readonly values: readonly string[];
  /** Whether the key is of the kind that may hold several, even if it holds one now. */
  readonly multivalued: boolean;
  /** Whether it is open if the request carries the key at all: AWS's pages do not say, or nothing here tells. */
  readonly doubtful: boolean;
}

/** The policy and resource for which a condition key is read: not every key reaches everywhere. */
export interface ConditionScope {
  readonly inKeyPolicy: boolean;
  readonly resource: 'key' | 'alias' | 'none';
}

type Derive = (request: KmsRequest, caller: Caller, name: string) => OneOrMore<string> | undefined;

const ofKey = (read: (key: KeyFacts) => OneOrMore<string> | undefined): Derive => ({ key }) => key && read(key);

/** Condition keys that follow from the caller, the key and the encryption context, in lower case. */
const DERIVED: ReadonlyMap<string, Derive> = new Map<string, Derive>([
  ['kms:calleraccount', (_, caller) => caller.account],
  ['kms:viaservice', (request) => request.viaService],
  ['kms:keyspec', ofKey((key) => key.spec)],
  ['kms:customermasterkeyspec', ofKey((key) => key.spec)],
  ['kms:keyusage', ofKey((key) => key.usage)],
  ['kms:customermasterkeyusage', ofKey((key) => key.usage)],
  ['kms:keyorigin', ofKey((key) => key.origin ?? 'AWS_KMS')],
  ['kms:multiregion', ofKey((key) => String(key.multiRegion ?? false))],
  ['kms:multiregionkeytype', ofKey((key) => (key.multiRegion ? key.multiRegionKeyType : undefined))],
  ['kms:resourcealiases', ofKey((key) => key.aliases)],
  ['kms:requestalias', (request) => aliasName(request.requestedKeyId)],
  ['kms:encryptioncontextkeys', (request) => Object.keys(encryptionContextOf(request))],
  ['kms:grantoperations', (request) => request.requestedGrant?.operations],
  ['kms:grantconstrainttype', (request) => encryptionContextConstraints(request)],
  ['kms:grantconstraintsourcearn', (request) => request.requestedGrant?.constraints?.SourceArn],
  ['aws:principalarn', (_, caller) => caller.principalArn],
  ['aws:principalaccount', (_, caller) => caller.account],
  ['aws:principaltype', (_, caller) => PRINCIPAL_TYPES[caller.kind]],
  ['aws:principalisawsservice', (_, caller) => String(caller.kind === 'service')],
  ['aws:principalservicename', (_, caller) => (caller.kind === 'service' ? caller.principal : undefined)],
  // Beside the name that calls there are those of the service's other forms, regional or not.
  ['aws:principalservicenameslist', (_, caller) => (caller.kind === 'service' ? [caller.principal, unknownValue('aws:principalservicenameslist')] : undefined)],
  ['aws:principalorgid', (_, caller) => caller.identity?.organizationId],
  ['aws:principalorgpaths', (_, caller) => caller.identity?.organizationPaths],
  ['aws:username', (_, caller) => (caller.kind === 'user' ? caller.name : undefined)],
  ['aws:userid', (_, caller) => userId(caller)],
  ['aws:viaawsservice', (request) => String(request.viaService !== undefined)],
  // KMS has TLS endpoints only.
  ['aws:securetransport', () => 'true'],
  ['aws:requestedregion', (request) => resourceArn(request)?.region],
  ['aws:resourceaccount', (request) => resourceArn(request)?.account],
]);

/** The same for condition keys with a name of their own behind a prefix. */
const DERIVED_NAMED: readonly (readonly [string, Derive])[] = [
  ['kms:encryptioncontext:', (request, _, name) => valuesOf(encryptionContextOf(request), name)],
  ['aws:principaltag/', (_, caller, name) => valuesOf(caller.identity?.tags ?? {}, name)],
  ['aws:resourcetag/', (request, _, name) => valuesOf(request.key?.tags ?? {}, name)],
];

type Follow = (given: (name: string) => OneOrMore<string> | undefined) => string | undefined;

const list = (value: OneOrMore<string> | undefined): readonly string[] => (typeof value === 'string' ? [value] : value ?? []);

/** Condition keys that follow from another one that the request was given. */
const FOLLOWING: ReadonlyMap<string, Follow> = new Map<string, Follow>([
  ['aws:calledviafirst', (given) => list(given('aws:calledvia')).at(0)],
  ['aws:calledvialast', (given) => list(given('aws:calledvia')).at(-1)],
  ['aws:epochtime', (given) => list(given('aws:currenttime')).flatMap((time) => epochSeconds(time) ?? []).at(0)],
  ['aws:currenttime', (given) => list(given('aws:epochtime')).flatMap((seconds) => isoTime(seconds) ?? []).at(0)],
]);

/** `aws:PrincipalType` (IAM User Guide, "IAM policy elements: Variables and tags", principal key values); not told for services. */
const PRINCIPAL_TYPES: Readonly<Record<Caller['kind'], string | undefined>> = {
  'user': 'User',
  'session': 'AssumedRole',
  'federated user': 'FederatedUser',
  'account root': 'Account',
  'service': undefined,
};

/** The condition keys of one request. */
export class ConditionKeys {
  private readonly given: ReadonlyMap<string, OneOrMore<string>>;

  constructor(private readonly request: KmsRequest, private readonly caller: Caller, private readonly bound: Bound) {
    this.given = new Map(Object.entries(request.conditionKeys ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  }

  /** What the request carries for a condition key, named in lower case; undefined where it carries nothing. */
  read(name: string, { inKeyPolicy, resource }: ConditionScope): ContextValue | undefined {
    if (!existsOn(name, this.request.action)) return undefined;
    const facts = conditionKeyFacts(name);
    const multivalued = facts?.type === 'strings' || globalConditionKeyFacts(name)?.multivalued === true;
    const stated = this.given.get(name) ?? this.derive(name);
    if (stated === undefined) {
      const presence = this.presence(name);
      if (presence !== 'no') return { values: [unknownValue(name)], multivalued, doubtful: presence === 'unclear' };
    }
    const values = list(stated ?? facts?.default);
    if (values.length === 0) return undefined;
    const doubtful = (inKeyPolicy && facts?.identityPoliciesOnly === true)
      // "You can't use condition keys in a policy statement where the resource is an alias" (KMS Developer Guide, alias-access).
      || (resource === 'alias' && facts?.source === 'key')
      || (stated === undefined && facts?.defaultDoubtful === true);
    return { values, multivalued, doubtful };
  }

  /** The value of a policy variable: only condition keys with one value have one. */
  variableFor(scope: ConditionScope): VariableValues {
    return (name) => {
      const found = this.read(name.toLowerCase(), scope);
      if (!found || found.multivalued || found.values.length !== 1) return undefined;
      return found.doubtful ? UNCLEAR : found.values[0];
    };
  }

  private derive(name: string): OneOrMore<string> | undefined {
    const followed = FOLLOWING.get(name);
    if (followed) return followed((other) => this.given.get(other));
    const derive = DERIVED.get(name);
    if (derive) return derive(this.request, this.caller, name);
    const named = DERIVED_NAMED.find(([prefix]) => name.startsWith(prefix));
    return named && named[1](this.request, this.caller, name.slice(named[0].length));
  }

  /** Whether the request carries a key whose value is not known here. */
  private presence(name: string): 'yes' | 'no' | 'unclear' {
    const { kind } = this.caller;
    // Of service principals no page says whether they have a `kms:CallerAccount`, and which.
    if (name === 'kms:calleraccount') return kind === 'service' ? 'unclear' : 'no';
    switch (globalConditionKeyFacts(name)?.carried) {
      case 'always': return 'yes';
      case 'with temporary credentials': return this.temporaryCredentials();
      case 'outside VPC endpoints': return VPC_ENDPOINT_KEYS.some((key) => list(this.given.get(key.toLowerCase())).length > 0) ? 'no' : 'unclear';
      case 'through services': return this.request.viaService === undefined ? 'no' : 'unclear';
      case 'for resources in organizations': return 'unclear';
      default: return 'no';
    }
  }

  /**
   * Whether the request carries what only temporary credentials bring, and not all of them. A user or root user signs with access keys of
   * its own as long as nothing tells otherwise; that it has called GetSessionToken may be.
   */
  private temporaryCredentials(): 'no' | 'unclear' {
    const { kind } = this.caller;
    if (kind === 'service') return 'no';
    if (kind === 'session' || kind === 'federated user' || this.request.viaService !== undefined || this.bound === 'perhaps') return 'unclear';
    return list(this.given.get('aws:tokenissuetime')).length > 0 ? 'unclear' : 'no';
  }
}

/** The encryption context that counts: of CreateGrant and RetireGrant it is the one of the grant's constraint. */
export function encryptionContextOf(request: KmsRequest): Readonly<Record<string, string>> {
  const constraints = constraintsOf(request);
  return request.encryptionContext ?? constraints?.EncryptionContextEquals ?? constraints?.EncryptionContextSubset ?? {};
}

function constraintsOf({ action, requestedGrant, grantId, key }: KmsRequest): GrantFacts['constraints'] {
  return action === 'kms:RetireGrant' ? key?.grants?.find((grant) => grant.grantId === grantId)?.constraints : requestedGrant?.constraints;
}

/** `kms:GrantConstraintType`: it tells of encryption context constraints only. */
function encryptionContextConstraints(request: KmsRequest): string[] {
  const constraints = constraintsOf(request) ?? {};
  return ['EncryptionContextEquals', 'EncryptionContextSubset'].filter((type) => Object.hasOwn(constraints, type));
}

/** Names of encryption context pairs and tags are case-insensitive in condition keys, so two pairs may answer to one. */
function valuesOf(pairs: Readonly<Record<string, string>>, lowerName: string): string[] {
  return Object.keys(pairs).filter((name) => name.toLowerCase() === lowerName).map((name) => pairs[name]);
}

function aliasName(requestedKeyId: string | undefined): string | undefined {
  const id = requestedKeyId?.startsWith('arn:') ? parseArn(requestedKeyId)?.resource : requestedKeyId;
  return id?.startsWith('alias/') ? id : undefined;
}

/** Of users and role sessions the id begins with one that IAM makes up: nobody here knows it. */
function userId({ kind, account, name }: Caller): string | undefined {
  if (kind === 'account root') return account;
  return kind === 'federated user' ? `${account}:${name}` : undefined;
}

function resourceArn({ key, aliasArn }: KmsRequest): ReturnType<typeof parseArn> {
  return parseArn(key?.arn ?? aliasArn ?? '');
}

function epochSeconds(time: string): string | undefined {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? undefined : String(Math.floor(milliseconds / 1000));
}

function isoTime(seconds: string): string | undefined {
  const time = new Date(Number(seconds) * 1000);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
