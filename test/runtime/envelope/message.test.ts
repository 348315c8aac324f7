import { joined } from '../../../src/runtime/envelope/message';

describe('parts joined', () => {
  const nothing = () => undefined;

  test('are held no longer than until they are copied: many small ones take many times their bytes', () => {
    const part = Buffer.alloc(1);
    const all = joined([(emit) => {
      for (let turn = 0; turn < 3; turn++) {
        part[0] = turn;
        emit(part);
      }
    }, nothing], 3);
    expect([...all]).toEqual([0, 1, 2]);
  });

  test('are the part itself where it is the only one, of a length that is told or not', () => {
    const part = Buffer.from('all of it');
    expect(joined([(emit) => emit(part), nothing])).toBe(part);
    expect(joined([(emit) => emit(part), nothing], part.length)).toBe(part);
  });

  test('are nothing where there are none', () => {
    expect(joined([nothing, nothing], 0)).toHaveLength(0);
  });

  test('leave nothing of the keys, also after a failure', () => {
    const end = jest.fn();
    joined([nothing, end], 0);
    expect(() => joined([() => { throw new Error('not authentic'); }, end], 1)).toThrow('not authentic');
    expect(end).toHaveBeenCalledTimes(2);
  });
});
