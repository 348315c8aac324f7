import { DOMAINS, HOME, READER } from './policies';
import type { KmsRequest, PolicyDocument, PolicyStatement } from '../../../src/authz';

/**
 * What a key policy allows, as formulas in SMT-LIB: said a second time, from AWS's pages and not from the engine, with free strings in place of
 * representative values.
 *
 * A request is: an action; a principal of a kind, with ARN and account, or a service; for each condition key whether it is there, and its value; names of
 * further pairs of the encryption context. Whoever is no service may have any IAM policy, or, where that is asked, none.
 */

const ACTIONS = [
  'CancelKeyDeletion', 'CreateAlias', 'CreateGrant', 'Decapsulate', 'Decrypt', 'DeleteAlias', 'DeleteImportedKeyMaterial', 'DeriveSharedSecret', 'DescribeKey',
  'DisableKey', 'DisableKeyRotation', 'EnableKey', 'EnableKeyRotation', 'Encapsulate', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext', 'GenerateMac', 'GetKeyLastUsage', 'GetKeyPolicy', 'GetKeyRotationStatus',
  'GetParametersForImport', 'GetPublicKey', 'ImportKeyMaterial', 'ListGrants', 'ListKeyPolicies', 'ListKeyRotations', 'ListResourceTags', 'PutKeyPolicy',
  'ReEncryptFrom', 'ReEncryptTo', 'ReplicateKey', 'RevokeGrant', 'RotateKeyOnDemand', 'ScheduleKeyDeletion', 'Sign', 'SynchronizeMultiRegionKey', 'TagResource',
  'UntagResource', 'UpdateAlias', 'UpdateKeyDescription', 'UpdatePrimaryRegion', 'Verify', 'VerifyMac',
];
const LOCAL = /^(Cancel|Create(?!Grant)|Delete|Disable|Enable(?!$)|GetKeyL|GetKeyP|GetPar|Import|ListKey|ListRes|Put|Replicate|Rotate|Schedule|Synch|Tag|Untag|Update)/;
const WITH_CONTEXT = [
  'CreateGrant', 'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom', 'ReEncryptTo',
];
/** Further names: one for each condition that may ask for one, and one more. */
const MORE_NAMES = 4;

const text = (value: string): string => `"${value.replace(/"/g, '""')}"`;
const and = (parts: readonly string[]): string => (parts.length === 0 ? 'true' : `(and ${parts.join(' ')})`);
const or = (parts: readonly string[]): string => (parts.length === 0 ? 'false' : `(or ${parts.join(' ')})`);
const not = (part: string): string => `(not ${part})`;
const implies = (one: string, other: string): string => `(=> ${one} ${other})`;
const isEmpty = (name: string): string => `(= ${name} "")`;

/** Kinds of principals, by number. */
const KINDS = { role: 0, user: 1, root: 2, service: 3, federated: 4 } as const;
const SERVICES = ['logs.us-east-1.amazonaws.com', 'another one'];
const CORE = /_(?:action|kind|service|arn)$/;
/** Neither empty nor a or b in either case. */
const OTHER_NAMES = '(re.union (re.++ re.allchar (re.+ re.allchar)) (re.range " " "@") (re.range "C" "`") (re.range "c" "~"))';
const NAME = '(re.+ (re.union (re.range "a" "z") (re.range "A" "Z") (str.to_re "-")))';
/** Roles and users may have a path (IAM User Guide, "IAM identifiers"). */
const NAME_IN_PATH = `(re.++ ${NAME} (re.* (re.++ (str.to_re "/") ${NAME})))`;

/** Letters of a pattern as a regular expression; `any` is what a wildcard takes. */
function regex(pattern: string, any = 're.allchar', fold = false): string {
  const parts = Array.from(pattern, (letter) => {
    if (!fold && letter === '*') return any === 're.allchar' ? 're.all' : `(re.* ${any})`;
    if (!fold && letter === '?') return any;
    const cases = [...new Set([letter.toLowerCase(), letter.toUpperCase()])];
    return fold && cases.length > 1 ? `(re.union ${cases.map((one) => `(str.to_re ${text(one)})`).join(' ')})` : `(str.to_re ${text(letter)})`;
  });
  return parts.length === 0 ? '(re.opt re.none)' : parts.length === 1 ? parts[0] : `(re.++ ${parts.join(' ')})`;
}

/** Printable letters but the colon. */
const NO_COLON = '(re.union (re.range " " "9") (re.range ";" "~"))';

/** Each of the first five parts of an ARN by itself. */
function arnRegex(pattern: string): string {
  const parts = pattern.split(':');
  const [head, tail] = [parts.slice(0, 5), parts.slice(5).join(':')];
  return `(re.++ ${head.map((part) => `${regex(part, NO_COLON)} (str.to_re ":")`).join(' ')} ${regex(tail)})`;
}

const DIGITS12 = '((_ re.^ 12) (re.range "0" "9"))';

/** One request, by a prefix for the names of its variables. */
export class EncodedRequest {
  constructor(private readonly prefix: string) {}

  name(variable: string): string {
    return `${this.prefix}_${variable}`;
  }

  has(key: string): string {
    return this.name(`has_${idOf(key)}`);
  }

  value(key: string): string {
    return this.name(`value_${idOf(key)}`);
  }

  /** Declarations, and what holds of any request, as far as formulas speak of it. */
  declarations(formulas: string): string[] {
    const one = (variable: string) => this.name(variable);
    const keys = DOMAINS.map(({ key }) => key).filter((key) => key !== 'aws:PrincipalArn');
    const service = this.is('service');
    const withContext = this.does(WITH_CONTEXT);
    const arnLike = (end: string, of = 'iam') => `(str.in_re ${one('arn')} (re.++ (str.to_re "arn:aws:${of}::") ${DIGITS12} ${end}))`;
    return [
      ...['action', 'kind', 'service'].map((variable) => `(declare-const ${one(variable)} Int)`),
      `(declare-const ${one('arn')} String)`,
      ...keys.flatMap((key) => [`(declare-const ${this.has(key)} Bool)`, `(declare-const ${this.value(key)} ${sortOf(key)})`]),
      ...more().flatMap((index) => [`(declare-const ${one(`more${index}`)} Bool)`, `(declare-const ${one(`name${index}`)} String)`]),
      ...['a', 'b'].flatMap((pair) => [`(declare-const ${one(`capital_${pair}`)} Bool)`, `(declare-const ${one(`twice_${pair}`)} Bool)`]),
      ...[
        `(and (>= ${one('action')} 0) (< ${one('action')} ${ACTIONS.length}))`,
        `(and (>= ${one('kind')} 0) (<= ${one('kind')} 4) (>= ${one('service')} 0) (<= ${one('service')} 1))`,
        ...(['role', 'user'] as const).map((kind) => implies(this.is(kind), arnLike(`(str.to_re ":${kind}/") ${NAME_IN_PATH}`))),
        implies(this.is('root'), arnLike('(str.to_re ":root")')),
        implies(this.is('federated'), arnLike(`(str.to_re ":federated-user/") ${NAME}`, 'sts')),
        // The root user of the key's own account is trusted.
        not(`(= ${one('arn')} "arn:aws:iam::${HOME}:root")`),
        implies(service, isEmpty(one('arn'))),
        // What follows from the principal.
        implies(not(service), this.has('kms:CallerAccount')),
        ...['aws:MultiFactorAuthAge', 'aws:MultiFactorAuthPresent', 'aws:PrincipalTag/team'].map((key) => implies(service, not(this.has(key)))),
        `(>= ${this.value('aws:MultiFactorAuthAge')} 0)`,
        implies(this.has('aws:MultiFactorAuthAge'), `(and ${this.has('aws:MultiFactorAuthPresent')} ${this.value('aws:MultiFactorAuthPresent')})`),
        this.has('aws:CurrentTime'),
        `(str.in_re ${this.value('aws:SourceArn')} ${arnRegex('arn:?*:?*:*:*:?*')})`,
        // The encryption context.
        ...['a', 'b'].map((pair) => implies(not(withContext), not(this.has(`kms:EncryptionContext:${pair}`)))),
        ...more().flatMap((index) => [implies(not(withContext), not(one(`more${index}`))), `(str.in_re ${one(`name${index}`)} ${OTHER_NAMES})`]),
        // Empty texts are left out.
        ...keys.filter((key) => sortOf(key) === 'String').map((key) => `(str.in_re ${this.value(key)} (re.+ re.allchar))`),
      ].filter((fact) => this.matters(fact, formulas)).map((fact) => `(assert ${fact})`),
    ];
  }

  /** That it is one request, as the engine takes it, as far as formulas speak of it. */
  equals({ principal, action, encryptionContext, requestedGrant, conditionKeys = {}, viaService }: KmsRequest, formulas: string): string[] {
    const service = !principal.startsWith('arn:');
    const kinds = [['root', /:root$/], ['user', /:user\//], ['federated', /:federated-user\//]] as const;
    const kind = service ? 'service' : kinds.find(([, pattern]) => pattern.test(principal))?.[0] ?? 'role';
    const constraints = requestedGrant?.constraints;
    const context = Object.entries(encryptionContext ?? constraints?.EncryptionContextSubset ?? constraints?.EncryptionContextEquals ?? {});
    const given: Record<string, string | undefined> = { 'kms:ViaService': viaService };
    for (const [key, value] of Object.entries(conditionKeys)) given[properKey(key)] = [value].flat()[0] as string | undefined;
    const pairs = ['a', 'b'].flatMap((pair) => {
      const [name, value] = context.find(([one]) => one.toLowerCase() === pair) ?? [];
      given[`kms:EncryptionContext:${pair}`] = value;
      const twice = context.filter(([one]) => one.toLowerCase() === pair).length > 1;
      return name === undefined ? [] : [`(= ${this.name(`capital_${pair}`)} ${String(name !== pair)})`, `(= ${this.name(`twice_${pair}`)} ${String(twice)})`];
    });
    const others = context.map(([name]) => name).filter((name) => !['a', 'b'].includes(name.toLowerCase()));
    if (others.length > MORE_NAMES) throw new Error(`the encoding has room for ${MORE_NAMES} names, not ${others.length}`);
    // A request that does not tell the time is at any time.
    const untold = (key: string) => (key === 'aws:CurrentTime' && given[key] === undefined) || (key === 'kms:CallerAccount' && !service);
    const keys = DOMAINS.map(({ key }) => key).filter((key) => key !== 'aws:PrincipalArn' && !untold(key));
    return [
      this.does([action.slice('kms:'.length)]),
      this.is(kind),
      service ? `(= ${this.name('service')} ${principal === SERVICES[0] ? 0 : 1})` : `(= ${this.name('arn')} ${text(principal)})`,
      ...pairs,
      ...more().map((index) => (others[index] === undefined ? not(this.name(`more${index}`))
        : and([this.name(`more${index}`), `(= ${this.name(`name${index}`)} ${text(others[index])})`]))),
      ...keys.map((key) => (given[key] === undefined ? not(this.has(key)) : and([this.has(key), `(= ${this.value(key)} ${literal(key, given[key])})`]))),
    ].filter((fact) => this.matters(fact, formulas));
  }

  /** That its principal is of one kind: each is easier than all. */
  kinds(): string[] {
    return Object.values(KINDS).map((kind) => `(= ${this.name('kind')} ${kind})`);
  }

  /** Whether a fact is of principal and action alone, or of something that formulas speak of. */
  private matters(fact: string, formulas: string): boolean {
    const named = [...new Set(fact.match(new RegExp(`\\b${this.prefix}_\\w+`, 'g')) ?? [])].filter((name) => !CORE.test(name));
    return named.length === 0 || named.some((name) => new RegExp(`\\b${name}\\b`).test(formulas));
  }

  private is(kind: keyof typeof KINDS): string {
    return `(= ${this.name('kind')} ${KINDS[kind]})`;
  }

  private isOf(account: string): string {
    const starts = ['iam', 'sts'].map((service) => `(str.to_re ${text(`arn:aws:${service}::${account}:`)})`);
    return `(str.in_re ${this.name('arn')} (re.++ (re.union ${starts.join(' ')}) re.all))`;
  }

  /** Whether it lacks a pair of the encryption context. */
  lacks(pair: string): string {
    return not(this.has(`kms:EncryptionContext:${pair}`));
  }

  isNotReader(): string {
    return not(`(= ${this.name('arn')} ${text(READER)})`);
  }

  does(actions: readonly string[]): string {
    return or(actions.map((action) => `(= ${this.name('action')} ${ACTIONS.indexOf(action)})`));
  }

  /**
   * @param withIam whether IAM policies of the key's account allow everything, or nothing. To name the account is to leave it to them ("Default key policy",
   *   KMS Developer Guide); what is denied to the account is denied either way.
   */
  allowed({ Statement }: PolicyDocument, withIam = true): string {
    const statements = Statement as readonly PolicyStatement[];
    const matching = (effect: string) => or(statements.filter(({ Effect }) => Effect === effect)
      .map((statement) => this.matches(statement, withIam || effect === 'Deny')));
    const crossing = this.does(ACTIONS.filter((action) => !LOCAL.test(action)));
    return and([or([this.isOf(HOME), this.is('service'), crossing]), matching('Allow'), not(matching('Deny'))]);
  }

  private matches({ Principal, Action, Condition = {} }: PolicyStatement, homeCounts: boolean): string {
    const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, wanted]) => this.condition(operator, key, [wanted].flat().map(String))));
    return and([this.who(Principal!, homeCounts), or([Action!].flat().map((pattern) => this.acts(pattern))), ...conditions]);
  }

  private acts(pattern: string): string {
    const name = pattern.slice(pattern.indexOf(':') + 1);
    const wild = new RegExp(`^${name.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i');
    return this.does(ACTIONS.filter((action) => wild.test(action)));
  }

  private who(principal: NonNullable<PolicyStatement['Principal']>, homeCounts: boolean): string {
    if (typeof principal === 'string') return 'true';
    return or(Object.entries(principal).flatMap(([kind, values]) => [values].flat().map((value) => {
      if (kind === 'Service') return `(and ${this.is('service')} (= ${this.name('service')} ${SERVICES.indexOf(value)}))`;
      if (value === '*') return 'true';
      const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(value)?.[1];
      if (account === HOME && !homeCounts) return 'false';
      return account === undefined ? or(arnsOf(value).map((arn) => `(= ${this.name('arn')} ${text(arn)})`)) : this.isOf(account);
    })));
  }

  private condition(operator: string, key: string, wanted: readonly string[]): string {
    if (operator === 'Null') return or(wanted.map((value) => (value === 'true' ? not(this.isThere(key)) : this.isThere(key))));
    const [, set, full] = /^(?:(For\w+):)?(\w+)$/.exec(operator)!;
    if (set !== undefined) return this.onNames(set, full, wanted);
    const name = full.replace('IfExists', '');
    const negated = name.includes('Not');
    const matched = or(wanted.map((value) => this.compared(name.replace('Not', ''), key, value)));
    const found = negated ? not(matched) : matched;
    return full.endsWith('IfExists') || negated ? implies(this.isThere(key), found) : and([this.isThere(key), found]);
  }

  private compared(operator: string, key: string, wanted: string): string {
    if (key === 'aws:PrincipalArn') return comparison(operator, this.name('arn'), wanted);
    // An identity's account is the one in its ARN; which a service has, if any, no page says.
    if (key === 'kms:CallerAccount') return `(ite ${this.is('service')} (= ${this.value(key)} ${text(wanted)}) ${this.isOf(wanted)})`;
    return comparison(operator, this.value(key), wanted);
  }

  private isThere(key: string): string {
    if (key === 'aws:PrincipalArn') return not(this.is('service'));
    return key === 'kms:EncryptionContextKeys' ? or(this.names().map(([there]) => there)) : this.has(key);
  }

  private names(): [string, string][] {
    // A name in small letters, in a capital, or in both with one value.
    const read = ['a', 'b'].flatMap((pair): [string, string][] => {
      const [there, capital, twice] = [this.has(`kms:EncryptionContext:${pair}`), this.name(`capital_${pair}`), this.name(`twice_${pair}`)];
      return [[and([there, or([capital, twice])]), `"${pair.toUpperCase()}"`], [and([there, or([not(capital), twice])]), `"${pair}"`]];
    });
    return [...read, ...more().map((index): [string, string] => [this.name(`more${index}`), this.name(`name${index}`)])];
  }

  private onNames(set: string, operator: string, wanted: readonly string[]): string {
    const fits = (name: string) => or(wanted.map((value) => comparison(operator, name, value)));
    if (set === 'ForAllValues') return and(this.names().map(([there, name]) => implies(there, fits(name))));
    return or(this.names().map(([there, name]) => and([there, fits(name)])));
  }
}

/** A role's or user's ARN, and the one of the session that a user has by GetFederationToken, if it takes the user's name. */
function arnsOf(arn: string): string[] {
  const [, start, account, name] = /^(arn:aws):iam::(\d{12}):user\/(.+)$/.exec(arn) ?? [];
  return start === undefined ? [arn] : [arn, `${start}:sts::${account}:federated-user/${name}`];
}

const more = (): number[] => Array.from({ length: MORE_NAMES }, (_, index) => index);
const idOf = (key: string): string => key.replace(/\W/g, '_');

function sortOf(key: string): string {
  if (key === 'aws:SourceIp') return '(_ BitVec 32)';
  if (key === 'aws:MultiFactorAuthPresent') return 'Bool';
  return key === 'aws:MultiFactorAuthAge' || key === 'aws:CurrentTime' ? 'Int' : 'String';
}

/** A condition key as this file writes it. */
function properKey(key: string): string {
  return DOMAINS.find((domain) => domain.key.toLowerCase() === key.toLowerCase())?.key ?? key;
}

/** A value as the sort of its key. */
function literal(key: string, value: string): string {
  if (key === 'aws:MultiFactorAuthPresent' || key === 'aws:MultiFactorAuthAge') return value;
  if (key === 'aws:CurrentTime') return String(Date.parse(value));
  if (key !== 'aws:SourceIp') return text(value);
  // An address of the other family is in no range, as is one that no policy here speaks of.
  return `#b${bitsOf(value.includes(':') ? '192.0.2.1' : value)}`;
}

const bitsOf = (address: string): string => address.split('.').map((part) => Number(part).toString(2).padStart(8, '0')).join('');

const ORDERS: Readonly<Record<string, string>> = { Equals: '=', LessThan: '<', LessThanEquals: '<=', GreaterThan: '>', GreaterThanEquals: '>=' };

/** One comparison, not negated. */
function comparison(operator: string, value: string, wanted: string): string {
  switch (operator) {
    case 'StringEquals': return `(= ${value} ${text(wanted)})`;
    case 'StringEqualsIgnoreCase': return `(str.in_re ${value} ${regex(wanted, 're.allchar', true)})`;
    case 'StringLike': return `(str.in_re ${value} ${regex(wanted)})`;
    case 'ArnEquals': case 'ArnLike': return `(str.in_re ${value} ${arnRegex(wanted)})`;
    case 'Bool': return wanted === 'true' ? value : not(value);
    case 'IpAddress': return inRange(value, wanted);
    default: break;
  }
  const [, type, order] = /^(Numeric|Date)(\w+)$/.exec(operator)!;
  return `(${ORDERS[order]} ${value} ${type === 'Date' ? Date.parse(wanted) : wanted})`;
}

function inRange(value: string, range: string): string {
  const [address, prefix = '32'] = range.split('/');
  const bits = bitsOf(address).slice(0, Number(prefix));
  return `(= ((_ extract 31 ${32 - Number(prefix)}) ${value}) #b${bits})`;
}
