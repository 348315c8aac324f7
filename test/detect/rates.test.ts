import { Random } from './support/random';
import { SlidingRates } from '../../src/detect/rates';
import type { Spike } from '../../src/detect/rates';

const HOUR = 3600;

/** So many calls, evenly over a while. */
const spread = (calls: number, from: number, seconds: number): number[] => (
  Array.from({ length: calls }, (_, index) => from + Math.floor((index * seconds) / calls)));

function spikesOf(seconds: readonly number[], { history = 0, settleAt = [] as readonly number[] } = {}): Spike[] {
  const rates = new SlidingRates({ floor: 500, times: 3 }, new Map([['role', history]]));
  for (const second of seconds) {
    rates.add('role', second, 'key');
    if (settleAt.includes(second)) rates.settle(second - HOUR);
  }
  return rates.finish();
}

describe('a spike is 500 calls in any hour and more than three times the principal\'s own rate', () => {
  test.each([
    ['499 calls of somebody new', spread(499, 0, HOUR), {}, []],
    ['500 calls of somebody new', spread(500, 0, HOUR), {}, [500]],
    ['500 calls in 61 minutes: 491 or 492 in any hour', spread(500, 0, 61 * 60), {}, []],
    ['700 calls on both sides of a full hour', spread(700, HOUR - 1800, HOUR), {}, [700]],
    ['702 calls, three times 234 before', spread(702, 10 * HOUR, HOUR), { history: 234 }, []],
    ['703 calls, three times 234 before and one more', spread(703, 10 * HOUR, HOUR), { history: 234 }, [703]],
    ['740 calls in an hour after one with 300', [...spread(300, 0, HOUR), ...spread(740, 2 * HOUR, HOUR)], {}, []],
    ['a rate that grows to 740 within hours', [100, 250, 500, 740, 700].flatMap((calls, hour) => spread(calls, hour * HOUR, HOUR)), {}, []],
    ['a rate that jumps from 100 to 740', [...spread(100, 0, HOUR), ...spread(740, 2 * HOUR, HOUR)], {}, [740]],
  ])('%s', (_, seconds, options, expected) => {
    expect(spikesOf(seconds, options).map(({ count }) => count)).toEqual(expected);
  });
});

describe('history', () => {
  test('a spike is told once while it lasts, be it for hours', () => {
    const [spike, ...others] = spikesOf(spread(7_000, 0, 10 * HOUR));
    expect(others).toEqual([]);
    expect(spike).toMatchObject({ count: expect.any(Number), usual: 0, first: 0, last: expect.any(Number) });
    expect(spike.last).toBeGreaterThan(9 * HOUR);
  });

  test('and counts afterwards: the batch of the next night is normal', () => {
    expect(spikesOf([...spread(4_000, 2 * HOUR, 2_700), ...spread(4_100, 26 * HOUR, 2_700)])).toHaveLength(1);
  });

  test('but not for what is three times as much', () => {
    const spikes = spikesOf([...spread(600, 2 * HOUR, 2_700), ...spread(1_900, 26 * HOUR, 2_700)]);
    expect(spikes.map(({ count, usual }) => [count, usual])).toEqual([[600, 0], [1_900, 600]]);
  });

  test('the hour in question is no history of itself', () => {
    // 490 in one minute, and as many 50 minutes later: the first have not gone when the second come.
    expect(spikesOf([...spread(490, 0, 60), ...spread(490, 3_000, 60)]).map(({ count }) => count)).toEqual([980]);
  });
});

describe('the order of calls does not matter', () => {
  const random = new Random(5);
  const calls = [...spread(300, 0, HOUR), ...spread(950, 3 * HOUR, HOUR), ...spread(40, 8 * HOUR, HOUR)];
  const shuffled = [...calls].map((second) => ({ second, at: random.next() })).sort((one, other) => one.at - other.at).map(({ second }) => second);

  test('shuffled', () => {
    expect(spikesOf(shuffled)).toEqual(spikesOf(calls));
    expect(spikesOf(calls)).toMatchObject([{ count: 950, usual: 300 }]);
  });

  test('settled in between, with what is an hour late', () => {
    const delivered = calls.map((second) => ({ second, at: second + random.below(HOUR - 1) }));
    const late = delivered.sort((one, other) => one.at - other.at).map(({ second }) => second);
    const settleAt = late.filter((_, index) => index % 50 === 0 && late.slice(index).every((each) => each > late[index] - HOUR));
    expect(settleAt.length).toBeGreaterThan(5);
    expect(spikesOf(late, { settleAt })).toEqual(spikesOf(calls));
  });
});

test('principals are counted apart, keys of one together, the most used first', () => {
  const rates = new SlidingRates({ floor: 500, times: 3 });
  for (const second of spread(300, 0, HOUR)) { rates.add('one', second, 'a'); rates.add('one', second, 'b'); rates.add('other', second, 'a'); }
  rates.add('one', HOUR - 1, 'b');
  expect(rates.finish()).toMatchObject([{ series: 'one', count: 601, keys: [{ key: 'b', calls: 301 }, { key: 'a', calls: 300 }] }]);
});

test('the most in any hour is told for what comes later', () => {
  const rates = new SlidingRates({ floor: Infinity, times: 1 });
  for (const second of [...spread(300, 0, HOUR), ...spread(120, HOUR, HOUR)]) rates.add('role', second, 'key');
  rates.finish();
  expect(rates.peaks()).toEqual(new Map([['role', 300]]));
});
