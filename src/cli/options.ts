import { InvalidArgumentError } from 'commander';
import type { InputOptions } from './input/input';

/** `name=value` into what was given before. */
export function pair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected name=value');
  const name = text.slice(0, at);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is given twice`);
  return { ...before, [name]: text.slice(at + 1) };
}

/** One more of a list. */
export function another(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

export function accountId(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError('expected the 12 digits of an account id');
  return text;
}

/** Account ids after commas, or in several options. */
export function accountIds(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').map((part) => accountId(part.trim()))];
}

export function regionName(text: string): string {
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text)) throw new InvalidArgumentError('expected a Region, such as eu-west-1');
  return text;
}

export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('expected a port, 0 to 65535');
  return Number(text);
}

/** What every command takes about its input. */
export interface ReadSettings {
  readonly parameter?: Record<string, string>;
  readonly account?: string;
  readonly region?: string;
}

export function inputOptions({ parameter, account, region }: ReadSettings): InputOptions {
  return { ...(parameter && { parameters: parameter }), ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}
