import { KEY_ACTIONS } from '../spec/action-resources';
import { ESCALATE, USE } from '../spec/actions';
import { listed } from './output/text';

/** What a reader wants to see first: what gives away any other permission, then use of the key. */
const FIRST: readonly string[] = [...ESCALATE, 'kms:Decrypt', 'kms:Sign', ...Object.keys(USE)];
const ORDER: ReadonlyMap<string, number> = new Map([...new Set([...FIRST, ...KEY_ACTIONS])].map((action, index) => [action, index]));

/** `Decrypt, Encrypt and 12 more`. */
export function actionsInWords(actions: readonly string[], most = actions.length): string {
  if (actions.length > 1 && actions.length === KEY_ACTIONS.length) return 'everything';
  const sorted = [...actions].sort((one, other) => (ORDER.get(one) ?? 0) - (ORDER.get(other) ?? 0));
  return listed(sorted.map((action) => action.replace(/^kms:/, '')), most);
}
