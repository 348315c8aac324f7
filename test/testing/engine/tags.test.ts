import { TestKms } from './kms';

const tags = (pairs: Record<string, string>) => Object.entries(pairs).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

test('tags are set, replaced, listed and taken away', async () => {
  const kms = new TestKms();
  const KeyId = kms.key({ tags: { team: 'billing' } });
  await kms.call('TagResource', { KeyId, Tags: tags({ team: 'sales', stage: 'prod' }) });
  expect(await kms.call('ListResourceTags', { KeyId })).toEqual({ Tags: tags({ stage: 'prod', team: 'sales' }), Truncated: false });
  await kms.call('UntagResource', { KeyId, TagKeys: ['team', 'none'] });
  expect((await kms.call('ListResourceTags', { KeyId })).Tags).toEqual(tags({ stage: 'prod' }));
});

test('tags are listed in pages', async () => {
  const kms = new TestKms();
  const KeyId = kms.key({ tags: { a: '1', b: '2', c: '3' } });
  const first = await kms.call('ListResourceTags', { KeyId, Limit: 2 });
  const second = await kms.call('ListResourceTags', { KeyId, Limit: 2, Marker: first.NextMarker });
  expect([first.Tags, second.Tags]).toEqual([tags({ a: '1', b: '2' }), tags({ c: '3' })]);
});

describe('TagResource', () => {
  const kms = new TestKms();
  const KeyId = kms.key({ tags: Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`t${i}`, ''])) });
  const long = 'a'.repeat(129);

  test.each([
    ['a reserved name', tags({ 'aws:x': 'y' }), 'TagException: Tags beginning with aws: are reserved'],
    ['one name twice', [...tags({ a: '1' }), ...tags({ a: '2' })], 'TagException: Duplicate tag keys'],
    ['more than the key has room for', tags({ a: '1', b: '2' }), 'TagException: Too many tags'],
    ['a name of 129 characters', tags({ [long]: '' }), `ValidationException: 1 validation error detected: Value '${long}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128`],
  ])('refuses %s', async (_, Tags, refusal) => {
    expect(await kms.refusal('TagResource', { KeyId, Tags })).toBe(refusal);
  });

  test('replaces a value of a key with all the tags it can have', async () => {
    await kms.call('TagResource', { KeyId, Tags: tags({ last: 'one' }) });
    expect(await kms.call('TagResource', { KeyId, Tags: tags({ last: 'two' }) })).toEqual({});
  });
});
