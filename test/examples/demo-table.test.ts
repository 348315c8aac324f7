import { asExpected, heads, PLAIN, render, summary, type Row } from '../../examples/invoices/table';

const ALLOWED: Row = { who: 'Reader', operation: 'Decrypt', context: 'Project=SnowyPII', expected: 'allowed', got: 'allowed', by: ['Decrypt: key policy Decrypt'] };
const REFUSED: Row = {
  who: 'KeyAdministrator',
  operation: 'PutKeyPolicy',
  context: '',
  expected: 'refused',
  got: 'refused: AccessDeniedException',
  by: [`PutKeyPolicy: no statement allows it; nearest: key policy OwnPolicy: ArnEquals aws:PrincipalArn wants '${'%'.repeat(200)}', the request has none`],
};
const SURPRISE: Row = { ...ALLOWED, expected: 'refused' };

const linesOf = (width: number, ...rows: Row[]): string[] => render({ title: 'The keys', rows }, width, PLAIN).split('\n');

describe('the table of the demo', () => {
  test.each([60, 80, 100])('fits %i columns, with all that there is to say', (width) => {
    const lines = linesOf(width, ALLOWED, REFUSED, SURPRISE);
    expect(Math.max(...lines.map((line) => line.length))).toBe(width);
    expect(lines.join('').match(/%/g)).toHaveLength(200);
  });

  test('says who called what, what came of it, and by which statement', () => {
    expect(linesOf(60, ALLOWED)).toEqual([
      'The keys',
      '',
      '  Reader            Decrypt, Project=SnowyPII        allowed',
      '                    key policy Decrypt',
      '',
    ]);
  });

  test.each([60, 80, 100])('has its heads above the columns, at a width of %i', (width) => {
    const [head, below] = heads(width, PLAIN).split('\n');
    const [, , row, statement] = linesOf(width, ALLOWED);
    expect(head.length).toBeLessThanOrEqual(width);
    expect([head.indexOf('who'), head.indexOf('called'), head.indexOf('answer'), below.indexOf('by')]).toEqual([
      row.indexOf('Reader'), row.indexOf('Decrypt'), row.indexOf('allowed'), statement.indexOf('key policy'),
    ]);
  });

  test.each<[string, Row[], string, boolean]>([
    ['all as they should', [ALLOWED, REFUSED], '2 of 2 calls ended as they should', true],
    ['one that must be refused is allowed', [ALLOWED, SURPRISE], '1 of 2 calls ended as they should', false],
    ['one that must be allowed is refused', [{ ...REFUSED, expected: 'allowed' }], '0 of 1 calls ended as they should', false],
  ])('%s', (_, rows, sentence, fine) => {
    expect(summary(rows)).toBe(sentence);
    expect(rows.every(asExpected)).toBe(fine);
    expect(linesOf(80, ...rows).some((line) => line.startsWith('✗ '))).toBe(!fine);
    expect(linesOf(80, ...rows).some((line) => line.includes('expected '))).toBe(!fine);
  });
});
