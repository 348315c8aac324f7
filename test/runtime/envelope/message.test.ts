import { joined } from '../../../src/runtime/envelope/message';
import { messageKey } from '../../../src/runtime/envelope/message-key';
import { COMMITTING_SUITES } from '../../../src/runtime/envelope/suites';

describe('parts joined', () => {
  const nothing = () => undefined;
  const key = messageKey(COMMITTING_SUITES[0x0478], Buffer.alloc(32));

  test('are held no longer than until they are copied: many small ones take many times their bytes', () => {
    const part = Buffer.alloc(1);
    const all = joined([(emit) => {
      for (let turn = 0; turn < 3; turn++) {
        part[0] = turn;
        emit(part);
      }
    }, key], 3);
    expect([...all]).toEqual([0, 1, 2]);
  });

  test('are the part itself where it is the only one, of a length that is told or not', () => {
    const part = Buffer.from('all of it');
    expect(joined([(emit) => emit(part), key])).toBe(part);
    expect(joined([(emit) => emit(part), key], part.length)).toBe(part);
  });

  test('are nothing where there are none', () => {
    expect(joined([nothing, key], 0)).toHaveLength(0);
  });

  test('leave nothing of the keys, also after a failure', () => {
    const [one, other] = [1, 2].map(() => messageKey(COMMITTING_SUITES[0x0478], Buffer.alloc(32)));
    expect(one.bytes.equals(Buffer.alloc(32))).toBe(false);
    joined([nothing, one], 0);
    expect(() => joined([() => { throw new Error('not authentic'); }, other], 1)).toThrow('not authentic');
    for (const { bytes } of [one, other]) expect(bytes.equals(Buffer.alloc(32))).toBe(true);
  });
});
