import { CfnResource } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { keyOfResource } from './constructs';
import { referencesOf } from './resolved-value';

/** A key of this library that a resource was given, and whether by an alias of it. */
export interface NamedKey {
  readonly key: IConstruct;
  readonly byAlias: boolean;
}

/** An alias of a key: its element, its name where that is known, and the key. */
interface KnownAlias {
  readonly element: CfnElement;
  readonly name?: string;
  readonly key: IConstruct;
}

/** Tells which key of the app is meant by an element or by a text: an alias stands for its key. */
export class KeyNames {
  private aliases?: readonly KnownAlias[];

  constructor(private readonly tree: readonly IConstruct[]) {}

  /** The key that a property names, if it is one of this library. */
  public named(target: CfnElement | undefined, text: string): NamedKey | undefined {
    const key = keyNamed(target);
    if (key) return { key, byAlias: false };
    this.aliases ??= aliasesIn(this.tree);
    const alias = this.aliases.find(({ element, name }) => target === element || (name !== undefined && isNamed(name, text)));
    return alias && { key: alias.key, byAlias: true };
  }
}

function keyNamed(target: CfnElement | undefined): IConstruct | undefined {
  const isKey = CfnResource.isCfnResource(target) && target.cfnResourceType.startsWith('AWS::KMS::') && !target.cfnResourceType.endsWith('Alias');
  return isKey ? keyOfResource(target) : undefined;
}

function isNamed(name: string, text: string): boolean {
  return text.includes(name) && new RegExp(`(^|[:"])${name.replace(/[^\w/]/g, '\\$&')}($|")`).test(text);
}

function aliasesIn(tree: readonly IConstruct[]): KnownAlias[] {
  return tree.filter(CfnResource.isCfnResource).filter(({ cfnResourceType }) => cfnResourceType === 'AWS::KMS::Alias').flatMap((element) => {
    const { targets } = referencesOf(element, 'TargetKeyId');
    const { text: name } = referencesOf(element, 'AliasName');
    return targets.flatMap((target) => keyNamed(target) ?? []).map((key) => ({ element, key, name: name.startsWith('alias/') ? name : undefined }));
  });
}
