import type { Home } from './deployments';
import { servedIn } from './deployments';
import type { Dispatcher } from './dispatcher';
import type { LocalKey, LocalKmsOptions } from './options';
import type { PolicyDocument } from '../authz/types';
import { whyRefused } from '../spec/policy-grammar';
import { isUnknownDocument } from '../template';
import type { Deployment, TemplateAlias } from '../template/types';

const SHOWN_AT_MOST = 30;

const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/;

/** A key of the local KMS, and its name for people. */
interface NamedKey {
  readonly arn: string;
  readonly shown: string;
}

/** The keys there were at the start, by all their names. */
export class KeyInventory {
  private readonly byArn = new Map<string, NamedKey>();
  private readonly byName = new Map<string, Set<NamedKey>>();
  /** Aliases of templates by their ARN. */
  private readonly aliases = new Map<string, TemplateAlias>();

  constructor(private readonly dispatcher: Dispatcher, private readonly home: Home) {}

  /**
   * Puts the keys of a template there.
   *
   * @throws Error for a key whose policy KMS refuses: it cannot have been deployed
   */
  public addDeployment(deployment: Deployment): void {
    for (const key of deployment.keys) {
      const { stack, logicalId, path } = key;
      const names = [...(path ? [path.replace(/\/Resource$/, ''), path] : []), logicalId, `${stack}.${logicalId}`];
      if (!isUnknownDocument(key.policy)) requirePolicy(key.policy, names[0]);
      const arn = this.dispatcher.addKey(key);
      this.add(arn, [...names, arn, key.keyId]);
    }
    for (const alias of deployment.aliases.filter(servedIn(deployment))) this.addAlias(alias);
  }

  /**
   * Puts keys there that come without a template.
   *
   * @throws Error for a key whose policy KMS refuses
   */
  public addKeys(keys: LocalKmsOptions['keys'] = []): void {
    for (const [index, { aliases = [], policy, ...definition }] of keys.entries()) {
      if (policy !== undefined) requirePolicy(policy, nameOfGiven(keys[index], index));
      const arn = this.dispatcher.addKey({ ...definition, policy: policy ?? defaultPolicy(definition.account ?? this.home.account) });
      this.add(arn, [...aliases, arn, arn.split('/').pop()!]);
      for (const alias of aliases) this.dispatcher.addAlias(alias, arn);
    }
  }

  /** ARNs of all keys there were at the start. */
  public get arns(): readonly string[] {
    return [...this.byArn.keys()];
  }

  /**
   * The ARN of a key, by key id, alias, logical id, `Stack.LogicalId` or construct path. A key ARN is taken as it is: the key may have
   * been made since.
   *
   * @throws Error if none or more than one is meant
   */
  public arnOf(reference: string): string {
    if (KEY_ARN.test(reference)) return reference;
    const meant = [...this.byName.get(reference) ?? []];
    if (meant.length === 1) return meant[0].arn;
    if (meant.length) throw new Error(`'${reference}' could be ${listed(meant)}: use the ARN`);
    throw new Error(`no key '${reference}' here: ${this.byArn.size ? `there are ${listed([...this.byArn.values()])}` : 'there are none'}`);
  }

  /** What people call a key: its construct path, logical id or alias; a key made later has its ARN only. */
  public nameOf(arn: string): string {
    return this.byArn.get(arn)?.shown ?? arn;
  }

  /** Of several stacks that make it, the first has it; a stack that makes it twice cannot be deployed. */
  private addAlias(alias: TemplateAlias): void {
    const { stack, logicalId, name, arn: aliasArn, targetKeyArn } = alias;
    const first = this.aliases.get(aliasArn);
    if (first?.stack === stack) throw new Error(`stack '${stack}' makes ${name} twice, as ${first.logicalId} and as ${logicalId}: CloudFormation fails with AlreadyExistsException`);
    if (first) return;
    this.aliases.set(aliasArn, alias);
    this.dispatcher.addAlias(name, targetKeyArn);
    this.name(this.byArn.get(targetKeyArn)!, [name, aliasArn]);
  }

  private add(arn: string, names: readonly string[]): void {
    const key = { arn, shown: names[0] };
    this.byArn.set(arn, key);
    this.name(key, names);
  }

  private name(key: NamedKey, names: readonly string[]): void {
    for (const name of names) this.byName.set(name, (this.byName.get(name) ?? new Set()).add(key));
  }
}

function listed(keys: readonly NamedKey[]): string {
  const first = keys.slice(0, SHOWN_AT_MOST).map(({ arn, shown }) => (shown === arn ? arn : `${shown} (${arn})`)).join(', ');
  return keys.length > SHOWN_AT_MOST ? `${first} and ${keys.length - SHOWN_AT_MOST} more` : first;
}

/** What people call a key that comes without a template. */
export function nameOfGiven({ aliases = [], keyId }: LocalKey, index: number): string {
  return aliases[0] ?? keyId ?? `keys[${index}]`;
}

function requirePolicy(policy: PolicyDocument, name: string): void {
  const why = whyRefused(policy, 'key policy', { resolved: true });
  if (why !== undefined) throw new Error(`key '${name}' has a policy that KMS refuses. ${why[0].toUpperCase()}${why.slice(1)}`);
}

/** KMS Developer Guide, "Default key policy". */
function defaultPolicy(account: string): PolicyDocument {
  return {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [{
      Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*',
    }],
  };
}
