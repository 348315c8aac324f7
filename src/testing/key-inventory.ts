import type { Home } from './deployments';
import { isServed } from './deployments';
import type { Dispatcher } from './dispatcher';
import type { LocalKmsOptions } from './options';
import type { PolicyDocument } from '../authz/types';
import { whyRefused } from '../spec/policy-grammar';
import { isUnknownDocument } from '../template';
import type { Deployment, TemplateAlias } from '../template/types';

const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/;

/** A key of the local KMS and everything it may be called. */
interface NamedKey {
  readonly arn: string;
  /** The first is the one for people. */
  readonly names: string[];
}

/** The keys there were at the start, by all their names. */
export class KeyInventory {
  private readonly keys: NamedKey[] = [];
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
      this.keys.push({ arn, names: [...names, arn, key.keyId] });
    }
    for (const alias of deployment.aliases) if (isServed(alias, deployment)) this.addAlias(alias);
  }

  /**
   * Puts keys there that come without a template.
   *
   * @throws Error for a key whose policy KMS refuses
   */
  public addKeys(keys: LocalKmsOptions['keys'] = []): void {
    for (const [index, { aliases = [], policy, ...definition }] of keys.entries()) {
      if (policy !== undefined) requirePolicy(policy, aliases[0] ?? definition.keyId ?? `keys[${index}]`);
      const arn = this.dispatcher.addKey({ ...definition, policy: policy ?? defaultPolicy(definition.account ?? this.home.account) });
      this.keys.push({ arn, names: [...aliases, arn, arn.split('/').pop()!] });
      for (const alias of aliases) this.dispatcher.addAlias(alias, arn);
    }
  }

  /** ARNs of all keys there were at the start. */
  public get arns(): readonly string[] {
    return this.keys.map(({ arn }) => arn);
  }

  /**
   * The ARN of a key, by key id, alias, logical id, `Stack.LogicalId` or construct path. A key ARN is taken as it is: the key may have
   * been made since.
   *
   * @throws Error if none or more than one is meant
   */
  public arnOf(reference: string): string {
    if (KEY_ARN.test(reference)) return reference;
    const meant = this.keys.filter(({ names }) => names.includes(reference));
    if (meant.length === 1) return meant[0].arn;
    const shown = (keys: readonly NamedKey[]) => keys.map(({ arn, names }) => names[0] === arn ? arn : `${names[0]} (${arn})`).join(', ');
    if (meant.length) throw new Error(`'${reference}' could be ${shown(meant)}: use the ARN`);
    throw new Error(`no key '${reference}' here: ${this.keys.length ? `there are ${shown(this.keys)}` : 'there are none'}`);
  }

  /** What people call a key: its construct path, logical id or alias; a key made later has its ARN only. */
  public nameOf(arn: string): string {
    return this.keys.find((key) => key.arn === arn)?.names[0] ?? arn;
  }

  /** Of several stacks that make it, the first has it; a stack that makes it twice cannot be deployed. */
  private addAlias(alias: TemplateAlias): void {
    const { stack, logicalId, name, arn: aliasArn, targetKeyArn } = alias;
    const first = this.aliases.get(aliasArn);
    if (first?.stack === stack) throw new Error(`stack '${stack}' makes ${name} twice, as ${first.logicalId} and as ${logicalId}: CloudFormation fails with AlreadyExistsException`);
    if (first) return;
    this.aliases.set(aliasArn, alias);
    this.dispatcher.addAlias(name, targetKeyArn);
    this.keys.find(({ arn }) => arn === targetKeyArn)!.names.push(name, aliasArn);
  }
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
