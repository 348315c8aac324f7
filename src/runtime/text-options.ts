import { invalid } from './errors';
import { ofType, quoted } from './text';

/** The option, unchanged. @throws `ERR_KEYSMITH_INPUT` unless it is text, and not empty */
export function requiredText(option: string, given: unknown, or = ''): string {
  if (typeof given === 'string' && given) return given;
  throw invalid(`'${option}' is ${given === '' ? quoted('') : ofType(given)}: give text${or}`);
}

/** The same where it may be left out. */
export function requireText(option: string, given: unknown): void {
  if (given !== undefined) requiredText(option, given);
}
