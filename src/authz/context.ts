import { parseArn } from './arn';
import type { Caller } from './caller';
import type { KeyFacts, KmsRequest, OneOrMore } from './types';
import { conditionKeyFacts, existsOn, MULTIVALUED_GLOBAL_KEYS } from '../spec/condition-keys';

/** The values a request carries for one condition key. */
export interface ContextValue {
  /** At least one. */
  readonly values: readonly string[];
  /** Whether the key is of the kind that may hold several, even if it holds one now. */
  readonly multivalued: boolean;
}

type Derive = (request: KmsRequest, caller: Caller) => OneOrMore<string> | undefined;
type DeriveNamed = (request: KmsRequest, caller: Caller, name: string) => OneOrMore<string> | undefined;

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
  'kms:grantconstrainttype': grantConstraintType,
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
  // Of users and roles the id is made up by IAM and known to nobody here.
  'aws:userid': (_, caller) => (caller.kind === 'account root' ? caller.account : undefined),
  'aws:viaawsservice': (request) => String(request.viaService !== undefined),
  'aws:securetransport': () => 'true',
  'aws:requestedregion': (request) => parseArn(request.key?.arn ?? request.aliasArn ?? '')?.region,
  'aws:resourceaccount': (request) => parseArn(request.key?.arn ?? request.aliasArn ?? '')?.account,
};

/** The same for condition keys with a name of their own behind a prefix. */
const DERIVED_NAMED: readonly (readonly [string, DeriveNamed])[] = [
  ['kms:encryptioncontext:', (request, _, name) => valuesOf(encryptionContextOf(request), name)],
  ['aws:principaltag/', (_, caller, name) => valuesOf(caller.identity?.tags ?? {}, name)],
  ['aws:resourcetag/', (request, _, name) => valuesOf(request.key?.tags ?? {}, name)],
];

/** `aws:PrincipalType` (IAM User Guide, "AWS global condition context keys"); absent for services. */
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
  read(name: string): ContextValue | undefined {
    if (!existsOn(name, this.request.action)) return undefined;
    const found = this.given.get(name) ?? this.derive(name) ?? conditionKeyFacts(name)?.default;
    const values = found === undefined || typeof found === 'string' ? found && [found] : found;
    if (found === '') return { values: [''], multivalued: isMultivalued(name) };
    return values && values.length > 0 ? { values, multivalued: isMultivalued(name) } : undefined;
  }

  /** The value of a policy variable: only condition keys with one value have one. */
  readonly variable = (name: string): string | undefined => {
    const lower = name.toLowerCase();
    const found = this.read(lower);
    return found && !found.multivalued && found.values.length === 1 ? found.values[0] : undefined;
  };

  private derive(name: string): OneOrMore<string> | undefined {
    const derive = DERIVED[name];
    if (derive) return derive(this.request, this.caller);
    const named = DERIVED_NAMED.find(([prefix]) => name.startsWith(prefix));
    return named && named[1](this.request, this.caller, name.slice(named[0].length));
  }
}

/** The encryption context that counts: of CreateGrant it is the one of the constraint. */
export function encryptionContextOf({ encryptionContext, requestedGrant }: KmsRequest): Readonly<Record<string, string>> {
  const constraints = requestedGrant?.constraints;
  return encryptionContext ?? constraints?.EncryptionContextEquals ?? constraints?.EncryptionContextSubset ?? {};
}

function isMultivalued(name: string): boolean {
  return MULTIVALUED.has(name) || conditionKeyFacts(name)?.type === 'strings';
}

/** Names of encryption context pairs and tags are case-insensitive in condition keys, so two pairs may answer to one. */
function valuesOf(pairs: Readonly<Record<string, string>>, lowerName: string): string[] {
  return Object.keys(pairs).filter((name) => name.toLowerCase() === lowerName).map((name) => pairs[name]);
}

function aliasName(requestedKeyId: string | undefined): string | undefined {
  const id = requestedKeyId?.startsWith('arn:') ? parseArn(requestedKeyId)?.resource : requestedKeyId;
  return id?.startsWith('alias/') ? id : undefined;
}

function grantConstraintType({ requestedGrant }: KmsRequest): string | undefined {
  if (requestedGrant?.constraints?.EncryptionContextEquals) return 'EncryptionContextEquals';
  return requestedGrant?.constraints?.EncryptionContextSubset && 'EncryptionContextSubset';
}
