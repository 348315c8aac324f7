import { randomUUID } from 'node:crypto';
import { SeenEvents } from '../../src/detect/seen';

const COUNT = 50_000;
const hex = (i: number, digits: number) => i.toString(16).padStart(digits, '0');

describe.each<[string, (i: number) => string]>([
  ['random UUIDs', () => randomUUID()],
  ['UUIDs counted up at their end', (i) => `00000000-0000-4000-8000-${hex(i, 12)}`],
  ['UUIDs counted up at their beginning', (i) => `${hex(i, 8)}-0000-4000-8000-000000000000`],
  ['UUIDs counted up in the middle', (i) => `00000000-0000-4000-${hex(i, 4)}-${hex(i, 12)}`],
  ['UUIDs in capitals', (i) => `ABCDEF00-0000-4000-8000-${hex(i, 12).toUpperCase()}`],
  ['numbers', (i) => String(i)],
  ['words', (i) => `event-${i}`],
  ['words as long as a UUID', (i) => `event-${i}`.padEnd(36, '-')],
])('event ids that are %s', (_, idOf) => {
  const ids = Array.from({ length: COUNT }, (_each, i) => idOf(i));
  const seen = new SeenEvents();
  const newOnes = (second: number) => ids.filter((id) => seen.add(id, second)).length;

  test('are new once', () => {
    expect(newOnes(10)).toBe(COUNT);
    expect(newOnes(20)).toBe(0);
  });

  test('are known for as long as their hour', () => {
    seen.forgetBefore(7200);
    expect(newOnes(10)).toBe(COUNT);
  });
});
