import { NO_BYTES, bytesLeft, readBytes, readerOf } from './bytes';
import { randomBytes } from '../node-crypto';

const ID_BYTES = 32;

/**
 * How long drawn ids may wait. Two copies of one memory image (a restored snapshot) must not go on with the same ids
 * under the same cached data key: their clocks have moved on, so that both draw anew.
 */
const MAX_WAIT_MS = 100;

let drawn = /* @__PURE__ */ readerOf(NO_BYTES);
let drawnAt = 0;

/**
 * A random id of 32 bytes. It salts the message's keys, so that no two messages under one data key share a nonce.
 * Drawn many at a time: a call for random bytes costs as much as encrypting a small message.
 */
export const newMessageId = (): Buffer => {
  const waited = Date.now() - drawnAt;
  if (!bytesLeft(drawn) || waited < 0 || waited > MAX_WAIT_MS) {
    // Never filled again: an id that was handed out does not change in its owner's hands.
    drawn = readerOf(randomBytes(64 * ID_BYTES));
    drawnAt += waited;
  }
  return readBytes(drawn, ID_BYTES);
};
