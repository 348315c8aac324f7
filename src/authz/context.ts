import { parseArn } from './arn';
import type { Caller } from './caller';
import type { GrantFacts, KeyFacts, KmsRequest, OneOrMore } from './types';
import { conditionKeyFacts, existsOn, MULTIVALUED_GLOBAL_KEYS } from '../spec/condition-keys';

/** The values a request carries for one condition key. */
export interface ContextValue {
  /** At least one. */
  readonly values: readonly string[];
  /** Whether the key is of the kind that may hold several, even if it holds one now. */
  readonly multivalued: boolean;
  /** Whether AWS leaves open if the request carries the key at all. */
  readonly doubtful: boolean;
}

/** For which policy and resource a condition key is read: not every key reaches everywhere. */
export interface Viewpoint {
  readonly inKeyPolicy: boolean;
  readonly resource: 'key' | 'alias' | 'none';
}

type Derive = (request: KmsRequest, caller: Caller, name: string) => OneOrMore<string> | undefined;

const ofKey = (read: (key: KeyFacts) => OneOrMore<string> | undefined): Derive => ({ key }) => key && read(key);

/** Condition keys that follow from the caller, the key and the encryption context, in lower case. */
const DERIVED: Readonly<Record<string, Derive>> = {
  'kms:calleraccount': (_, caller) => caller.account,
  'kms:viaservice': (request) => request.viaService,
  'kms:keyspec': ofKey((key) => key.spec),
  'kms:customermasterkeyspec': ofKey((key) => key.spec),
  'kms:keyusage': ofKey((key) => key.usage),
  'kms:customermasterkeyusage': ofKey((key) => key.usage),
  'kms:keyorigin': ofKey((key) => key.origin ?? 'AWS_KMS'),
  'kms:multiregion': ofKey((key) => String(key.multiRegion ?? false)),
  'kms:multiregionkeytype': ofKey((key) => (key.multiRegion ? key.multiRegionKeyType : undefined)),
  'kms:resourcealiases': ofKey((key) => key.aliases),
  'kms:requestalias': (request) => aliasName(request.requestedKeyId),
  'kms:encryptioncontextkeys': (request) => Object.keys(encryptionContextOf(request)),
  'kms:grantoperations': (request) => request.requestedGrant?.operations,
  'kms:grantconstrainttype': (request) => encryptionContextConstraints(request),
  'kms:grantconstraintsourcearn': (request) => request.requestedGrant?.constraints?.SourceArn,
  'aws:principalarn': (_, caller) => caller.principalArn,
  'aws:principalaccount': (_, caller) => caller.account,
  'aws:principaltype': (_, caller) => PRINCIPAL_TYPES[caller.kind],
  'aws:principalisawsservice': (_, caller) => String(caller.kind === 'service'),
  'aws:principalservicename': (_, caller) => (caller.kind === 'service' ? caller.principal : undefined),
  'aws:principalservicenameslist': (_, caller) => (caller.kind === 'service' ? caller.principal : undefined),
  'aws:principalorgid': (_, caller) => caller.identity?.organizationId,
  'aws:principalorgpaths': (_, caller) => caller.identity?.organizationPaths,
  'aws:username': (_, caller) => (caller.kind === 'user' ? caller.name : undefined),
  'aws:userid': (_, caller) => userId(caller),
  'aws:viaawsservice': (request) => String(request.viaService !== undefined),
  // KMS has TLS endpoints only.
  'aws:securetransport': () => 'true',
  'aws:requestedregion': (request) => resourceArn(request)?.region,
  'aws:resourceaccount': (request) => resourceArn(request)?.account,
};

/** The same for condition keys with a name of their own behind a prefix. */
const DERIVED_NAMED: readonly (readonly [string, Derive])[] = [
  ['kms:encryptioncontext:', (request, _, name) => valuesOf(encryptionContextOf(request), name)],
  ['aws:principaltag/', (_, caller, name) => valuesOf(caller.identity?.tags ?? {}, name)],
  ['aws:resourcetag/', (request, _, name) => valuesOf(request.key?.tags ?? {}, name)],
];

type Follow = (given: (name: string) => OneOrMore<string> | undefined) => string | undefined;

const list = (value: OneOrMore<string> | undefined): readonly string[] => (typeof value === 'string' ? [value] : value ?? []);

/** Condition keys that follow from another one that the request was given. */
const FOLLOWING: Readonly<Record<string, Follow>> = {
  'aws:calledviafirst': (given) => list(given('aws:calledvia')).at(0),
  'aws:calledvialast': (given) => list(given('aws:calledvia')).at(-1),
  'aws:epochtime': (given) => list(given('aws:currenttime')).map((time) => String(Math.floor(Date.parse(time) / 1000))).at(0),
  'aws:currenttime': (given) => list(given('aws:epochtime')).map((seconds) => new Date(Number(seconds) * 1000).toISOString()).at(0),
};

/** `aws:PrincipalType` (IAM User Guide, "IAM policy elements: Variables and tags", principal key values); not told for services. */
const PRINCIPAL_TYPES: Readonly<Record<Caller['kind'], string | undefined>> = {
  'user': 'User',
  'session': 'AssumedRole',
  'federated user': 'FederatedUser',
  'account root': 'Account',
  'service': undefined,
};

const MULTIVALUED = new Set(MULTIVALUED_GLOBAL_KEYS.map((name) => name.toLowerCase()));

/** The condition keys of one request. */
export class RequestContext {
  private readonly given: ReadonlyMap<string, OneOrMore<string>>;

  constructor(private readonly request: KmsRequest, private readonly caller: Caller) {
    this.given = new Map(Object.entries(request.conditionKeys ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  }

  /** What the request carries for a condition key, named in lower case; undefined where it carries nothing. */
  read(name: string, { inKeyPolicy, resource }: Viewpoint): ContextValue | undefined {
    if (!existsOn(name, this.request.action)) return undefined;
    const facts = conditionKeyFacts(name);
    const stated = this.given.get(name) ?? this.derive(name);
    const found = stated ?? facts?.default;
    const values = list(found);
    if (values.length === 0) return undefined;
    const doubtful = (inKeyPolicy && facts?.identityPoliciesOnly === true)
      // "You can't use condition keys in a policy statement where the resource is an alias" (KMS Developer Guide, alias-access).
      || (resource === 'alias' && facts?.source === 'key')
      || (stated === undefined && facts?.defaultDoubtful === true);
    return { values, multivalued: MULTIVALUED.has(name) || facts?.type === 'strings', doubtful };
  }

  /** The value of a policy variable: only condition keys with one value have one. */
  variableFor(viewpoint: Viewpoint): (name: string) => string | undefined {
    return (name) => {
      const found = this.read(name.toLowerCase(), viewpoint);
      return found && !found.multivalued && !found.doubtful && found.values.length === 1 ? found.values[0] : undefined;
    };
  }

  private derive(name: string): OneOrMore<string> | undefined {
    const followed = FOLLOWING[name];
    if (followed) return followed((other) => this.given.get(other));
    const derive = DERIVED[name];
    if (derive) return derive(this.request, this.caller, name);
    const named = DERIVED_NAMED.find(([prefix]) => name.startsWith(prefix));
    return named && named[1](this.request, this.caller, name.slice(named[0].length));
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
