import type { IConstruct } from 'constructs';
import { keptFor } from '../app/per-stage';
import type { SigningKey } from '../keys';

/** Who has a key make tokens, and who has it sign whatever callers give. */
const usesOf = keptFor((_: SigningKey) => new Map<'tokens' | 'anything', IConstruct>());

/**
 * Refuses a key that makes tokens where it would sign what callers give, and the other way round: the text that is signed for a token is bytes like any other, so
 * that whoever may have bytes signed could make every token.
 */
export function keepTokensApart(key: SigningKey, use: 'tokens' | 'anything', construct: IConstruct): void {
  const uses = usesOf(key);
  const other = uses.get(use === 'tokens' ? 'anything' : 'tokens');
  if (other) {
    const [tokens, anything] = use === 'tokens' ? [construct, other] : [other, construct];
    throw new Error(`'${key.node.path}' makes tokens in '${tokens.node.path}' and signs what callers give in '${anything.node.path}': `
      + 'who may have bytes signed could make any token. Give one of them a key of its own');
  }
  uses.set(use, construct);
}
