import { caseFiles, decideCase } from './case-file';

const files = caseFiles();

describe.each(files.map((file) => [file.topic, file] as const))('%s', (_, file) => {
  test.each(file.cases.map((one) => [one.expected, one.sentence, one] as const))('%s: %s', (expected, _sentence, one) => {
    const decision = decideCase(file, one);
    expect({ decided: decision.allowed ? 'allow' : 'deny', because: decision.reason }).toEqual({ decided: expected, because: decision.reason });
    if (one.by) expect(decision.decidedBy.map(({ kind, statement }) => `${kind} ${statement}`)).toEqual(one.by);
  });
});

describe('the cases themselves', () => {
  const all = files.flatMap(({ topic, cases }) => cases.map((one) => ({ topic, ...one })));

  test('each has a page of AWS', () => {
    expect(all.filter(({ page }) => !/^https:\/\/docs\.aws\.amazon\.com\/\S+\.html( \(.+\))?$/.test(page))).toEqual([]);
  });

  test('no sentence of a topic stands there twice', () => {
    const named = all.map(({ topic, sentence }) => `${topic}: ${sentence}`);
    expect(named.filter((name, index) => named.indexOf(name) < index)).toEqual([]);
  });

  test('every world is used', () => {
    const unused = files.flatMap(({ topic, worlds, cases }) =>
      Object.keys(worlds).filter((name) => !cases.some(({ world }) => world === name)).map((name) => `${topic}: ${name}`));
    expect(unused).toEqual([]);
  });

  test('there are both outcomes in every topic', () => {
    expect(files.filter(({ cases }) => new Set(cases.map(({ expected }) => expected)).size < 2).map(({ topic }) => topic)).toEqual([]);
  });
});
