import { allBits, bitsWhere, inBoth, inEither, NO_BITS, without } from './bits';
import type { Bits } from './bits';
import { allValues, isDoubtfulUnsaid, mayBeAbsent, mayBeEmpty, originOf, pairNameIn, properName, shapeOf } from './condition-key-values';
import type { Asking, Origin } from './condition-key-values';
import { areOfOneKind, freshAmong, representatives, spellings } from './domains';
import type { Comparison } from './domains';
import { escaped } from './globs';
import { requestWith, sayingKey } from './requests';
import type { Part } from './requests';
import type { Alternative, Requirement, Restriction } from './search';
import { ConditionKeys } from '../authz';
import type { Bound, Condition, ConditionScope, KmsRequest, TriState } from '../authz';
import { parseOperator } from '../spec/condition-operators';

/** A condition of a statement, and where the statement stands. */
export interface Atom {
  readonly condition: Condition;
  readonly scope: ConditionScope;
  /** Of a policy in another world: who the caller is there, and what the key. Default: as in the question. */
  readonly elsewhere?: Pick<Asking, 'caller' | 'key'>;
}

/** Something that takes one of its values in a request, whatever else is in it. */
export interface Variable {
  /** The condition keys that it settles, in lower case; of the encryption context `kms:encryptioncontext:name`. */
  readonly names: readonly string[];
  readonly parts: readonly Part[];
}

/** A condition key that somebody asks for besides the conditions, and the values that make a difference there. */
export interface Asked {
  /** In lower case. */
  readonly name: string;
  readonly comparisons: readonly Comparison[];
}

/** What is asked of a condition: that it holds for certain, or that it may, or the opposites. */
export type Wish = 'yes' | 'not no' | 'not yes' | 'no';

/** It would take too many values to represent all. */
export class TooMany extends Error {}

const CONTEXT = 'kms:encryptioncontext:';
const CONTEXT_NAMES = 'kms:encryptioncontextkeys';
const VARIABLE = /\$\{\s*([^},\s]+)\s*(?:,\s*'([^']*)'\s*)?\}/g;
const COMBINATIONS = 4096;
/** Values that conditions tell apart of one pair for which its name is also taken in two spellings at once. */
const SPELLED_TWICE = 24;

const NOTHING: Part = {};

const granted: Readonly<Record<Wish, (state: TriState) => boolean>> = {
  'yes': (state) => state === 'yes',
  'not no': (state) => state !== 'no',
  'not yes': (state) => state !== 'yes',
  'no': (state) => state === 'no',
};

/** The variables of the requests of one principal for one action, as far as some conditions ask for them. */
export class Space {
  readonly variables: readonly Variable[];
  /** Why the values may not stand for all: where none is found, there may be some. */
  readonly incomplete?: string;
  private readonly origins = new Map<string, Origin>();
  private readonly groups: readonly (readonly string[])[];
  private readonly tables = new Map<Atom, readonly (readonly TriState[])[]>();
  private readonly contexts = new Map<Atom['elsewhere'], Map<Part, ConditionKeys>>();
  private readonly resting: ConditionKeys;
  private readonly note: (gap: string) => void;

  constructor(
    private readonly base: KmsRequest, private readonly asking: Asking, private readonly bound: Bound,
    private readonly atoms: readonly Atom[], private readonly asked: readonly Asked[] = [], private readonly spelledTwice = true,
  ) {
    this.resting = this.keysWith(NOTHING);
    this.groups = this.grouped(asked.map(({ name }) => name));
    const gaps: string[] = [];
    this.note = (gap) => { gaps.push(gap); };
    this.variables = this.groups.flatMap((group) => this.variablesFor(group));
    [this.incomplete] = [...gaps, ...this.atoms.flatMap((atom) => this.gapOf(atom) ?? [])];
  }

  /** The ways in which a condition comes out as is wished. */
  ways(atom: Atom, wish: Wish): Requirement {
    const { condition } = atom;
    const origin = this.originOf(condition.key);
    if (origin === 'unknown') return wish === 'not no' || wish === 'not yes' ? [[]] : [];
    const members = this.variablesOf(condition);
    if (members.length === 0) return granted[wish](condition.evaluate(this.keysWith(NOTHING, atom), atom.scope)) ? [[]] : [];
    const table = this.tableOf(atom, members);
    const wishFor = granted[wish];
    if (members.length === 1 && origin !== 'several' && origin !== 'pair names') return withMask(members[0], bitsWhere(table[0], wishFor));
    return this.waysOfSeveral(atom, members, table, wish);
  }

  /** The ways in which a part of a variable of a condition key is one of those; none if the requests have no such variable. */
  where(name: string, fits: (part: Part) => boolean): Requirement {
    return this.membersOf(name).flatMap((index) => withMask(index, bitsWhere(this.variables[index].parts, fits)));
  }

  /** Numbers of the variables that settle a condition key. */
  membersOf(name: string): number[] {
    const matches = name === CONTEXT_NAMES ? (one: string) => one.startsWith(CONTEXT) : (one: string) => one === sayingKey(name);
    return this.variables.flatMap(({ names }, index) => (names.some(matches) ? [index] : []));
  }

  /** Those without any value for a condition key: one restriction for each of its variables. */
  absent(name: string): Restriction[] {
    return this.membersOf(name).map((variable) => ({ variable, mask: bitsWhere(this.variables[variable].parts, (part) => !carries(part, name)) }));
  }

  /** Each way in which it has a value. */
  present(name: string): Requirement {
    return this.where(name, (part) => carries(part, name));
  }

  request(choice: readonly number[]): KmsRequest {
    return requestWith(this.base, choice.map((value, index) => this.variables[index].parts[value]));
  }

  private originOf(key: string): Origin {
    const name = sayingKey(key.toLowerCase());
    let origin = this.origins.get(name);
    if (origin === undefined) this.origins.set(name, origin = originOf(name, this.asking));
    return origin;
  }

  private isFree(key: string): boolean {
    return !['settled', 'unknown'].includes(this.originOf(key));
  }

  /** Several values: each is a variable, there or not; together they come out as their states do, or, if there are none, as absence does. */
  private waysOfSeveral(atom: Atom, members: readonly number[], table: readonly (readonly TriState[])[], wish: Wish): Requirement {
    const { condition, scope } = atom;
    const every = parseOperator(condition.operator)?.set === 'ForAllValues';
    const name = condition.key.toLowerCase();
    const here = members.map((variable) => bitsWhere(this.variables[variable].parts, (part) => carries(part, name)));
    const gone = members.map((variable, index): Restriction =>
      ({ variable, mask: without(allBits(this.variables[variable].parts.length), here[index]) }));
    const fits = granted[wish];
    const good = members.map((variable, index) => ({ variable, mask: inBoth(here[index], bitsWhere(table[index], fits)) }));
    const absent = this.keysWith(name === CONTEXT_NAMES ? NOTHING : { keys: { [name]: [] } }, atom);
    const ifAbsent = fits(condition.evaluate(absent, scope)) ? [gone] : [];
    // Of `all`, one that is no settles it; of `any`, one that is yes: a wish for that needs one, the others need all.
    const oneIsEnough = every ? wish === 'no' || wish === 'not yes' : wish === 'yes' || wish === 'not no';
    if (oneIsEnough) return [...good.filter(({ mask }) => mask !== NO_BITS).map((one) => [one]), ...ifAbsent];
    const goodOrGone = good.map(({ variable, mask }, index): Restriction => ({ variable, mask: inEither(mask, gone[index].mask) }));
    if (ifAbsent.length > 0) return [goodOrGone];
    return good.filter(({ mask }) => mask !== NO_BITS).map((one) => [...goodOrGone.filter(({ variable }) => variable !== one.variable), one]);
  }

  private variablesOf(condition: Condition): number[] {
    const names = [condition.key, ...variableNamesIn(condition)].filter((key) => this.isFree(key)).map((key) => sayingKey(key.toLowerCase()));
    return [...new Set(names.flatMap((name) => this.membersOf(name)))];
  }

  private tableOf(atom: Atom, members: readonly number[]): readonly (readonly TriState[])[] {
    let table = this.tables.get(atom);
    if (!table) {
      table = members.map((variable) => this.variables[variable].parts.map((part) => atom.condition.evaluate(this.keysWith(part, atom), atom.scope)));
      this.tables.set(atom, table);
    }
    return table;
  }

  private keysWith(part: Part, { elsewhere }: Pick<Atom, 'elsewhere'> = {}): ConditionKeys {
    let contexts = this.contexts.get(elsewhere);
    if (!contexts) this.contexts.set(elsewhere, contexts = new Map());
    let keys = contexts.get(part);
    if (!keys) {
      const { caller, key } = elsewhere ?? this.asking;
      const seen = elsewhere ? this.seenFrom(elsewhere, part) : part;
      contexts.set(part, keys = new ConditionKeys(requestWith({ ...this.base, key }, [seen]), caller, this.bound));
    }
    return keys;
  }

  /** A part without what follows, elsewhere, from caller and key. */
  private seenFrom(elsewhere: NonNullable<Atom['elsewhere']>, { keys = {}, pairs }: Part): Part {
    const asking = { ...elsewhere, action: this.asking.action };
    return { keys: Object.fromEntries(Object.entries(keys).filter(([name]) => originOf(name, asking) !== 'settled')), pairs };
  }

  /** Condition keys that one condition reads together are one group: by the variables of its values. */
  private grouped(names: readonly string[]): string[][] {
    const groups: string[][] = [];
    const join = (keys: readonly string[]) => {
      const touched = groups.filter((group) => group.some((key) => keys.includes(key)));
      const joined = [...new Set([...touched.flat(), ...keys])];
      touched.forEach((group) => groups.splice(groups.indexOf(group), 1));
      groups.push(joined);
    };
    for (const name of names) if (this.isFree(name)) join([sayingKey(name)]);
    for (const { condition } of this.atoms) {
      const free = [condition.key, ...variableNamesIn(condition)].filter((key) => this.isFree(key)).map((key) => sayingKey(key.toLowerCase()));
      if (free.length > 0) join(free);
    }
    return groups;
  }

  private variablesFor(group: readonly string[]): Variable[] {
    const [only] = group;
    if (group.length === 1) {
      const origin = this.originOf(only);
      if (origin === 'pair names') return this.namesBesides();
      if (origin === 'several') return this.valuesOf(only).map((value) => ({ names: [only], parts: [{ keys: { [only]: [] } }, { keys: { [only]: [value] } }] }));
      return [{ names: [only], parts: this.partsFor(only, []) }];
    }
    if (group.some((name) => ['several', 'pair names'].includes(this.originOf(name)))) {
      throw new TooMany(`a condition on a key with several values, among ${group.join(', ')}, has a variable`);
    }
    // Those that fill in others come first.
    const used = new Set(this.atoms.flatMap(({ condition }) => variableNamesIn(condition)).map((key) => sayingKey(key.toLowerCase())));
    const ordered = [...group].sort((one, other) => Number(used.has(other)) - Number(used.has(one)));
    let combined: Part[] = [{}];
    for (const name of ordered) {
      combined = combined.flatMap((before) => this.partsFor(name, [before]).map((part) => merged(before, part)));
      if (combined.length > COMBINATIONS) throw new TooMany(`${group.join(', ')} take too many values together`);
    }
    return [{ names: ordered, parts: combined }];
  }

  /** The parts that represent one condition key with one value, after others have theirs. */
  private partsFor(name: string, before: readonly Part[]): Part[] {
    const pair = pairNameIn(name);
    const values = this.valuesOf(name, before);
    if (pair !== undefined) return this.pairsNamed(pair, values, before);
    const stated = values.map((value): Part => ({ keys: { [name]: [value] } }));
    return [...(isDoubtfulUnsaid(name) ? [{}] : []), ...(mayBeAbsent(name) ? [{ keys: { [name]: [] } }] : []), ...stated];
  }

  private pairsNamed(pair: string, values: readonly string[], before: readonly Part[]): Part[] {
    const spelt = this.spellingsOf(pair);
    const single = spelt.flatMap((spelling) => values.map((value): Part => ({ pairs: { [spelling]: value } })));
    return [{}, ...single, ...(this.spelledTwice ? this.pairsNamedTwice(pair, spelt, values, before) : [])];
  }

  /** Its name in two spellings at once, each with its value: of values that nobody tells apart one will do. */
  private pairsNamedTwice(pair: string, spelt: readonly string[], values: readonly string[], before: readonly Part[]): Part[] {
    const reading = this.atoms.filter(({ condition: { key, wanted } }) => pairNameIn(key.toLowerCase()) === pair || wanted.some((text) => text.includes('${')));
    const comparisons = this.asked.filter(({ name }) => pairNameIn(name) === pair).flatMap((one) => one.comparisons);
    const asked = new Set(comparisons.flatMap(({ wanted }) => wanted));
    const alike = new Map<string, string>();
    for (const value of values) {
      const part = before.reduceRight((merge, one) => merged(one, merge), { pairs: { [spelt[0]]: value } } as Part);
      const states = reading.map((atom) => atom.condition.evaluate(this.keysWith(part, atom), atom.scope)).join();
      const name = asked.has(value) ? `= ${value}` : states;
      if (!alike.has(name)) alike.set(name, value);
    }
    const apart = [...alike.values()];
    if (apart.length > SPELLED_TWICE) {
      this.note(`kms:EncryptionContext:${pair} has too many values to look at two of them together`);
      return [];
    }
    return spelt.flatMap((first, index) => spelt.slice(index + 1).flatMap((second) => apart.flatMap((one, place) =>
      apart.slice(place).map((other): Part => ({ pairs: { [first]: one, [second]: other } })))));
  }

  /** A pair's name as policies spell it, and as they do not: conditions on the pair take any case, those on names their operator's. */
  private spellingsOf(pair: string): string[] {
    const onNames = this.atoms.filter(({ condition }) => condition.key.toLowerCase() === CONTEXT_NAMES).map(({ condition }) => condition);
    const written = this.atoms.flatMap(({ condition: { key } }) => (pairNameIn(key.toLowerCase()) === pair ? [key.slice(CONTEXT.length)] : []));
    const told = onNames.length === 0 ? [] : spellings(pair, onNames);
    if (!told) throw new TooMany('the patterns for kms:EncryptionContextKeys overlap in too many ways');
    const other = [pair.toUpperCase(), pair].find((one) => !written.includes(one) && one.toLowerCase() === pair);
    return [...new Set([...written, ...(written.length === 0 ? [pair] : []), ...told, ...(other === undefined ? [] : [other])])];
  }

  /** Names that conditions on the names tell apart, and of which no condition reads the value. */
  private namesBesides(): Variable[] {
    const read = new Set(this.groups.flat());
    const names = this.valuesOf(CONTEXT_NAMES).filter((name) => name !== '' && !read.has(CONTEXT + name.toLowerCase()));
    return names.map((name) => ({ names: [CONTEXT + name.toLowerCase()], parts: [{}, { pairs: { [name]: 'any' } }] }));
  }

  private valuesOf(name: string, before: readonly Part[] = []): readonly string[] {
    const few = allValues(name, this.asking);
    if (few) return few;
    const comparisons = [...this.comparisonsOf(name, before), ...this.asked.filter((one) => one.name === name).flatMap((one) => one.comparisons)];
    const values = representatives(name === CONTEXT_NAMES ? [...comparisons, this.pairsRead()] : comparisons, shapeOf(name));
    if (!values) throw new TooMany(`the patterns for ${name} overlap in too many ways`);
    if (!areOfOneKind(comparisons)) this.note(`conditions compare ${properName(name)} in several ways: as text, numbers, times or addresses`);
    const preferred = name === 'kms:viaservice' ? this.servicesLike(values) : [];
    return [...new Set([...preferred, ...values, ...(mayBeEmpty(name) ? [''] : [])])];
  }

  /** Names of pairs whose values somebody reads: of those that match a pattern as well, there are others. */
  private pairsRead(): Comparison {
    const wanted = this.groups.flat().flatMap((one) => pairNameIn(one) ?? []);
    return { operator: 'StringEqualsIgnoreCase', wanted };
  }

  /** What conditions compare a condition key with, their variables filled in as far as they have values. */
  private comparisonsOf(name: string, before: readonly Part[]): Comparison[] {
    const keys = before.length > 0 ? new ConditionKeys(requestWith(this.base, before), this.asking.caller, this.bound) : this.resting;
    return this.atoms.flatMap(({ condition, scope }): Comparison[] => {
      const main = condition.key.toLowerCase();
      const { operator, wanted } = condition;
      if (sayingKey(main) === name) {
        if (main === 'aws:viaawsservice') return [];
        const asDate = main === 'aws:epochtime' ? operator.replace('Numeric', 'Date') : operator;
        return [{ operator: asDate, wanted: wanted.flatMap((text) => filled(text, keys.variableFor(scope))) }];
      }
      if (!variableNamesIn(condition).some((key) => sayingKey(key.toLowerCase()) === name)) return [];
      return [{ operator: 'StringEquals', wanted: this.valuesThatFill(condition, scope) }, ...this.comparedWith(main)];
    });
  }

  /** What a condition key is compared with besides variables. */
  private comparedWith(main: string): Comparison[] {
    return this.isFree(main) ? this.atoms.filter(({ condition }) => condition.key.toLowerCase() === main).map(({ condition: { operator, wanted } }) =>
      ({ operator, wanted: wanted.filter((text) => !text.includes('${')) })) : [];
  }

  /**
   * Why the values of a condition's variables may not stand for all. They do where one variable is all of a text, and where a text with more to it than
   * a variable is all that its condition key is compared with.
   */
  private gapOf({ condition }: Atom): string | undefined {
    const { operator, key, wanted } = condition;
    const free = new Set(variableNamesIn(condition).map((name) => sayingKey(name.toLowerCase())).filter((name) => this.isFree(name)));
    if (free.size === 0) return undefined;
    const main = sayingKey(key.toLowerCase());
    const name = parseOperator(operator)?.name ?? '';
    const group = this.groups.find((one) => one.includes([...free][0])) ?? [];
    const texts = wanted.filter((text) => text.includes('${'));
    const alike = this.atoms.filter((atom) => sayingKey(atom.condition.key.toLowerCase()) === main);
    const others = new Set(alike.flatMap((atom) => atom.condition.wanted));
    const isSimple = !name.endsWith('IgnoreCase') && group.length <= (this.isFree(main) ? 2 : 1) && texts.every((text) => {
      const [variable = ''] = text.match(VARIABLE) ?? [];
      const rest = text.replace(variable, '');
      if (rest.includes('${') || (/[*?]/.test(rest) && !name.endsWith('Equals'))) return false;
      return !this.isFree(main) || (rest === '' ? !name.startsWith('Arn') : others.size === 1);
    });
    return isSimple ? undefined : `what '${texts[0]}' of ${operator} ${key} may stand for is more than is looked at`;
  }

  /** Values of a variable that may make a condition hold: what the condition's own key has or is compared with. */
  private valuesThatFill(condition: Condition, scope: ConditionScope): string[] {
    const seen = this.isFree(condition.key) ? [] : this.resting.read(condition.key.toLowerCase(), scope)?.values ?? [];
    const inside = condition.wanted.flatMap((text) => seen.flatMap((value) => [value, ...withoutAffixes(text, value)]));
    const defaults = condition.wanted.flatMap((text) => [...text.matchAll(VARIABLE)].flatMap(([, , fallback]) => fallback ?? []));
    const others = this.atoms.filter((atom) => atom.condition.key.toLowerCase() === condition.key.toLowerCase())
      .flatMap((atom) => atom.condition.wanted).filter((text) => !/[*?$]/.test(text));
    return [...inside, ...defaults, ...others];
  }

  /** Names that a service has, for patterns of names. */
  private servicesLike(values: readonly string[]): string[] {
    const region = this.asking.key.arn.split(':')[3] || 'us-east-1';
    const patterns = this.atoms.filter(({ condition }) => condition.key.toLowerCase() === 'kms:viaservice').flatMap(({ condition }) => condition.wanted);
    const named = patterns.filter((text) => text.includes('*')).map((text) => text.replace(/^\*/, 's3').replace(/\*/g, region));
    return [...named, freshAmong(new Set(values), `any-service.${region}.amazonaws.com`)];
  }
}

/** Names of the variables in a condition's values. */
function variableNamesIn({ wanted }: Condition): string[] {
  return wanted.flatMap((text) => (text.includes('${') ? [...text.matchAll(VARIABLE)].map(([, name]) => name).filter((name) => name.includes(':')) : []));
}

type Values = ReturnType<ConditionKeys['variableFor']>;

/** A text with its variables filled in, their values to the letter, and the text as it stands, for policies without variables. */
function filled(text: string, values: Values): string[] {
  if (!text.includes('${')) return [text];
  const literal = text.replace(/\$\{([*?$])\}/g, (_, letter: string) => escaped(letter));
  const full = literal.replace(VARIABLE, (_, name: string, fallback?: string) => {
    const value = values(name);
    return typeof value === 'string' ? escaped(value) : fallback ?? '*';
  });
  return [full, text];
}

/** What stands in a value for the one variable of a text. */
function withoutAffixes(text: string, value: string): string[] {
  const [whole] = text.match(VARIABLE) ?? [];
  if (whole === undefined) return [];
  const [before, after] = [text.slice(0, text.indexOf(whole)), text.slice(text.indexOf(whole) + whole.length)];
  const around = value.length > before.length + after.length && value.startsWith(before) && value.endsWith(after);
  return around ? [value.slice(before.length, value.length - after.length)] : [];
}

function merged(one: Part, other: Part): Part {
  return { keys: { ...one.keys, ...other.keys }, pairs: { ...one.pairs, ...other.pairs } };
}

/** Whether a part gives a condition key a value. */
export function carries(part: Part, name: string): boolean {
  if (name === CONTEXT_NAMES) return Object.keys(part.pairs ?? {}).length > 0;
  const pair = pairNameIn(name);
  if (pair !== undefined) return Object.keys(part.pairs ?? {}).some((one) => one.toLowerCase() === pair);
  return (part.keys?.[sayingKey(name)] ?? []).length > 0;
}

function withMask(variable: number, mask: Bits): Alternative[] {
  return mask === NO_BITS ? [] : [[{ variable, mask }]];
}
