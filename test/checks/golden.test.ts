import { GOLDEN } from './golden';
import { allow, keyTemplate, of, reportOf } from './support/policies';
import { RULES } from '../../src/checks';

const rows = GOLDEN.flatMap(({ rule, hits, misses, mutations }) => [
  ...hits.map((one) => ({ rule, kind: 'finds', ...one })), ...misses.map((one) => ({ rule, kind: 'leaves alone', ...one })), ...mutations.map((one) => ({ rule, kind: 'changed', ...one })),
]);
const named = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => [`${row.rule}: ${row.name}`, row] as const);

test('every rule has hits, near misses and a changed good policy', () => {
  const isComplete = ({ hits, misses, mutations }: typeof GOLDEN[number]) => [hits, misses, mutations].every(({ length }) => length > 0);
  const complete = GOLDEN.filter(isComplete).map(({ rule }) => rule);
  expect([...complete].sort()).toEqual(RULES.map(({ id }) => id).sort());
});

describe('it finds', () => {
  test.each(named('finds'))('%s', (_, row) => {
    const found = of(row.rule, reportOf(row as never));
    expect(found.map(({ level, statement }) => ({ ...'level' in row && row.level !== undefined ? { level } : {}, ...'statement' in row && row.statement !== undefined ? { statement } : {} })))
      .toEqual([{ ...'level' in row && row.level !== undefined ? { level: row.level } : {}, ...'statement' in row && row.statement !== undefined ? { statement: row.statement } : {} }]);
  });
});

describe('it leaves alone', () => {
  test.each(named('leaves alone'))('%s', (_, row) => expect(of(row.rule, reportOf(row as never)).map(({ message }) => message)).toEqual([]));
});

describe('of a good policy it leaves alone, and then finds', () => {
  test.each(GOLDEN.flatMap(({ rule, mutations }) => mutations.map((one) => [`${rule}: ${one.name}`, rule, one] as const)))('%s', (_, rule, { good, bad }) => {
    expect(of(rule, reportOf(good))).toEqual([]);
    expect(of(rule, reportOf(bad)).length).toBeGreaterThan(0);
  });
});

test('a statement without a Sid is called by its place in the whole policy', () => {
  const [plain, dead] = [allow({ Sid: undefined, Condition: undefined }), allow({ Sid: undefined, Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } })];
  const open = allow({ Sid: undefined, Principal: '*', Condition: undefined });
  const report = reportOf({ template: keyTemplate([plain, dead, plain, open]) });
  expect([of('KP-18', report), of('KP-01', report)].map(([{ statement }]) => statement)).toEqual(['#3', '#5']);
});

test('of a policy that KMS refuses it says once that no proof was tried', () => {
  const refused = of('KP-35', reportOf({ template: keyTemplate([allow({ Effect: 'allow' }), allow({ Sid: 'More', Effect: 'deny' })]) }));
  expect(refused.map(({ message }) => message.includes('KP-01, KP-18, KP-21, KP-29 and KP-32 were not applied'))).toEqual([true, false]);
  const long = reportOf({ template: keyTemplate(Array.from({ length: 300 }, (_, index) => allow({ Sid: `S${index}`, Principal: '*', Condition: { StringLike: { 'aws:PrincipalArn': `*${index}*` } } }))) });
  expect(of('KP-35', long)).toMatchObject([{ message: expect.stringMatching(/at most 32768\. Not looked at: /) }]);
  expect([...of('KP-01', long), ...of('KP-18', long)]).toEqual([]);
});
