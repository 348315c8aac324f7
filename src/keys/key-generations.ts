import { Stack, type CfnResource } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { aliasProblems } from './alias-names';
import { KeyAliases } from './key-aliases';
import type { KeysmithKey } from './keysmith-key';
import { canReference, topLevel } from '../app/reference-graph';
import { GENERATIONS_VERSION, type ContractGeneration, type KeyContract } from '../spec/contract';

/** One of the keys of KMS that a key has had, has or will have. */
export interface KeyGeneration {
  readonly name: string;
  readonly key: KeysmithKey;
  /** Whether functions are no longer told of it. */
  readonly retired: boolean;
}

/**
 * Keys of KMS that come one after the other, under one construct.
 *
 * CloudFormation changes the resources of a stack in the order in which they depend on each other. Whoever is not active waits for the active one, so that in a
 * change the new key is given what the old one loses before that loses it; functions, which are told the keys' ARNs, come after all of them.
 * AWS CloudFormation User Guide, "DependsOn attribute".
 */
export class KeyGenerations {
  public readonly active: KeysmithKey;
  /** All keys, in the order of their list. */
  public readonly all: readonly KeysmithKey[];
  /** Names of the active one, and of the others that functions are told of. */
  public readonly names: { readonly active: string; readonly others: readonly string[] };
  private readonly aliases: KeyAliases;

  constructor(
    private readonly construct: Construct, private readonly generations: readonly KeyGeneration[], activeName: string,
    administrators: readonly IPrincipal[],
  ) {
    this.all = generations.map(({ key }) => key);
    this.names = { active: activeName, others: generations.filter(({ name, retired }) => name !== activeName && !retired).map(({ name }) => name) };
    this.active = generations.find(({ name }) => name === activeName)!.key;
    this.aliases = new KeyAliases(construct, administrators);
    this.waitFor(this.active._resource);
    construct.node.addValidation({ validate: () => aliasProblems(construct) });
  }

  /** Has those that are not active lose what they lose when the resource has been updated: it stands where the active one is named. */
  public waitFor(resource: CfnResource): void {
    for (const key of this.all.filter((each) => each !== this.active)) key._resource.addResourceDependency(resource);
  }

  public named(name: string): KeysmithKey {
    const found = this.generations.find((generation) => generation.name === name);
    if (found) return found.key;
    throw new Error(`'${this.construct.node.path}' has no generation '${name}': choose one of ${this.generations.map((generation) => generation.name).join(', ')}`);
  }

  /** Defines an alias that follows the active key. */
  public follow(alias: string, follower: KeysmithKey): Alias {
    return this.aliases.add(alias, follower);
  }

  /** Defines one that follows, and with the names of the generations behind it, one that stays with each. */
  public addAlias(alias: string, follower: KeysmithKey): Alias {
    const following = this.follow(alias, follower);
    for (const { name, key } of this.generations) key.addAlias(`${alias}/${name}`);
    return following;
  }

  /** What a function is told: of one key, what it was always told, so that functions with an older run time go on. */
  public get contract(): KeyContract {
    const active = this.active._contract;
    const told = this.generations.filter(({ retired }) => !retired);
    if (told.length === 1) return active;
    return { ...active, version: GENERATIONS_VERSION, generations: told.map(({ name, key }) => contractOf(name, key._contract, active)) };
  }

  /**
   * Keeps exporting the ARNs of retired keys where another stack is told of keys: it is deployed after this one, and imports those ARNs until then. CloudFormation
   * refuses to take away an export that is still imported.
   */
  public keepExportsFor(consumer: Stack): void {
    const stack = Stack.of(this.construct);
    if (topLevel(stack) === topLevel(consumer) || !canReference(stack, consumer)) return;
    for (const { key } of this.generations.filter(({ retired }) => retired)) stack.exportValue(key.keyArn);
  }
}

/** What tells a generation from the active one. */
function contractOf(name: string, { keyArn, spec, algorithm }: KeyContract, active: KeyContract): ContractGeneration {
  return { name, keyArn, ...(spec !== active.spec && { spec }), ...(algorithm !== active.algorithm && { algorithm }) };
}
