import { signalOf } from './abort';
import { refuseInput } from './errors';
import type { CallOptions } from './kms-port';
import { quoted } from './text';

/** The option, unchanged. @throws `ERR_KEYSMITH_INPUT` unless it is a whole number from `least` to `most` */
export const wholeNumber = (option: string, value: unknown, least = 1, most = 2 ** 53 - 1): number => (
  Number.isInteger(value) && value as number >= least && value as number <= most
    ? value as number
    : refuseInput(`'${option}' takes a whole number from ${least} to ${most}, got ${value as number}`)
);

/**
 * The options, unchanged; none at all for null. What has another name is taken for a mistake, not passed over: a `context`
 * instead of an `encryptionContext` would send the message out unbound.
 *
 * @param prefix - stands in front of their names in messages
 * @throws `ERR_KEYSMITH_INPUT` for an option that is none of `known`, and for an `abortSignal` that is none
 */
export const knownOptions = <Options extends object>(given: Options, known: readonly string[], prefix = ''): Options => {
  if (typeof given === 'string') refuseInput(`options are ${quoted(given)}: give an object`);
  for (const name in given) if (!known.includes(name)) refuseInput(`'${prefix}${name}' is no option: ${quoted(known)}`);
  signalOf((given as CallOptions | null)?.abortSignal);
  return given ?? {};
};

/**
 * Options that are whole numbers above 0: the defaults with what the caller set instead.
 *
 * @param prefix - stands in front of their names in messages
 * @throws `ERR_KEYSMITH_INPUT` for another number, or an option that is none
 */
export const wholeNumbers = <Options extends object>(defaults: Options, given: Partial<Options> = {}, prefix = ''): Options => {
  const options = { ...defaults };
  for (const [name, value = defaults[name as keyof Options]] of Object.entries(knownOptions(given, Object.keys(defaults), prefix))) {
    options[name as keyof Options] = wholeNumber(prefix + name, value) as Options[keyof Options];
  }
  return options;
};
