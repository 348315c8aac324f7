import { KmsException } from '../exceptions';
import { page, paged } from '../paging';
import { list, required, structure, text } from '../shapes';
import { keyId } from './members';
import { operation } from './operation';
import { requireNotPendingDeletion } from './usable';

/** User-defined tags of one key (KMS Developer Guide, "Tags in AWS KMS"). */
const MOST_TAGS = 50;

const tagKey = text({ min: 1, max: 128 });

export const tagList = list(structure({ TagKey: required(tagKey), TagValue: required(text({ max: 256 })) }));

interface Tag {
  readonly TagKey: string;
  readonly TagValue: string;
}

export const TagResource = operation({ KeyId: required(keyId), Tags: required(tagList) }, (input, call) => {
  const key = call.authorizedKey(input.KeyId);
  requireNotPendingDeletion(key);
  const tags = new Map([...key.tags, ...readTags(input.Tags)]);
  if (tags.size > MOST_TAGS) throw tooMany();
  for (const [name, value] of tags) key.tags.set(name, value);
  return {};
});

export const UntagResource = operation({ KeyId: required(keyId), TagKeys: required(list(tagKey)) }, (input, call) => {
  const key = call.authorizedKey(input.KeyId);
  requireNotPendingDeletion(key);
  requireNotReserved(input.TagKeys);
  for (const name of input.TagKeys) key.tags.delete(name);
  return {};
});

export const ListResourceTags = operation({ KeyId: required(keyId), ...page }, (input, call) => {
  const key = call.authorizedKey(input.KeyId);
  const tags = [...key.tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })).sort((a, b) => (a.TagKey < b.TagKey ? -1 : 1));
  const { items, ...rest } = paged(tags, ({ TagKey }) => TagKey, input, MOST_TAGS);
  return { Tags: items, ...rest };
});

/** @throws TagException */
export function readTags(tags: readonly Tag[]): Map<string, string> {
  const names = tags.map(({ TagKey }) => TagKey);
  if (names.length > MOST_TAGS) throw tooMany();
  requireNotReserved(names);
  if (new Set(names).size < names.length) throw new KmsException('TagException', 'Duplicate tag keys');
  return new Map(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
}

function requireNotReserved(names: readonly string[]): void {
  if (names.some((name) => name.toLowerCase().startsWith('aws:'))) throw new KmsException('TagException', 'Tags beginning with aws: are reserved');
}

function tooMany(): KmsException {
  return new KmsException('TagException', 'Too many tags');
}
