import Ajv from 'ajv';
import type { Log } from 'sarif';
import { fileWith, keysmith } from './support/console';
import { faultsBy } from './support/schemas';
import { BAD, GOOD } from './support/templates';
import { RULES } from '../../src/checks';

const bad = fileWith(BAD, 'orders.yaml');
const good = fileWith(GOOD, 'orders.yaml');
const READER = ['Reader', 'kms:Decrypt'];

describe('outputs for machines are as their schemas say', () => {
  test.each<[string, string, string[]]>([
    ['check of what is bad', 'check', ['check', '--json', bad]],
    ['check of what is good', 'check', ['check', '--json', good]],
    ['access', 'access', ['access', '--json', good]],
    ['who-can', 'access', ['who-can', 'kms:Decrypt', '--json', good]],
    ['diff with what is wider', 'diff', ['diff', '--json', good, bad]],
    ['diff without any', 'diff', ['diff', '--json', good, good]],
    ['can, allowed', 'can', ['can', ...READER, '--context', 'tenant=a', '--json', good]],
    ['can, denied', 'can', ['can', ...READER, '--json', good]],
    ['local', 'local', ['local', '--json', good]],
  ])('%s', async (_, schema, words) => {
    const { out } = await keysmith(words);
    expect(faultsBy(schema, out)).toEqual([]);
  });

  test('and a schema finds what is wrong', async () => {
    const { out } = await keysmith(['check', '--json', bad]);
    expect(faultsBy('check', out.replace('"level": "error"', '"level": "fatal"'))).toHaveLength(1);
    expect(faultsBy('check', out.replace('"fix":', '"fixes":'))).not.toEqual([]);
  });
});

describe('--sarif', () => {
  const log = async (...words: string[]): Promise<Log> => JSON.parse((await keysmith(['check', '--sarif', '-', ...words])).out) as Log;

  test('is SARIF 2.1.0', async () => {
    const { id: _, $schema: _draft4, ...schema } = jest.requireActual<Record<string, unknown>>('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
    const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(schema);
    for (const file of [bad, good]) {
      validate(await log(file));
      expect(validate.errors ?? []).toEqual([]);
    }
    expect(validate({ version: '2.1.0', runs: [{ tool: {} }] })).toBe(false);
  });

  test('has every rule, and results at their lines', async () => {
    const { runs: [run] } = await log('--rule', 'KP-02', bad);
    expect(run.tool.driver.rules?.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id));
    expect(run.results).toEqual([expect.objectContaining({
      ruleId: 'KP-02',
      ruleIndex: RULES.findIndex(({ id }) => id === 'KP-02'),
      level: 'error',
      locations: [{
        physicalLocation: { artifactLocation: { uri: bad }, region: { startLine: 16, startColumn: 13 } },
        logicalLocations: [{ name: 'Key', fullyQualifiedName: 'orders/Key', kind: 'resource' }],
      }],
    })]);
  });

  test('of standard input names no file', async () => {
    const { out } = await keysmith(['check', '--sarif', '-', '--rule', 'KP-02', '-'], { stdin: BAD });
    const [{ locations }] = (JSON.parse(out) as Log).runs[0].results!;
    expect(locations).toEqual([{ logicalLocations: [expect.objectContaining({ name: 'Key' })] }]);
  });

  test('what the baseline has is there, suppressed', async () => {
    const baseline = fileWith('', 'baseline.json');
    await keysmith(['check', '--write-baseline', baseline, bad]);
    const { runs: [{ results }] } = await log('--baseline', baseline, bad);
    expect(results!.length).toBeGreaterThan(0);
    expect(results!.every(({ suppressions }) => suppressions?.[0].justification === 'in the baseline')).toBe(true);
  });
});
