import { isUnknownValue } from '../authz/unknown-values';
import { UNRESOLVED } from '../spec/unresolved';
import type { Deployment, ResourceAddress } from '../template';

/** What messages call a resource: the path of its construct, else its logical id behind the stack. */
export function nameOf({ path, stack, logicalId }: ResourceAddress): string {
  return path?.replace(/\/Resource$/, '') ?? `${stack}/${logicalId}`;
}

/** A list in a message, cut where it gets long: `a, b and 4 more`. */
export function someOf(texts: readonly string[], most = 4): string {
  if (texts.length > most) return `${texts.slice(0, most).join(', ')} and ${texts.length - most} more`;
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts[texts.length - 1]}`;
}

/**
 * A message as people read it: the expressions of the template in the place of the symbols that stand for them, and the place of a role or user in the place
 * of its ARN, whose name may be one that reading the template made up.
 */
export function readable(deployment: Deployment): (text: string) => string {
  const places = new Map(deployment.identities.map((identity) => [identity.arn, `the ${identity.type === 'AWS::IAM::Role' ? 'role' : 'user'} ${nameOf(identity)}`]));
  const plain = withoutSymbols(deployment);
  return (text) => plain(text.replace(/arn:[\w-]+:iam:[^\s,;'")]+/g, (arn) => places.get(arn) ?? arn));
}

/** A text with the expressions of the template in the place of the symbols that stand for them. */
function withoutSymbols(deployment: Deployment): (text: string) => string {
  const expressions = new Map(deployment.unresolved.map(({ symbol, expression }) => [symbol, inShort(expression)]));
  const every = new RegExp(UNRESOLVED, 'g');
  return (text) => text.replace(every, (symbol) => expressions.get(symbol) ?? (isUnknownValue(symbol) ? '<any value>' : '<not known>'));
}

/** `<Ref P>`, `<Fn::ImportValue …>`: an expression as people speak of it. */
function inShort(expression: unknown): string {
  if (typeof expression === 'string') return `<${cut(expression)}>`;
  const [[name, argument] = ['', undefined], ...others] = typeof expression === 'object' && expression !== null ? Object.entries(expression) : [];
  if (name === '' || others.length > 0) return `<${cut(JSON.stringify(expression) ?? 'not known')}>`;
  return `<${name} ${cut(typeof argument === 'string' ? argument : JSON.stringify(argument))}>`;
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** A text in lines of this width, the first behind `first`, the rest behind `others`; names and ARNs stay in one piece, however long. */
export function folded(text: string, first: string, others: string, width = 100): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${lines.length ? others : first}${word}`);
  }
  return lines.join('\n');
}
