import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONDITION_KEYS } from '../../src/spec/condition-keys';
import { KEY_PROPERTIES, NAMED_RESOURCES, SERVICE_TITLES } from '../../src/spec/key-properties';
import type { ServiceName } from '../../src/spec/key-properties';
import { SERVICE_USES, hasView } from '../../src/spec/services';

const CDK = dirname(require.resolve('aws-cdk-lib/package.json'));
const uses = Object.entries(SERVICE_USES);
const names = Object.keys(SERVICE_TITLES) as ServiceName[];

describe.each(uses)('what %s does with a key', (_, use) => {
  const byServices = Object.values(use.principals).flatMap(({ actions }) => actions);
  const all = [...use.reads, ...use.writes, ...(use.copies ?? []), ...use.deploys, ...byServices];

  test('takes actions that KMS has, spelled out', () => {
    expect(all.filter((action) => !CONDITION_KEYS['kms:CallerAccount'].actions.includes(action))).toEqual([]);
  });

  test('gives away neither the policy nor the key', () => {
    expect(all).not.toEqual(expect.arrayContaining([expect.stringMatching(/PutKeyPolicy|ReplicateKey|ScheduleKeyDeletion/)]));
  });

  test('lets readers do nothing but decrypt', () => {
    expect(use.reads).toEqual(['kms:Decrypt']);
  });

  test('is asked for a context that CloudFormation could have made a value of', () => {
    expect((use.context?.values ?? []).filter((value) => !value.includes('{name}'))).toEqual([]);
  });
});

describe('where resources name a key', () => {
  /** Property names of a module's L1 classes, in small letters. */
  const propertiesOf = (type: string): Set<string> => {
    const module = type.split('::')[1].toLowerCase();
    const text = readFileSync(join(CDK, `aws-${module}`, 'lib', `${module}.generated.d.ts`), 'utf8');
    return new Set([...text.matchAll(/^\s*readonly (\w+)\??:/gm)].map(([, name]) => name.toLowerCase()));
  };
  const known = new Map<string, Set<string>>();

  test.each(Object.entries(KEY_PROPERTIES).flatMap(([type, properties]) => properties.map(({ path }) => [type, path])))('%s has %s', (type, path) => {
    const [, module] = type.split('::');
    if (!known.has(module)) known.set(module, propertiesOf(type));
    expect(path.split('.').filter((part) => part !== '*' && !known.get(module)!.has(part.toLowerCase()))).toEqual([]);
  });

  test('every service has a place, with a view or without', () => {
    const placed = new Set(Object.values(KEY_PROPERTIES).flatMap((properties) => properties.map(({ service }) => service)));
    expect(names.filter((name) => !placed.has(name))).toEqual([]);
    expect(names.filter(hasView)).toEqual(Object.keys(SERVICE_USES));
  });

  test('each service with a context has a resource that is told by its name', () => {
    const named = Object.keys(NAMED_RESOURCES).flatMap((type) => KEY_PROPERTIES[type].filter((property) => property.names === 'own').map(({ service }) => service));
    expect(uses.filter(([, { context }]) => context).map(([name]) => name).filter((name) => !named.includes(name as ServiceName))).toEqual([]);
  });
});
