/**
 * Structured fields of HTTP (RFC 9651): what is read means one thing. Of names that stand twice the library takes the last, and RFC 9651 with it; another
 * reader may take the first. Ships as one file with the library in it (scripts/bundle-structured-fields.ts). Its types are written out here: who installs the
 * package does not have those of the library.
 */
import * as library from 'structured-headers';

/** A value by itself. Tokens, dates and display strings are objects of the library. */
export type BareItem = number | string | boolean | ArrayBuffer | object;
export type Parameters = ReadonlyMap<string, BareItem>;
export type Item = readonly [BareItem, Parameters];
export type InnerList = readonly [readonly Item[], Parameters];
export type Member = Item | InnerList;
export type Dictionary = ReadonlyMap<string, Member>;

/** @throws where the text is no dictionary, or names a member or a parameter twice */
export function readDictionary(text: string): Dictionary {
  const members: Dictionary = library.parseDictionary(text);
  requireReadOnce(text, [...members.values()]);
  if (members.size !== membersWritten(text)) throw new Error('a member of the dictionary stands there twice');
  return members;
}

/** @throws where the text is no list, or names a parameter twice */
export function readList(text: string): readonly Member[] {
  const members: readonly Member[] = library.parseList(text);
  requireReadOnce(text, members);
  return members;
}

/** @throws where the text is no item, or names a parameter twice */
export function readItem(text: string): Item {
  const item: Item = library.parseItem(text);
  requireReadOnce(text, [item]);
  return item;
}

export const isInnerList = (member: Member): member is InnerList => Array.isArray(member[0]);

export const writeItem = (item: Item): string => library.serializeItem(item as library.Item);
export const writeInnerList = (list: InnerList): string => library.serializeInnerList(list as library.InnerList);
export const writeMember = (member: Member): string => (isInnerList(member) ? writeInnerList(member) : writeItem(member));
export const writeList = (members: readonly Member[]): string => library.serializeList(members as library.List);
export const writeDictionary = (members: Dictionary): string => library.serializeDictionary(members as library.Dictionary);
export const writeBytes = (bytes: Uint8Array): string => library.serializeByteSequence(bytes as Uint8Array<ArrayBuffer>);

/** Strings and display strings; the text is known to be a structured field, so that they all end. */
const STRINGS = /"(?:[^"\\]|\\.)*"/g;
/** A decimal that is whole. Those are numbers like others to the library, which would write 1 for 1.0: another text than was signed. */
const WHOLE_DECIMAL = /(?:^|[=( ,])-?\d+\.0+(?!\d)/;

const outsideStrings = (text: string): string => text.replace(STRINGS, '""');

const membersWritten = (text: string): number => (text.trim() === '' ? 0 : outsideStrings(text).split(',').length);

function requireReadOnce(text: string, members: readonly Member[]): void {
  const outside = outsideStrings(text);
  if (outside.split(';').length - 1 !== sum(members.map(parametersRead))) throw new Error('a parameter stands there twice');
  if (WHOLE_DECIMAL.test(outside)) throw new Error('a decimal without a fraction cannot be written again as it was');
}

const parametersRead = (member: Member): number => member[1].size + (isInnerList(member) ? sum(member[0].map(([, { size }]) => size)) : 0);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
