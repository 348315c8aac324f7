import vectors from './vectors/sigv4.json';
import { amzDate, authorizationOf } from '../../../src/runtime/fetch-kms/sigv4';

const { accessKeyId, secretAccessKey, region, service } = vectors;

interface Row {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly authorization: string;
}

const ROWS = vectors.rows as unknown as readonly Row[];
const signed = ({ method, path, headers, body = '' }: Row) => (
  authorizationOf({ method, path, headers, body }, { accessKeyId, secretAccessKey, region, service, date: headers['x-amz-date'] })
);

describe('Signature Version 4, by the test suite of AWS', () => {
  test.each(ROWS.map((row) => [row.name, row] as const))('%s', (_, row) => expect(signed(row)).toBe(row.authorization));

  test('of a row, every part counts', () => {
    const [row] = ROWS.filter(({ name }) => name === 'post-x-www-form-urlencoded');
    const others: Partial<Row>[] = [{ method: 'PUT' }, { path: '/x' }, { body: 'Param1=value2' }, { headers: { ...row.headers, host: 'example.com' } }];
    const signatures = [row, ...others.map((other) => ({ ...row, ...other }))].map((one) => /Signature=(.*)$/.exec(signed(one))![1]);
    expect(new Set(signatures).size).toBe(1 + others.length);
  });

  test('characters that RFC 3986 reserves are encoded, which encodeURIComponent leaves', () => {
    const [row] = ROWS.filter(({ name }) => name === 'get-vanilla');
    expect(signed({ ...row, path: "/!'()*" })).toBe(signed({ ...row, path: "/!'()*" }));
    expect(signed({ ...row, path: '/(' })).not.toBe(signed({ ...row, path: '/)' }));
  });

  test('the time is of whole seconds, in UTC', () => {
    expect(amzDate(Date.UTC(2015, 7, 30, 12, 36, 0, 999))).toBe('20150830T123600Z');
  });
});
