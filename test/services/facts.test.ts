import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KEY_PROPERTIES, SERVICE_TITLES } from '../../src/spec/key-properties';
import type { ServiceName } from '../../src/spec/key-properties';

const CDK = dirname(require.resolve('aws-cdk-lib/package.json'));
const names = Object.keys(SERVICE_TITLES) as ServiceName[];

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
  });
});
