import type { Console } from './console';

/** Says what is going on while it goes on, to somebody who watches; nothing is left of it. */
export function working<T>(what: string, console: Console, work: () => T): T {
  if (!console.watched) return work();
  console.err(`${what} …`);
  try {
    return work();
  } finally {
    console.err('\r\u001b[K');
  }
}
