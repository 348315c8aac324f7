import type { Environment } from '../runtime';

/** The JSON that a construct has put into a variable of its function. @throws Error where it is absent: the function was not made by the construct */
export function settingsIn<Contract>(variable: string, env: Environment): Contract {
  const text = env[variable];
  if (text === undefined) throw new Error(`${variable} is not set: this function is made by its construct, which sets it`);
  return JSON.parse(text) as Contract;
}
