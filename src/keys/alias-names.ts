import { CfnResource, Stack, Stage, Token, TokenComparison } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { KEY, KEY_OF_GENERATIONS, groupedBy, isMarked } from '../app/constructs';
import { KeyUses, madeOf } from '../app/key-uses';
import { topLevel } from '../app/reference-graph';
import { propertiesOf } from '../app/rendering';
import { warn } from '../app/warnings';

const PREFIX = 'alias/';

/** Names that a key is given are with or without the prefix; one that begins with a token is taken to be without. */
export function withPrefix(alias: string): string {
  return alias.startsWith(PREFIX) ? alias : `${PREFIX}${alias}`;
}

/**
 * The whole name of an alias where it is known before deployment, pseudo parameters that the stack knows among it; undefined where it is not. Throws for a
 * name KMS refuses.
 */
export function knownAlias(alias: string, construct: Construct): string | undefined {
  const name = knownText(withPrefix(alias), Stack.of(construct));
  if (name === undefined) return undefined;
  const { path } = construct.node;
  if (/^alias\/aws\//i.test(name)) throw new Error(`${path}: alias '${name}' begins with 'aws/', which AWS keeps for its own keys: choose another name`);
  // 256 characters in all (KMS API Reference, CreateAlias).
  const asGiven = alias.startsWith(PREFIX) ? name : name.slice(PREFIX.length);
  if (!/^alias\/[a-zA-Z0-9/_-]{1,250}$/.test(name)) throw new Error(`${path}: alias '${asGiven}' is no name KMS takes: use up to 250 letters, digits, '/', '_' and '-'`);
  return name;
}

/** Why an alias cannot be made beside others of its stack, nested ones among it: in one account and Region a name belongs to one key. */
export function aliasProblems(key: Construct): string[] {
  const { byKey, byName } = aliasesOf(KeyUses.of(key));
  const own = byKey.get(key) ?? [];
  if (!own.length) return [];
  const stack = topLevel(Stack.of(key));
  return own.flatMap(({ name, element }) => {
    const others = (byName.get(name) ?? []).filter((other) => other.element !== element)
      .filter((other) => own.includes(other) || topLevel(other.element.stack) === stack);
    return others.map((other) => (
      `alias '${name}' is that of '${authorOf(other.element)}' too, and in an account and Region a name belongs to one key: choose another`));
  });
}

/** The aliases of one look at the app, by the keys that they are in, and by their names. */
const aliasesOf = madeOf((uses) => {
  const all = namesOf(uses.ofType('AWS::KMS::Alias'));
  return { byKey: groupedBy(all, ({ element }) => keyAround(element)), byName: groupedBy(all, ({ name }) => name) };
});

/**
 * Warns of aliases that another stack of the same account and Region makes too, also one of another stage: the stack that is deployed last fails (KMS API Reference,
 * CreateAlias, AlreadyExistsException). Stacks of one stage that leave both open are deployed to one place; stages may well not be.
 */
export function aliasesOfSeveralStacks({ tree }: KeyUses): [] {
  const ofKey = (key: IConstruct) => aliasesIn(key).filter(({ element }) => keyAround(element) === key);
  const ours = tree.filter(isKey).flatMap((key) => ofKey(key).map((alias) => ({ ...alias, key })));
  const all = ours.length ? aliasesIn(ours[0].key.node.root) : [];
  for (const { name, element, key } of ours) {
    const other = all.find((each) => each.name === name && isOfOtherStackInPlace(each.element.stack, element.stack));
    if (!other) continue;
    warn(key, 'cdk-keysmith:alias-twice', `alias '${name}' is that of '${authorOf(other.element)}' in stack '${topLevel(other.element.stack).node.path}' too, and in an account and Region a name belongs to one key: `
      + "the stack that is deployed last fails (AlreadyExistsException). Choose another, with the stack's name in it, say: alias: `${Stack.of(this).stackName}-…`");
  }
  return [];
}

function isKey(construct: IConstruct): boolean {
  return isMarked(construct, KEY) || isMarked(construct, KEY_OF_GENERATIONS);
}

/** The innermost key around an alias. */
function keyAround({ node }: CfnResource): IConstruct | undefined {
  return [...node.scopes].reverse().find(isKey);
}

function isOfOtherStackInPlace(other: Stack, stack: Stack): boolean {
  if (topLevel(other) === topLevel(stack)) return false;
  const same = Stage.of(other) === Stage.of(stack) ? [TokenComparison.SAME, TokenComparison.BOTH_UNRESOLVED] : [TokenComparison.SAME];
  return same.includes(Token.compareStrings(other.account, stack.account)) && same.includes(Token.compareStrings(other.region, stack.region));
}

interface NamedAlias {
  readonly element: CfnResource;
  readonly name: string;
}

function aliasesIn(scope: IConstruct): NamedAlias[] {
  return namesOf(scope.node.findAll().filter(CfnResource.isCfnResource).filter(({ cfnResourceType }) => cfnResourceType === 'AWS::KMS::Alias'));
}

/** Aliases whose names are known before deployment. */
function namesOf(elements: readonly CfnResource[]): NamedAlias[] {
  return elements.flatMap((element) => {
    const given = propertiesOf(element).filter(([property]) => property.toLowerCase() === 'aliasname').at(-1)?.[1];
    const name = typeof given === 'string' ? knownText(given, element.stack) : undefined;
    return name === undefined ? [] : [{ element, name }];
  });
}

/** The path of what its author wrote: a key, or an alias. */
function authorOf({ node }: CfnResource): string {
  const author = node.id === 'Resource' && node.scope ? node.scope.node : node;
  const key = author.scope?.node.defaultChild;
  return CfnResource.isCfnResource(key) && key.cfnResourceType === 'AWS::KMS::Key' ? author.scope!.node.path : author.path;
}

function knownText(text: string, stack: Stack): string | undefined {
  if (!Token.isUnresolved(text)) return text;
  const values: Readonly<Record<string, string>> = { 'AWS::AccountId': stack.account, 'AWS::Region': stack.region, 'AWS::StackName': stack.stackName };
  const known = (value: unknown): string | undefined => {
    if (typeof value === 'string') return Token.isUnresolved(value) ? undefined : value;
    const { Ref: pseudo, 'Fn::Join': join } = value as { readonly 'Ref'?: string; readonly 'Fn::Join'?: [string, unknown[]] };
    if (pseudo !== undefined) return pseudo in values ? known(values[pseudo]) : undefined;
    const parts = join?.[1].map(known);
    return parts?.every((part) => part !== undefined) ? parts.join(join![0]) : undefined;
  };
  return known(stack.resolve(text));
}
