import { createHash } from 'node:crypto';
import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import { PolicyDocument, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { callersOf, grantedBy, issuerOfRole, merged, type Callers, type Granted, type Issuer } from './granted';
import { KEY, KEY_OF_GENERATIONS, authorOf, isMarked, memberOf } from '../app/constructs';
import type { KeyUse, KeyUses } from '../app/key-uses';
import { roleNamedIn } from '../app/named-roles';
import { propertyOf } from '../app/rendering';
import { referencesOf } from '../app/resolved-value';
import type { KeysmithKey } from '../keys';
import { deployerOf } from '../policy/deployer';
import type { Moment } from '../policy/key-policy';
import type { StatementJson } from '../policy/statements';
import { USE } from '../spec/actions';
import { KEY_SPECS, hasPublicKey, type KeySpecName } from '../spec/key-specs';
import { ServiceRowTime } from '../spec/services';

/** Request quotas that keys count against, by CloudWatch's names (KMS Developer Guide, "Request quotas"; namespace AWS/Usage). */
export type QuotaName = 'CryptographicOperationsSymmetric' | 'CryptographicOperationsRsa' | 'CryptographicOperationsEcc';

/** What is looked at, besides its policy, for who may use a key. */
export interface Granting {
  /** Whom the author of the alarms names. */
  readonly besides: readonly IPrincipal[];
  readonly uses: KeyUses;
  /** The alarms. */
  readonly scope: IConstruct;
}

/** A key that alarms watch: one of this library, of CDK, or one that was imported, of which nobody here knows more than its ARN. */
export class WatchedKey {
  public readonly arn: string;
  /** The path of what people call it: of a key that has generations now, and had none when it was made, that key's. */
  public readonly path: string;
  /** What people call it. */
  public readonly label: string;
  private readonly resource?: CfnResource;

  constructor(public readonly key: IKey) {
    this.arn = key.keyArn;
    // `Key.fromCfnKey(cfnKey)` lies below the resource.
    this.resource = [key.node.defaultChild, key.node.scope].filter(CfnResource.isCfnResource).find(({ cfnResourceType }) => /^AWS::KMS::(Replica)?Key$/.test(cfnResourceType));
    const author = authorOf(this.resource ?? key);
    this.path = isMarked<KeysmithKey>(key, KEY) ? author.node.path : key.node.path;
    this.label = `'${author.node.path}'`;
  }

  /** The deployers: what they change is what a deployment is. */
  public get deployers(): Callers {
    const principal = isMarked<KeysmithKey>(this.key, KEY) ? this.key.deployer : deployerOf(this.key);
    return principal ? callersOf(principal, this.key) : { issuers: [], users: [] };
  }

  /** The key that this is a generation of, if it has several: the others may sign for it, or it for them, while a deployment changes which does. */
  public get family(): KeysmithKey | undefined {
    const { scope } = this.key.node;
    return isMarked<KeysmithKey>(scope, KEY_OF_GENERATIONS) && scope._keys.length > 1 ? scope : undefined;
  }

  /** Who may do one of the actions by the key's policy, or by grants that services make for roles, and whom their author names besides. */
  public granted(actions: readonly string[], moment: Moment, { besides, uses, scope }: Granting): Granted {
    const named = grantedBy(besides.map(({ policyFragment }): StatementJson => (
      { Sid: 'Granted', Effect: 'Allow', Principal: policyFragment.principalJson, Action: 'kms:*', Resource: '*' })), actions, this.key);
    const statements = this.statements(moment);
    const byPolicy = grantedBy(statements ?? [], actions, this.key);
    const byGrants = { ...byPolicy, issuers: this.underGrants(actions, uses, scope) };
    const both = merged(named, merged(byPolicy, byGrants));
    const open = statements ? byPolicy.openBecause : 'its policy is not in this app';
    return { ...both, openBecause: besides.length ? undefined : open };
  }

  /** Roles of resources that have a view of the key, where the service makes a grant for the role: a function decrypts its environment so. */
  private underGrants(actions: readonly string[], uses: KeyUses, scope: IConstruct): Issuer[] {
    return uses.all.filter(({ view }) => view && memberOf(view, 'key') === this.key).flatMap(({ view, resource }) => view!.service.rows.flatMap(({ when, rolePath, actions: allowed }) => {
      const isMeant = when === ServiceRowTime.UNDER_GRANT && rolePath !== undefined && allowed.some((action) => actions.includes(action));
      const role = isMeant ? roleNamedIn(resource, rolePath) : undefined;
      return (role ? issuerOfRole(role, scope) : undefined) ?? [];
    }));
  }

  /** Names of the cryptographic operations of the key, as CloudTrail has them. */
  public get uses(): string[] {
    const { usage } = this;
    const isFor = (usages: readonly string[]) => usage === undefined || usages.includes(usage);
    const actions = Object.entries(USE).filter(([, usages]) => isFor(usages)).map(([action]) => action);
    const asymmetric = this.spec !== undefined && hasPublicKey(this.spec);
    const possible = asymmetric ? actions.filter((action) => !action.includes('GenerateDataKey')) : actions;
    return [...new Set(possible.map((action) => action.replace(/^kms:/, '').replace(/^ReEncrypt(From|To)$/, 'ReEncrypt')))];
  }

  public get mayHavePublicKey(): boolean {
    return this.spec === undefined || hasPublicKey(this.spec);
  }

  public get mayReplicate(): boolean {
    return this.resource === undefined || propertyOf(this.resource, 'MultiRegion') === true || this.resource.cfnResourceType === 'AWS::KMS::ReplicaKey';
  }

  public get mayRotate(): boolean {
    return this.spec === undefined || this.spec === 'SYMMETRIC_DEFAULT';
  }

  /** Whether somebody brought the material: it can be deleted, and expires. */
  public get mayBeImported(): boolean {
    return this.resource === undefined || propertyOf(this.resource, 'Origin') === 'EXTERNAL';
  }

  public get isImported(): boolean {
    return this.resource !== undefined && this.mayBeImported;
  }

  public get quota(): QuotaName | undefined {
    const spec = this.spec ?? 'SYMMETRIC_DEFAULT';
    if (spec === 'SYMMETRIC_DEFAULT' || spec.startsWith('HMAC')) return 'CryptographicOperationsSymmetric';
    if (spec.startsWith('RSA')) return 'CryptographicOperationsRsa';
    return /^(ECC|SM2)/.test(spec) ? 'CryptographicOperationsEcc' : undefined;
  }

  /** ARNs of the aliases that the app gives the key: their records name the alias, and of an alias that is moved away not the key. */
  public aliases(uses: KeyUses): string[] {
    return uses.ofType('AWS::KMS::Alias').filter((alias) => referencesOf(alias, 'TargetKeyId').targets.some((target) => target === this.resource))
      .map((alias) => Stack.of(alias).formatArn({ service: 'kms', resource: String(propertyOf(alias, 'AliasName')) }));
  }

  private get spec(): KeySpecName | undefined {
    if (isMarked<KeysmithKey>(this.key, KEY)) return this.key._keySpec;
    if (!this.resource) return undefined;
    const spec = propertyOf(this.resource, 'KeySpec') ?? 'SYMMETRIC_DEFAULT';
    return typeof spec === 'string' && spec in KEY_SPECS ? spec as KeySpecName : undefined;
  }

  private get usage(): string | undefined {
    if (isMarked<KeysmithKey>(this.key, KEY)) return this.key.keyUsage;
    const usage = this.resource && (propertyOf(this.resource, 'KeyUsage') ?? 'ENCRYPT_DECRYPT');
    return typeof usage === 'string' ? usage : undefined;
  }

  /** Of generations, what holds for any of them holds for all: which of them signs changes in the midst of a deployment, before or after the rules do. KMS enforces it. */
  private statements(moment: Moment): readonly StatementJson[] | undefined {
    if (this.family) return this.family._keys.flatMap((generation) => generation._allowing(moment));
    if (isMarked<KeysmithKey>(this.key, KEY)) return this.key._allowing(moment);
    return this.resource && statementsOf(this.resource).filter(({ Effect }) => Effect === 'Allow');
  }
}

/** Names keys: what ids of their own alarms and rules end in. */
export type Namer = (key: Pick<WatchedKey, 'path'>) => string;

/** Names are paths without what ids do not take. Keys that are told apart by that alone (`Data-1` and `Data1`) get a hash of their path besides. */
export function namerOf(keys: readonly Pick<WatchedKey, 'path'>[]): Namer {
  const paths = [...new Set(keys.map(({ path }) => path))];
  const plain = (path: string) => path.replace(/\W+/g, '');
  const taken = (name: string) => paths.filter((path) => plain(path) === name).length > 1;
  return ({ path }) => (taken(plain(path)) ? `${plain(path)}${createHash('sha256').update(path).digest('hex').slice(0, 8)}` : plain(path));
}

/** The statements of a key policy that is not of this library. A policy document that resolves freezes its statements, which their makers may still add to. */
export function statementsOf(key: CfnResource): StatementJson[] {
  const policy = propertyOf(key, 'KeyPolicy');
  const document: unknown = policy instanceof PolicyDocument ? policy.toJSON() : Token.isUnresolved(policy) ? Stack.of(key).resolve(policy) : policy;
  const { Statement = [] } = (document ?? {}) as { Statement?: StatementJson | StatementJson[] };
  return ([] as StatementJson[]).concat(Statement);
}

/** Whether a resource, like a topic that alarms are sent to, encrypts with a key of the app. */
export function encrypts(key: IKey, resource: IConstruct | undefined, uses: KeyUses): boolean {
  const isKey = ({ view, target }: KeyUse) => (
    view ? memberOf(view, 'key') === key : target !== undefined && [key.node.defaultChild, key.node.scope].includes(target));
  return uses.all.some((use) => use.resource === resource && isKey(use));
}
