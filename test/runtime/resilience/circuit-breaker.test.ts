import type { BreakerState } from '../../../src/runtime';
import { CircuitBreaker } from '../../../src/runtime/resilience/circuit-breaker';

let now: number;
let states: BreakerState[];
let breaker: CircuitBreaker;

beforeEach(() => {
  now = 0;
  states = [];
  breaker = new CircuitBreaker({ failures: 3, windowMs: 1000, openMs: 5000, now: () => now, onState: (state) => states.push(state) });
});

const fail = (times: number) => {
  for (let turn = 0; turn < times; turn++) breaker.enter()!.failed();
};
const open = () => {
  fail(3);
  expect(states).toEqual(['open']);
  states = [];
};

test('opens after its number of failures in a row, and not before', () => {
  fail(2);
  expect(breaker.admits).toBe(true);
  fail(1);
  expect(states).toEqual(['open']);
  expect(breaker.enter()).toBeUndefined();
});

test('does not open when an answer comes in between', () => {
  fail(2);
  breaker.enter()!.answered();
  fail(2);
  expect(states).toEqual([]);
});

test('does not count failures that lie further apart than its window', () => {
  fail(2);
  now = 1000;
  fail(2);
  expect(states).toEqual([]);
  fail(1);
  expect(states).toEqual(['open']);
});

test('does not count what nobody knows the outcome of', () => {
  fail(2);
  breaker.enter()!.unknown();
  expect(states).toEqual([]);
});

test('lets one call try when it has rested, and none before', () => {
  open();
  now = 4999;
  expect(breaker.enter()).toBeUndefined();
  now = 5000;
  expect(breaker.admits).toBe(true);
  expect(breaker.enter()).toBeDefined();
  expect(breaker.admits).toBe(false);
  expect(breaker.enter()).toBeUndefined();
  expect(states).toEqual(['half-open']);
});

test('closes when the trying call is answered, and has forgotten the failures', () => {
  open();
  now = 5000;
  breaker.enter()!.answered();
  expect(states).toEqual(['half-open', 'closed']);
  fail(2);
  expect(breaker.admits).toBe(true);
});

test('rests again in full when the trying call fails', () => {
  open();
  now = 5000;
  breaker.enter()!.failed();
  expect(states).toEqual(['half-open', 'open']);
  now = 9999;
  expect(breaker.enter()).toBeUndefined();
  now = 10_000;
  expect(breaker.enter()).toBeDefined();
});

test('lets another call try when the first was given up', () => {
  open();
  now = 5000;
  breaker.enter()!.unknown();
  breaker.enter()!.answered();
  expect(states).toEqual(['half-open', 'closed']);
});

test.each<['answered' | 'failed']>([['answered'], ['failed']])('is not moved by calls of before that are %s while it is open', (outcome) => {
  const before = [1, 2, 3].map(() => breaker.enter()!);
  open();
  now = 4000;
  for (const permit of before) permit[outcome]();
  expect(states).toEqual([]);
  now = 5000;
  expect(breaker.admits).toBe(true);
});
