import { readBinary, readBool, readDate, readNumber } from '../../src/spec/condition-values';

describe('values of conditions', () => {
  test.each<[string, (text: string) => unknown, Record<string, unknown>]>([
    ['numbers', readNumber, { '10': 10, '-1.5': -1.5, '+3': 3, '1e3': undefined, '': undefined, ' 1': undefined, 'ten': undefined, '0x10': undefined, '1.': undefined }],
    ['truths', readBool, { 'true': 'true', 'FALSE': 'false', 'yes': undefined, '1': undefined, '': undefined }],
    ['base-64', readBinary, { 'QUJD': 'QUJD', 'QQ==': 'QQ', '': '', 'Q=Q': undefined, 'ä': undefined }],
    ['dates', readDate, {
      '2026': Date.UTC(2026),
      '2026-03': Date.UTC(2026, 2),
      '2026-03-04T05:06Z': Date.UTC(2026, 2, 4, 5, 6),
      '2026-03-04T05:06:07+01:00': Date.UTC(2026, 2, 4, 4, 6, 7),
      '2026-03-04T05:06:07': Date.UTC(2026, 2, 4, 5, 6, 7),
      '1767225600': Date.UTC(2026),
      '2026-13-01': undefined,
      '2026-03-04 05:06': undefined,
      'tomorrow': undefined,
      '': undefined,
    }],
  ])('%s', (_, read, expected) => {
    for (const [text, value] of Object.entries(expected)) expect([text, read(text)]).toEqual([text, value]);
  });
});
