import { readFileSync } from 'node:fs';
import type { PolicyDocument } from '../authz/types';
import { DEFAULT_ACCOUNT, DEFAULT_REGION, readAssembly, readTemplate } from '../template';
import type { Dispatcher } from './dispatcher';
import { managedPolicy } from './managed-policies';
import type { LocalKmsOptions } from './options';
import type { LocalPrincipal } from './principals';
import type { Deployment, TemplateAlias } from '../template/types';

const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/;

/** A key of the local KMS and everything it may be called. */
interface NamedKey {
  readonly arn: string;
  /** The first is the one for people. */
  readonly names: readonly string[];
}

/**
 * The deployments that the options name.
 *
 * @throws Error for a file that is no template
 */
export function readDeployments({ template, assembly, account, region, parameters }: LocalKmsOptions): readonly Deployment[] {
  const read = { ...(account && { account }), ...(region && { region }), ...(parameters && { parameters }) };
  return [
    ...(template === undefined ? [] : [readTemplate(typeof template === 'string' ? readJson(template) : template, read)]),
    ...(assembly === undefined ? [] : [readAssembly(assembly, read)]),
  ];
}

/** Account and Region where nothing else says which. */
export interface Home {
  readonly account: string;
  readonly region: string;
}

export function homeOf({ account, region }: LocalKmsOptions, deployments: readonly Deployment[]): Home {
  const [first] = deployments.flatMap(({ keys }) => keys);
  return { account: account ?? first?.account ?? DEFAULT_ACCOUNT, region: region ?? first?.region ?? DEFAULT_REGION };
}

/**
 * The roles that CloudFormation deploys with. Bootstrapping gives them AdministratorAccess unless told otherwise
 * (CDK Developer Guide, "Bootstrapping"); one that is described in `principals` is as described there.
 */
export function deployersOf({ principals = [] }: LocalKmsOptions, deployments: readonly Deployment[]): LocalPrincipal[] {
  const described = new Set(principals.map((principal) => typeof principal === 'string' ? principal : principal.arn));
  const roles = new Set(deployments.flatMap(({ stacks }) => stacks.flatMap(({ executionRoleArn }) => executionRoleArn ?? [])));
  return [...roles].map((arn) => ({ arn, name: 'deployer', ...(!described.has(arn) && { managedPolicies: ['AdministratorAccess'] }) }));
}

/**
 * What the templates leave open although it matters to decisions: these say where the local KMS may allow too much or too little.
 */
export function openQuestions(deployments: readonly Deployment[]): readonly string[] {
  return deployments.flatMap(({ identities }) => identities.flatMap(({ arn, managedPolicyArns, unknownBoundaryArn }) => [
    ...managedPolicyArns.filter((policy) => !managedPolicy(policy))
      .map((policy) => `${arn} has the managed policy ${policy}, whose document is not known here: what it says is not counted`),
    ...(unknownBoundaryArn ? [`${arn} has the permissions boundary ${unknownBoundaryArn}, whose document is not known here: it limits nothing`] : []),
  ]));
}

/** The keys there were at the start, by all their names. */
export class KeyInventory {
  private readonly keys: NamedKey[] = [];

  constructor(private readonly dispatcher: Dispatcher, private readonly home: Home) {}

  /** Puts the keys of a template there. */
  public addDeployment({ keys, aliases }: Deployment): void {
    for (const key of keys) {
      const arn = this.dispatcher.addKey(key);
      const { stack, logicalId, path } = key;
      this.keys.push({ arn, names: [...(path ? [path.replace(/\/Resource$/, ''), path] : []), logicalId, `${stack}.${logicalId}`, arn, key.keyId] });
    }
    for (const alias of aliases) this.addAlias(alias);
  }

  /** Puts keys there that come without a template. */
  public addKeys(keys: LocalKmsOptions['keys'] = []): void {
    for (const { aliases = [], policy, ...definition } of keys) {
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

  private addAlias({ name, arn: aliasArn, targetKeyArn }: TemplateAlias): void {
    const index = this.keys.findIndex(({ arn }) => arn === targetKeyArn);
    // An alias of a key that no template here defines: the key is not served, and so is the alias.
    if (index < 0) return;
    this.dispatcher.addAlias(name, targetKeyArn);
    const { arn, names } = this.keys[index];
    this.keys[index] = { arn, names: [...names, name, aliasArn] };
  }
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

function readJson(path: string): object {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new Error(`${path} is not a CloudFormation template in JSON: give a template file of cdk.out, or the directory as 'assembly'`, { cause });
  }
}
