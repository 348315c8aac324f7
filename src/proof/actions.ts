import { KEY_ACTIONS } from '../spec/action-resources';

const BY_NAME = new Map<string, string>(KEY_ACTIONS.map((action) => [action.toLowerCase(), action]));

/** The actions that a claim names, wildcards written out: `kms:Decrypt`, `kms:GenerateDataKey*`. Throws for a name that no action on a key has. */
export function actionsNamed(names: readonly string[]): readonly string[] {
  const actions = names.flatMap((name) => {
    const lower = name.toLowerCase();
    const matching = BY_NAME.get(lower) ?? [...BY_NAME].filter(([one]) => patternOf(lower).test(one)).map(([, action]) => action);
    if (matching.length > 0) return matching;
    const hint = lower === 'kms:reencrypt' ? 'it is two: kms:ReEncryptFrom and kms:ReEncryptTo' : 'expected one such as kms:Decrypt, or a pattern such as kms:GenerateDataKey*';
    throw new Error(`'${name}' is no action on a key: ${hint}`);
  });
  return [...new Set(actions)];
}

function patternOf(name: string): RegExp {
  return new RegExp(`^${name.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
}
