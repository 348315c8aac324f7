import { invalid } from './errors';
import { ofType } from './text';

const TAKES = { function: 'a function', boolean: 'true or false' } as const;

/**
 * The options, unchanged. Those of another type than they take are refused when they are given, and not when they are first used. What is left out passes; null does
 * not, as it would turn off what is on by default.
 *
 * @throws `ERR_KEYSMITH_INPUT` by the name of the option
 */
export function requireTypes<Options extends object>(options: Options, types: { readonly [Name in keyof Options]?: keyof typeof TAKES }): Options {
  for (const [name, type] of Object.entries(types) as Array<[keyof Options & string, keyof typeof TAKES]>) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== type) throw invalid(`'${name}' takes ${TAKES[type]}, got ${ofType(value)}`);
  }
  return options;
}

/**
 * The clock that the option `now` gives. What is no number is neither before nor after anything: with such a clock nothing would ever be over.
 *
 * @default Date.now
 * @throws `ERR_KEYSMITH_INPUT` for what is no function, and at each call for what does not return milliseconds
 */
export function clockOf(given: unknown): () => number {
  const { now = Date.now } = requireTypes<{ now?: () => unknown }>({ now: given as () => unknown }, { now: 'function' });
  return () => {
    const milliseconds = now();
    if (Number.isFinite(milliseconds)) return milliseconds as number;
    throw invalid(`'now' returned ${typeof milliseconds === 'number' ? milliseconds : ofType(milliseconds)}: it takes milliseconds since 1970, at once`);
  };
}
